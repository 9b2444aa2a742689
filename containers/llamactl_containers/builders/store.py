"""The layers and manifests of the images built here: files by digest, shared by all images."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llamactl_catalog.errors import InvalidFile
from llamactl_containers.disk import told

OPTION = "--cache-dir"
_PIECE_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Layer:
    """One blob of an image: a layer or the configuration."""

    digest: str
    size_bytes: int


class ImageStore:
    """A folder of blobs, each under its SHA-256; what is in it is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blobs = folder / "blobs" / "sha256"

    def path(self, digest: str) -> Path:
        """Say where a blob is, or would be."""
        return self._blobs / digest.removeprefix("sha256:")

    def read(self, digest: str) -> bytes | None:
        """Give a small blob; None: it is not here."""
        with told(self._folder, OPTION):
            try:
                return self.path(digest).read_bytes()
            except FileNotFoundError:
                return None

    def holds(self, digest: str) -> bool:
        """Tell whether an image is here with all its layers."""
        manifest = self.read(digest)
        if manifest is None:
            return False
        return all(_size(self.path(each.digest)) == each.size_bytes for each in layers(manifest))

    def put(self, content: bytes) -> str:
        """Keep a small blob, and give its digest."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        with self.scratch() as scratch, told(self._folder, OPTION):
            draft = scratch / "blob"
            draft.write_bytes(content)
            self._keep(draft, digest)
        return digest

    def take(self, path: Path, digest: str) -> None:
        """Move a blob that a tool has written into the store.

        Raises:
            InvalidFile: it is not what its digest says.
            NoCapacity: the disk is full.
        """
        with told(self._folder, OPTION):
            if self.path(digest).exists():
                path.unlink()
                return
            if _sha256(path) != digest:
                raise InvalidFile(str(path), [f"is not {digest}"], hint="build it again")
            self._keep(path, digest)

    def remove(self, digest: str) -> None:
        """Remove a blob that nothing names any more."""
        with told(self._folder, OPTION):
            self.path(digest).unlink(missing_ok=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a folder on the same disk that is gone afterwards, whatever happens."""
        with told(self._folder, OPTION):
            self._blobs.mkdir(parents=True, exist_ok=True)
            folder = self._folder / f".scratch-{secrets.token_hex(6)}"
            folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _keep(self, draft: Path, digest: str) -> None:
        with draft.open("rb") as file, suppress(OSError):  # a disk that cannot be asked to
            os.fsync(file.fileno())
        draft.replace(self.path(digest))


def layers(manifest: bytes) -> tuple[Layer, ...]:
    """Give what a manifest points to, the configuration first."""
    document: dict[str, Any] = json.loads(manifest)
    entries = [document[key] for key in ("config",) if key in document]
    entries += document.get("layers", [])
    return tuple(Layer(each["digest"], each["size"]) for each in entries)


def total_bytes(manifest: bytes) -> int:
    """Give the size of an image as it is moved: its layers, compressed, and its configuration."""
    return sum(each.size_bytes for each in layers(manifest))


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            found.update(piece)
    return f"sha256:{found.hexdigest()}"
