"""The record of the images built here: a file each in the state folder, whole or absent."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from llamactl_catalog.errors import InvalidFile, InvalidInput, NoCapacity, NotFound
from llamactl_containers.disk import told
from llamactl_containers.recipe.context import BuildContext
from llamactl_containers.recipe.tag import context_sha256
from llamactl_containers.whole_files import unique_draft_of, write_whole

OPTION = "--state-dir"
_SCHEMA = 1
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_LOCK_WAIT_S = 4 * 3600.0  # longer than any build: the second of two then finds the image made


@dataclass(frozen=True, slots=True)
class PushedTo:
    """A place in a registry that an image is in; `digest` is what it has there."""

    reference: str
    digest: str
    at: datetime
    attached: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """What is known of an image that was built: what from, by what, when, and where it is.

    `manifest_type` None: it was built in the cloud, and its layers are only in the registry.
    """

    name: str
    tag: str
    digest: str
    size_bytes: int | None
    manifest_type: str | None
    platform: str
    inputs_sha256: str
    base: str
    base_name: str
    files: Mapping[str, str]
    weights_bytes: int
    labels: Mapping[str, str]
    tool: str
    tool_version: str
    started_at: datetime
    built_at: datetime
    log: str
    pushed: tuple[PushedTo, ...] = ()

    def with_push(self, push: PushedTo) -> "ImageRecord":
        """Give the record with one more place, or the same one anew."""
        others = tuple(each for each in self.pushed if each.reference != push.reference)
        return replace(self, pushed=(*others, push))

    def to_json(self) -> dict[str, Any]:
        """Give it as what `image show --json` prints and the file holds."""
        return {"schema": _SCHEMA, **asdict(self)}


def inputs_of(context: BuildContext) -> dict[str, Any]:
    """Give the part of a record that the context decides."""
    import hashlib

    files = {each.path: hashlib.sha256(each.content).hexdigest() for each in context.files}
    baked = () if context.weights is None else context.weights.files
    return {
        "name": context.image_name,
        "platform": context.platform,
        "inputs_sha256": context_sha256(context),
        "base": context.base.reference,
        "base_name": context.base.name,
        "files": files | {f"weights/{each.path}": each.sha256 for each in baked},
        "weights_bytes": 0 if context.weights is None else context.weights.total_bytes,
        "labels": dict(context.labels),
    }


class ImageRecords:
    """The folder of records and build logs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def log_path(self, tag: str) -> Path:
        """Say where the log of a build is kept."""
        return self._folder / f"{_checked(tag)}.log"

    def all(self) -> list[ImageRecord]:
        """Give all records, the newest first.

        Raises:
            InvalidFile: one is unreadable.
        """
        with told(self._folder, OPTION):
            paths = sorted(self._folder.glob("[!.]*.json"))
            found = [_read(path) for path in paths]
        return sorted(found, key=lambda each: each.built_at, reverse=True)

    def get(self, tag: str) -> ImageRecord | None:
        """Give the record of a tag; None: none was built here."""
        path = self._path(tag)
        with told(path, OPTION):
            return _read(path) if path.exists() else None

    def find(self, text: str) -> ImageRecord:
        """Find an image by its tag, its digest, the beginning of either, or NAME:TAG.

        Raises:
            NotFound: none, or several, with what to write.
        """
        if not text.strip():
            raise NotFound("no image is named", hint="llamactl image list has all of them")
        wanted = text.rpartition("/")[2].rpartition(":")[2] if "@" not in text else text
        if text.startswith("sha256:"):
            wanted = text
        found = [
            each
            for each in self.all()
            if each.tag.startswith(wanted)
            or each.digest.startswith(text.rpartition("@")[2])
            or each.digest.removeprefix("sha256:").startswith(wanted)
        ]
        exact = [each for each in found if wanted in {each.tag, each.digest}]
        if len(exact) == 1 or len(found) == 1:
            return (exact or found)[0]
        if not found:
            hint = "llamactl image list has all of them; llamactl image build makes one"
            raise NotFound(f"no image '{text}' was built here", hint=hint)
        tags = ", ".join(each.tag for each in found)
        raise NotFound(f"'{text}' is the beginning of several images", hint=f"one of {tags}")

    def put(self, record: ImageRecord) -> None:
        """Write a record, in one step."""
        path = self._path(record.tag)
        text = json.dumps(record.to_json(), indent=2, sort_keys=True, default=_plain) + "\n"
        with told(self._folder, OPTION):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, text, draft=unique_draft_of(path))

    @contextmanager
    def building(self, tag: str) -> Iterator[None]:
        """Keep a second build of the same image waiting until this one has ended.

        Raises:
            NoCapacity: the other one does not end.
        """
        from filelock import FileLock, Timeout

        with told(self._folder, OPTION):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self._folder / f".{_checked(tag)}.lock", timeout=_LOCK_WAIT_S)
            try:
                lock.acquire()
            except Timeout as error:
                raise NoCapacity(f"another build of {tag} does not end") from error
        try:
            yield
        finally:
            lock.release()

    def _path(self, tag: str) -> Path:
        return self._folder / f"{_checked(tag)}.json"


def _checked(tag: str) -> str:
    if _SAFE.fullmatch(tag) is None:
        raise InvalidInput(f"'{tag}' is no tag of an image")
    return tag


def _read(path: Path) -> ImageRecord:
    hint = "remove the file; llamactl image build makes it again"
    try:
        document = json.loads(path.read_text("utf-8"))
        if document.pop("schema") != _SCHEMA:
            raise InvalidFile(str(path), ["is of a newer llamactl"], hint="update llamactl")
        pushed = tuple(_pushed(each) for each in document.pop("pushed"))
        dates: dict[str, Any] = {key: datetime.fromisoformat(document.pop(key)) for key in _DATES}
        return ImageRecord(**document, **dates, pushed=pushed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidFile(str(path), [f"is no record of an image: {error}"], hint=hint) from error


_DATES = ("started_at", "built_at")


def _pushed(entry: Mapping[str, Any]) -> PushedTo:
    return PushedTo(**{**entry, "at": datetime.fromisoformat(entry["at"])})


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
