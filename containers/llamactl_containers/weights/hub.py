"""The Hugging Face Hub: may this token read this revision, which files are there, where are they.

The client is huggingface_hub, which knows the protocol; the bytes go past it (see `ranges.py`).
"""

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

from llamactl_catalog.errors import (
    InvalidFile,
    LlamactlError,
    NotFound,
    ProgramMissing,
    Unhealthy,
)
from llamactl_catalog.extras import extra_command
from llamactl_catalog.units import format_duration
from llamactl_containers.weights.access import Access, AccessState, HubRevision, require_access
from llamactl_containers.weights.answers import Answer, Location
from llamactl_containers.weights.digests import digest_of
from llamactl_containers.weights.files import Listing, WeightFile, choose_files
from llamactl_containers.weights.ranges import Patience
from llamactl_containers.weights.tokens import HubToken

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 401, 403, 429
_SERVER_ERROR = 500
_TOLD = 5
_WAIT = "check the network, and status.huggingface.co; then run it again"
# What the client raises where it does not understand what it is given.
_NOT_READABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_T = TypeVar("_T")


class Hub:
    """One revision of one repository, asked with one token."""

    def __init__(
        self, revision: HubRevision, token: HubToken | None, patience: Patience | None = None
    ) -> None:
        self._revision = revision
        self._token = token
        self._patience = Patience() if patience is None else patience
        self._api = _api(revision.endpoint, token)

    def access(self) -> Access:
        """Ask whether the token may read the revision: at the Hub's check, then at a file's door.

        Raises:
            Unhealthy: the Hub does not answer.
        """
        from huggingface_hub import errors

        it = self._revision
        gated = False
        try:
            self._asked(lambda: self._api.auth_check(it.repo, token=self._value))
            info = self._asked(
                lambda: self._api.model_info(it.repo, revision=it.revision, token=self._value)
            )
            gated = bool(info.gated)
            names = sorted(each.rfilename for each in info.siblings or [])
            door = next((each for each in names if each.endswith(".json")), None)
            if door is not None:
                self._asked(lambda: self._head(door))
        # The subclass first: it is a RepositoryNotFoundError.
        except errors.GatedRepoError as error:
            return self._refused(error, gated=True)
        except errors.RevisionNotFoundError:
            return self._access("no-revision", gated=gated)
        except errors.RepositoryNotFoundError as error:
            return self._refused(error, gated=False)
        except errors.HfHubHTTPError as error:
            if _status(error) in {_UNAUTHORIZED, _FORBIDDEN}:
                return self._refused(error, gated=gated)
            raise self._unhealthy(f"answers with status {_status(error)}") from None
        return self._access("granted", gated=gated)

    def listing(self) -> Listing:
        """List the files that an engine needs of the revision.

        Raises:
            NoAccess, NotFound: the token may not read it, or it is not there.
            InvalidFile: what is there is no model that can be served.
        """
        from huggingface_hub import errors

        it = self._revision
        try:
            info = self._asked(
                lambda: self._api.model_info(
                    it.repo, revision=it.revision, files_metadata=True, token=self._value
                )
            )
        except (errors.RepositoryNotFoundError, errors.HfHubHTTPError):
            raise require_access(self.access(), it) or self._unhealthy("changes its mind") from None
        if info.sha != it.revision:
            problem = f"the Hub gives commit {info.sha}, not {it.revision}"
            raise InvalidFile(it.repo, [problem])
        every = _weight_files(it.repo, info.siblings or [])
        files, left_out = choose_files(every, f"{it.repo} at {it.revision[:8]}")
        origin = {"kind": "huggingface", "repo": it.repo, "revision": it.revision}
        return Listing(tuple(files), tuple(left_out), origin)

    def locate(self, file: WeightFile) -> Location:
        """Ask the Hub where a file is; the token goes to the Hub alone, never to its CDN.

        Raises:
            NoAccess, NotFound: the token may not read it, or it is not there.
            InvalidFile: the Hub gives another file there than it listed.
        """
        from huggingface_hub import errors

        try:
            seen = self._asked(lambda: self._head(file.path))
        except errors.EntryNotFoundError:
            raise NotFound(f"{self._revision.repo} has no {file.path}") from None
        except (errors.RepositoryNotFoundError, errors.HfHubHTTPError):
            raise require_access(self.access(), self._revision) or self._unhealthy(
                f"does not give {file.path}"
            ) from None
        self._check(file, seen)
        headers = {}
        if self._token is not None and _origin(seen.location) == _origin(self._revision.endpoint):
            headers["Authorization"] = f"Bearer {self._token.value}"
        return Location(seen.location, headers)

    def refusal(self, file: WeightFile, answer: Answer) -> LlamactlError:
        """Say what it means that the place of a file refuses to give it."""
        refused = require_access(self.access(), self._revision)
        if refused is not None:
            return refused
        what = f"refuses {file.path} with status {answer.status}, though the token may read it"
        return self._unhealthy(what)

    @property
    def _value(self) -> str | Literal[False]:
        """The token, or that the client is to look for none by itself."""
        return False if self._token is None else self._token.value

    def _head(self, path: str) -> Any:
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        it = self._revision
        url = hf_hub_url(it.repo, path, revision=it.revision, endpoint=it.endpoint)
        return get_hf_file_metadata(url, token=self._value)

    def _check(self, file: WeightFile, seen: Any) -> None:
        problems = []
        if seen.commit_hash not in (None, self._revision.revision):
            problems.append(f"is of commit {seen.commit_hash}, not {self._revision.revision}")
        if seen.size not in (None, file.size_bytes):
            problems.append(f"has {seen.size} bytes, was listed with {file.size_bytes}")
        of_lfs = file.digest is not None and file.digest.kind == "sha256"
        if of_lfs and seen.etag is not None and seen.etag != str(file.digest).partition(":")[2]:
            problems.append(f"has the SHA-256 {seen.etag}, was listed with {file.digest}")
        if problems:
            raise InvalidFile(file.path, problems, hint="the Hub or a mirror is not consistent")

    def _asked(self, question: Callable[[], _T]) -> _T:
        """Ask the Hub, again where it is busy or the network fails."""
        from huggingface_hub import errors

        tried = 0
        while True:
            tried += 1
            try:
                return question()
            except errors.OfflineModeIsEnabled:
                hint = "unset HF_HUB_OFFLINE, or take a folder: --source FOLDER"
                raise self._unhealthy("is not asked, as HF_HUB_OFFLINE says", hint) from None
            except _NOT_READABLE:
                what = "gives an answer that is none of a Hub"
                hint = "check HF_ENDPOINT, and whether a proxy or a login page answers instead"
                raise self._unhealthy(what, hint) from None
            except _network_errors() as error:
                status = _status(error)
                if status is not None and status != _TOO_MANY and status < _SERVER_ERROR:
                    raise
                what = f"answers with status {status}"
                if status is None:
                    what = f"cannot be reached ({type(error).__name__})"
                if tried >= self._patience.tries:
                    raise self._unhealthy(what) from None
                wait_s = self._patience.wait_s(tried, _retry_after_s(error))
            if wait_s > self._patience.longest_asked_s:
                raise self._unhealthy(f"asks to wait {format_duration(wait_s)}")
            time.sleep(wait_s)

    def _refused(self, error: Any, *, gated: bool) -> Access:
        said = error.response.headers.get("X-Error-Message")
        if self._token is None:
            unknown = _status(error) not in {_UNAUTHORIZED, _FORBIDDEN}
            return self._access("no-repository" if unknown else "not-logged-in", gated=gated)
        account = self._account()
        if account is None:
            return self._access("wrong-token", gated=gated)
        missing = not gated and _status(error) not in {_UNAUTHORIZED, _FORBIDDEN}
        state: AccessState = "no-repository" if missing else "not-granted"
        return self._access(state, gated=gated, account=account, said=said)

    def _account(self) -> str | None:
        """Ask whose token it is; None: the Hub does not know it."""
        try:
            return str(self._asked(lambda: self._api.whoami(token=self._value or None)["name"]))
        except _network_errors():
            return None

    def _access(
        self,
        state: AccessState,
        *,
        gated: bool,
        account: str | None = None,
        said: str | None = None,
    ) -> Access:
        origin = None if self._token is None else self._token.origin
        it = self._revision
        return Access(state, it.repo, it.revision, gated, origin, account, said)

    def _unhealthy(self, what: str, hint: str = _WAIT) -> Unhealthy:
        return Unhealthy(f"the Hugging Face Hub ({self._revision.endpoint}) {what}", hint=hint)


