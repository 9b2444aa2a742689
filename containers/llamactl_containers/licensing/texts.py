"""The texts of licenses: read from where they are, kept, and told by hash from changed ones."""

import hashlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, assert_never
from urllib.parse import quote, urlsplit

from llamactl_catalog.errors import LicenseRefused, LlamactlError, NoAccess, NotFound
from llamactl_catalog.extras import extra_command
from llamactl_catalog.licensing.normalized import normalized_sha256
from llamactl_catalog.model import (
    FileText,
    HubFile,
    HuggingFaceSource,
    License,
    LicenseText,
    Model,
    PackagedText,
    TextKind,
    TextPlace,
    WebText,
)
from llamactl_catalog.progress import Report, Step, silent
from llamactl_containers.licensing.download import ATTEMPTS, NotRead, Pause, download
from llamactl_containers.licensing.text_cache import keep, kept
from llamactl_containers.weights.tokens import find_token

# same-bytes: a copy that was read before. same-words: other bytes, the known normalized hash.
# unknown: the catalog has no hash to compare with.
Verdict = Literal["same-bytes", "same-words", "changed", "unknown"]
HUB = "https://huggingface.co"
NOTICE_FILE = "NOTICE"
_COMMIT = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
_WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text as it was read; `place` says where, `from_cache` that it was read before."""

    kind: TextKind
    file_name: str
    content: bytes = field(repr=False)
    place: str
    verdict: Verdict
    from_cache: bool = False

    @property
    def text(self) -> str:
        """The text itself."""
        return self.content.decode("utf-8-sig")

    @property
    def sha256(self) -> str:
        """The hash of its bytes."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def normalized_sha256(self) -> str:
        """The hash of its words."""
        return normalized_sha256(self.text)


@dataclass(frozen=True, slots=True)
class OwnCopy:
    """The copy in the model's own repository, at its pinned revision; or `why` it was not read."""

    place: str
    file_name: str
    read: ReadText | None = None
    why: str | None = None

    def has_words_of(self, other: ReadText) -> bool:
        """Tell whether it was read, and has the words of another text."""
        return self.read is not None and self.read.normalized_sha256 == other.normalized_sha256

    def compared_with(self, other: ReadText) -> str:
        """Say in a line whether it has the words of another text."""
        if self.read is None:
            return f"not compared with {self.place}, which {self.why}"
        if self.has_words_of(other):
            return f"{self.place} has the same words"
        return f"{self.place} has OTHER WORDS (SHA-256 {self.read.normalized_sha256})"


@dataclass(frozen=True, slots=True)
class LicenseTexts:
    """Reads texts of licenses; `folder` is where they are kept."""

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    pause: Pause = time.sleep

    def read(
        self, text: LicenseText, model: Model | None = None, report: Report = silent
    ) -> ReadText:
        """Read a text from the first of its places that gives it.

        A copy that was kept is taken where it cannot have changed or has the known words, and
        where no place can be read.

        Raises:
            NoAccess: no place gives it, and the Hub asks for a token or for access.
            LicenseRefused: no place gives it: what cannot be read cannot be accepted.
            NotFound: it is only in the repository of a model, and no model is given.
            NoCapacity, NoPermission: the cache folder cannot be written.
        """
        failures: list[tuple[str, NotRead]] = []
        places = list(self._places(text, model))
        for place, name in places:
            try:
                return self._read_from(place, name, text, report)
            except NotRead as failure:
                failures.append((name, failure))
        for _, name in places:
            if (content := kept(self.folder, name)) is not None:
                return _read_text(text, content, name, from_cache=True)
        raise _nowhere(text, failures)

    def own_copy(
        self, text: LicenseText, model: Model | None, beside: ReadText, report: Report = silent
    ) -> OwnCopy | None:
        """Give the copy in the model's own repository, to be compared with the one that was read.

        None where there is none at a pinned revision, or it is the one that was read. It counts
        beside the makers' text, not in its place: whether it can be read depends on a token.

        Raises:
            NoCapacity, NoPermission: the cache folder cannot be written.
        """
        for place, name in self._places(text, model):
            if not isinstance(place, HubFile) or place.repo is not None or not _COMMIT.search(name):
                continue
            shown = _shown(name)
            if shown == beside.place:
                return None
            try:
                read = self._read_from(place, name, text, report, attempts=1)
            except NotRead as failure:
                return None if failure.absent else OwnCopy(shown, place.path, why=failure.why)
            return OwnCopy(shown, place.path, read)
        return None

    def read_all(
        self, terms: License, model: Model | None = None, report: Report = silent
    ) -> tuple[ReadText, ...]:
        """Read all texts of a license; raises what `read` does."""
        return tuple(self.read(each, model, report) for each in terms.texts)

    def kept(self, text: LicenseText, model: Model | None = None) -> ReadText | None:
        """Give the copy that was read before on this machine, without a look at the network."""
        for _, name in self._places(text, model):
            if (content := kept(self.folder, name)) is not None:
                return _read_text(text, content, name, from_cache=True)
        return None

    def _places(self, text: LicenseText, model: Model | None) -> Iterator[tuple[TextPlace, str]]:
        """Give the places that there are for this model, with their addresses."""
        for place in text.places:
            match place:
                case HubFile():
                    if (url := self._hub_url(place, model)) is not None:
                        yield place, url
                case WebText(url=url):
                    yield place, url
                case PackagedText(package=package, path=path):
                    yield place, f"{package}: {path}"
                case FileText(path=path):
                    yield place, path
                case _:
                    assert_never(place)

    def _hub_url(self, place: HubFile, model: Model | None) -> str | None:
        repo, revision = place.repo, place.revision
        if repo is None and model is not None:
            for source in model.sources:
                if isinstance(source, HuggingFaceSource):
                    repo, revision = source.repo, source.revision
                    break
        if repo is None:
            return None
        hub = (self.environment.get("HF_ENDPOINT") or HUB).rstrip("/")
        commit = revision if revision is not None else "main"
        return f"{hub}/{quote(repo)}/resolve/{commit}/{quote(place.path)}"

    def _read_from(
        self,
        place: TextPlace,
        name: str,
        text: LicenseText,
        report: Report,
        attempts: int = ATTEMPTS,
    ) -> ReadText:
        if not isinstance(place, HubFile | WebText):
            return _read_text(text, _checked(_local(place)), name)
        if (content := kept(self.folder, name)) is not None:
            before = _read_text(text, content, name, from_cache=True)
            if before.verdict in ("same-bytes", "same-words") or _COMMIT.search(name):
                return before
        report(Step(f"reading {text.file_name} from {urlsplit(name).hostname}"))
        token = find_token(self.environment) if isinstance(place, HubFile) else None
        content = _checked(download(name, token, self.pause, attempts))
        keep(self.folder, name, content)
        return _read_text(text, content, name)


