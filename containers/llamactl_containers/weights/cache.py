"""The cache of weights: files by their SHA-256, put there whole or not at all."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llamactl_catalog.errors import InvalidFile, NoCapacity
from llamactl_catalog.progress import Report, Step
from llamactl_catalog.units import MIB, format_bytes
from llamactl_containers.disk import told

INCOMING = "incoming"
LOCK_WAIT_S = 600.0
_PIECE_BYTES = 4 * MIB
_DIGITS_OF_FOLDER = 16


def cached_path(cache_dir: Path, sha256: str, file_name: str) -> Path:
    """Give the path that a file of that content has in the cache, there or not."""
    return cache_dir / "weights" / sha256[:_DIGITS_OF_FOLDER] / file_name


def is_cached(path: Path, sha256: str, report: Report) -> bool:
    """Tell whether the cache holds the file with the right content; a damaged one is removed."""
    if not path.is_file():
        return False
    if file_sha256(path, report) == sha256:
        return True
    path.unlink()
    return False


def file_sha256(path: Path, report: Report) -> str:
    """Hash a file, telling how far it is."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            done += len(piece)
            report(Step(f"verifying {path.name}", done, total))
    return digest.hexdigest()


@contextmanager
def incoming(path: Path, needed_bytes: int) -> Iterator[Path]:
    """Give an empty folder beside `path` to fetch into; one process at a time, removed after.

    What an interrupted fetch left there is removed first.

    Raises:
        NoCapacity: the disk has less than `needed_bytes`, or fills up, or another fetch holds on.
        NoPermission, InvalidInput: the cache folder may not be written, or is none.
    """
    import filelock

    folder = path.parent / INCOMING
    with told(path.parent, "--cache-dir"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with filelock.FileLock(path.parent / "fetch.lock", timeout=LOCK_WAIT_S):
                shutil.rmtree(folder, ignore_errors=True)
                _check_room(path.parent, needed_bytes)
                folder.mkdir()
                try:
                    yield folder
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
        except filelock.Timeout as error:
            hint = "wait for it, or end it, and try again"
            raise NoCapacity(f"another process is fetching {path.name}", hint=hint) from error


def install(part: Path, path: Path, sha256: str, report: Report) -> None:
    """Move a fetched file to its place in the cache, if its content is right.

    Raises:
        InvalidFile: its SHA-256 is another one; the file is left where it was.
    """
    seen = file_sha256(part, report)
    if seen != sha256:
        problem = f"its SHA-256 is {seen}, not {sha256}"
        hint = "the package index or a mirror gave another file: do not use it"
        raise InvalidFile(path.name, [problem], hint=hint)
    part.replace(path)


def _check_room(folder: Path, needed_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        hint = "free some disk space, or choose another folder with --cache-dir"
        needs = f"{format_bytes(needed_bytes)} needed, {format_bytes(free)} free"
        raise NoCapacity(f"no space left in {folder}: {needs}", hint=hint)