def _api(endpoint: str, token: HubToken | None) -> "HfApi":
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        hint = extra_command("weights")
        raise ProgramMissing("the Hub needs the extra 'weights'", hint=hint) from error
    return HfApi(endpoint=endpoint, token=False if token is None else token.value)


def _weight_files(repo: str, siblings: Sequence[Any]) -> list[WeightFile]:
    """Read what the Hub lists: names, sizes and digests are what its answer says, whatever it is.

    Raises:
        InvalidFile: a name, a size or a digest is none.
    """
    files, problems = [], []
    for each in siblings:
        if each.lfs is None:
            digest = digest_of(f"git-sha1:{each.blob_id}")
        else:
            digest = digest_of(f"sha256:{each.lfs.sha256}")
        if not isinstance(each.rfilename, str) or not each.rfilename:
            problems.append("lists a file without a name")
        elif not isinstance(each.size, int) or each.size < 0 or digest is None:
            problems.append(f"lists {each.rfilename!a} without its size or its digest")
        else:
            files.append(WeightFile(each.rfilename, each.size, digest))
    if problems:
        raise InvalidFile(repo, problems[:_TOLD], hint="the Hub, or a mirror of it, is broken")
    return files


def _network_errors() -> tuple[type[Exception], ...]:
    """Give what the client raises: its HTTP library was requests, then httpx, and is httpx2."""
    found: list[type[Exception]] = [OSError]  # that of requests is one
    found += [
        import_module(name).HTTPError for name in ("httpx", "httpx2") if find_spec(name) is not None
    ]
    return tuple(found)


def _status(error: Any) -> int | None:
    """Give the status that an error of the client is about; None: there was no answer."""
    response = getattr(error, "response", None)
    return None if response is None else int(response.status_code)


def _retry_after_s(error: Any) -> float | None:
    response = getattr(error, "response", None)
    return None if response is None else Answer(0, dict(response.headers)).retry_after_s()


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
