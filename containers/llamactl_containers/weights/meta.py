"""Meta's signed download: one URL from an e-mail, good for a day, opens every file of a family.

Source: download.sh of meta-llama/llama, meta-llama/codellama and meta-llama/llama-models
(models/llama3_1), read 2026-11-22: `*` in the URL stands for the path of the file.
"""

import base64
import binascii
import json
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from llamactl_catalog.errors import InvalidInput, LlamactlError, NoAccess, Unhealthy
from llamactl_catalog.model import MetaSource
from llamactl_catalog.units import format_duration
from llamactl_containers.web_address import is_web_address
from llamactl_containers.weights.answers import Answer, Location, ask, read_text
from llamactl_containers.weights.digests import Digest
from llamactl_containers.weights.files import Listing, WeightFile
from llamactl_containers.weights.ranges import Patience

VARIABLE = "LLAMACTL_META_URL"
PAGE = "https://www.llama.com/llama-downloads/"
_GIVEN, _BUSY = frozenset({200, 206}), frozenset({408, 429, 500, 502, 503, 504})
_DENIED = 403
# Families whose tokenizer lies beside the folders of the models, with a list of its own.
_SHARED_TOKENIZER = ("llama-2-",)
# Without these lists Meta gives no digest: they came with Llama 2, Code Llama and Llama 3.
_LISTED = ("llama-2-", "codellama-", "meta-llama-3-")
_LIST_LINE = re.compile(r"([0-9a-f]{32})\s+\*?(\S+)")
_LONGEST_LIST_BYTES = 65536
_NUMBER = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """The URL of Meta's e-mail; it opens the weights, so it shows in no message, `repr` or log."""

    value: str = field(repr=False)

    def of(self, path: str) -> Location:
        """Give the URL of one file."""
        return Location(self.value.replace("*", path, 1))

    @property
    def expires_at(self) -> float | None:
        """When it ends, in seconds since 1970, as its signature says; None: it does not say."""
        query = {name: each[0] for name, each in parse_qs(urlsplit(self.value).query).items()}
        if "Policy" in query:
            return _policy_end(query["Policy"])
        if _NUMBER.fullmatch(query.get("Expires", "")):
            return float(query["Expires"])
        if "X-Amz-Date" in query and _NUMBER.fullmatch(query.get("X-Amz-Expires", "")):
            return _amz_end(query["X-Amz-Date"], int(query["X-Amz-Expires"]))
        return None


def signed_url(text: str) -> SignedUrl:
    """Read the URL that a user pasted.

    Raises:
        InvalidInput: it is no URL with a `*` and a signature.
    """
    value = text.strip().strip("'\"<>")
    hint = f"copy it whole from the e-mail of {PAGE}; it has a * and ends with a signature"
    if not is_web_address(value):
        raise InvalidInput("what was given is no URL", hint=hint)
    if "*" not in value:
        raise InvalidInput("the URL of Meta has no * in it: it is not whole", hint=hint)
    return SignedUrl(value)


def listed_digests(text: str) -> dict[str, Digest]:
    """Read a list of MD5s as `md5sum` writes it: Meta's `checklist.chk`."""
    found = _LIST_LINE.findall(text[:_LONGEST_LIST_BYTES])
    return {name: Digest("md5", md5) for md5, name in found}