def license_files(terms: License, texts: Sequence[ReadText]) -> dict[str, bytes]:
    """Give the files that stand beside the weights: the texts, and the notice if there is one."""
    files = {each.file_name: each.content for each in texts}
    if terms.notice is not None:
        files[NOTICE_FILE] = f"{terms.notice}\n".encode()
    return files


def verdict_of(text: LicenseText, content: bytes) -> Verdict:
    """Compare a text with the hashes that the catalog knows."""
    if hashlib.sha256(content).hexdigest() in text.sha256s:
        return "same-bytes"
    words = normalized_sha256(content.decode("utf-8-sig"))
    if words == text.normalized_sha256:
        return "same-words"
    return "changed" if text.sha256s or text.normalized_sha256 is not None else "unknown"


def _read_text(
    text: LicenseText, content: bytes, name: str, *, from_cache: bool = False
) -> ReadText:
    verdict = verdict_of(text, content)
    return ReadText(text.kind, text.file_name, content, _shown(name), verdict, from_cache)


def _checked(content: bytes) -> bytes:
    if _WEB_PAGE.match(content):
        raise NotRead("gives a web page, not the text alone")
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotRead("gives no text in UTF-8") from error
    if not words.strip():
        raise NotRead("gives an empty file")
    return content


def _local(place: PackagedText | FileText) -> bytes:
    from importlib.metadata import PackageNotFoundError, distribution

    match place:
        case FileText(path=path):
            where = Path(path)
        case PackagedText(package=package, path=path):
            try:
                where = Path(str(distribution(package).locate_file(path)))
            except PackageNotFoundError as error:
                raise NotRead(f"the package {package} is not installed") from error
        case _:
            assert_never(place)
    try:
        content = where.read_bytes()
    except OSError as error:
        raise NotRead(f"cannot be read: {error.strerror}") from error
    return content if isinstance(place, FileText) else _without_header(content)


def _without_header(content: bytes) -> bytes:
    """Leave out what ScanCode writes before a text: YAML between two lines of dashes."""
    lines = content.split(b"\n")
    if lines[0] != b"---" or b"---" not in lines[1:]:
        return content
    return b"\n".join(lines[lines.index(b"---", 1) + 1 :]).lstrip(b"\n")


def _nowhere(text: LicenseText, failures: Sequence[tuple[str, NotRead]]) -> LlamactlError:
    if not failures:
        return NotFound(
            f"{text.file_name} is only in the repository of a model",
            hint="name a model instead of the license",
        )
    told = "\n  ".join(f"{_shown(name)} {failure.why}" for name, failure in failures)
    what = f"{text.file_name} cannot be read from any place:\n  {told}"
    if any(failure.denied for _, failure in failures):
        hint = "ask for access on the model's page on huggingface.co, and set HF_TOKEN"
        return NoAccess(what, hint=hint)
    if any(isinstance(each, PackagedText) for each in text.places):
        return LicenseRefused(what, hint=f"to have this text offline: {extra_command('texts')}")
    return LicenseRefused(what, hint="check the network and the proxy, and try again")


def _shown(name: str) -> str:
    """Leave out of an address what may be secret: a user's name, and the query of a signed URL."""
    if "://" not in name:
        return name
    parts = urlsplit(name)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