class Meta:
    """One model of Meta's download, opened by one signed URL."""

    def __init__(
        self, source: MetaSource, url: SignedUrl, patience: Patience | None = None
    ) -> None:
        self._source = source
        self._url = url
        self._patience = Patience() if patience is None else patience

    def listing(self) -> Listing:
        """List the files: license and policy first, then tokenizer, then shards.

        Raises:
            NoAccess: the URL has expired, or opens something else.
        """
        self._refuse_expired()
        name, lowered = self._source.name, self._source.name.lower()
        terms = [self._file("LICENSE", "LICENSE"), self._file("USE_POLICY.md", "USE_POLICY.md")]
        shared = lowered.startswith(_SHARED_TOKENIZER)
        has_lists = lowered.startswith(_LISTED)
        digests: dict[str, Digest] = {}
        lists = []
        if has_lists:
            lists = ["checklist.chk", *(["tokenizer_checklist.chk"] if shared else [])]
        for each in lists:
            digests |= self._digests(each if each.startswith("tokenizer") else f"{name}/{each}")
        tokenizer = "tokenizer.model" if shared else f"{name}/tokenizer.model"
        shards = [f"consolidated.{number:02}.pth" for number in range(self._source.shards)]
        wanted = [("tokenizer.model", tokenizer), ("params.json", f"{name}/params.json")]
        wanted += [(each, f"{name}/{each}") for each in shards]
        files = [self._file(path, remote, digests.get(path)) for path, remote in wanted]
        notes = ["these are Meta's own .pth files: engines load them after a conversion"]
        if not has_lists:
            notes.append("Meta publishes no digests of these files: only sizes can be compared")
        origin = {"kind": "meta", "name": name}
        return Listing((*terms, *files), (), origin, tuple(notes))

    def locate(self, file: WeightFile) -> Location:
        """Give the signed URL of a file."""
        return self._url.of(self._remote(file.path))

    def refusal(self, file: WeightFile, answer: Answer) -> LlamactlError:
        """Tell an expired URL from one that does not open this file."""
        self_made = self._expired()
        if self_made is not None:
            return self_made
        if answer.status == _DENIED:
            return self._denied(file.path, answer)
        return Unhealthy(
            f"Meta's server answers {file.path} with status {answer.status}", hint=_ELSEWHERE
        )

    def _remote(self, path: str) -> str:
        shared = self._source.name.lower().startswith(_SHARED_TOKENIZER)
        if path in {"LICENSE", "USE_POLICY.md"} or (shared and path == "tokenizer.model"):
            return path
        return f"{self._source.name}/{path}"

    def _file(self, path: str, remote: str, digest: Digest | None = None) -> WeightFile:
        answer = self._asked(remote)
        size = answer.total_bytes()
        if size is None:
            raise Unhealthy(f"Meta's server does not say how large {remote} is", hint=_ELSEWHERE)
        return WeightFile(path, size, digest)

    def _digests(self, remote: str) -> dict[str, Digest]:
        self._asked(remote)
        answer = read_text(self._url.of(remote), _LONGEST_LIST_BYTES)
        if answer is None or answer.status not in _GIVEN:
            raise Unhealthy(f"{remote} of Meta's server breaks off", hint="run it again")
        digests = listed_digests(answer.body)
        if not digests:
            raise Unhealthy(f"{remote} of Meta's server is no list of digests", hint=_ELSEWHERE)
        return digests

    def _asked(self, remote: str) -> Answer:
        tried = 0
        while True:
            tried += 1
            answer = ask(self._url.of(remote))
            if answer is not None and answer.status in _GIVEN:
                return answer
            if answer is not None and answer.status not in _BUSY:
                raise self.refusal(WeightFile(remote, 0), answer)
            said = "no answer" if answer is None else f"status {answer.status}"
            wait_s = self._patience.wait_s(
                tried, None if answer is None else answer.retry_after_s()
            )
            if wait_s > self._patience.longest_asked_s:
                said, tried = f"asks to wait {format_duration(wait_s)}", self._patience.tries
            if tried >= self._patience.tries:
                raise Unhealthy(f"Meta's server: {said} for {remote}", hint=_ELSEWHERE)
            time.sleep(wait_s)

    def _refuse_expired(self) -> None:
        error = self._expired()
        if error is not None:
            raise error

    def _expired(self) -> NoAccess | None:
        end = self._url.expires_at
        if end is None or end > time.time():
            return None
        when = datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return NoAccess(f"Meta's signed URL has expired: it held until {when}", hint=_RENEW)

    def _denied(self, path: str, answer: Answer) -> NoAccess:
        if "expired" in answer.body.lower():
            return NoAccess("Meta's signed URL has expired, its server says", hint=_RENEW)
        why = "was used too often, or is not whole"
        if resource := self._other_resource():
            why = f"opens {resource} alone"
        message = f"Meta's server refuses {path}: the URL is for another model family, {why}"
        return NoAccess(
            message, hint=f"check the e-mail; a URL opens only what was asked for at {PAGE}"
        )

    def _other_resource(self) -> str | None:
        """Give what the URL's policy says that it opens, where that is not its own server."""
        query = parse_qs(urlsplit(self._url.value).query)
        policy = _policy(query.get("Policy", [""])[0])
        resource = urlsplit(str(policy.get("Resource", "")))
        host = urlsplit(self._url.value).hostname
        return resource.hostname if resource.hostname not in (None, host) else None


_ELSEWHERE = "check the network, and whether a proxy answers instead; then run it again"
_RENEW = f"it is good for 24 hours: ask for a new one at {PAGE}, then run this again"


def _policy(text: str) -> dict[str, object]:
    """Read CloudFront's policy: base64 with three signs changed. Source: its developer guide."""
    plain = text.replace("-", "+").replace("_", "=").replace("~", "/")
    try:
        statement = json.loads(base64.b64decode(plain))["Statement"][0]
    except (ValueError, binascii.Error, KeyError, IndexError, TypeError):
        return {}
    return statement if isinstance(statement, dict) else {}


def _policy_end(text: str) -> float | None:
    condition = _policy(text).get("Condition")
    try:
        end = float(condition["DateLessThan"]["AWS:EpochTime"])  # type: ignore[index]  # caught
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return end if 0 < end < 10**12 else None  # not so a NaN


def _amz_end(date: str, lasts_s: int) -> float | None:
    try:
        began = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return began.timestamp() + lasts_s
