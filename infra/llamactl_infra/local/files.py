"""Files that are whole or absent: atomic writes, patience, and what a failed write means."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from llamactl_catalog.errors import InvalidInput, NoCapacity, NoPermission

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NOT_A_FOLDER = frozenset({errno.ENOTDIR, errno.EEXIST})
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
_RETRY_S = 0.02
# On Windows a file cannot be replaced or removed while somebody reads it. Readers here are brief.
PATIENCE_S = 1.0 if os.name == "nt" else 0.0


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the system says about using `path` into what the user can do about it.

    Raises:
        NoCapacity: the disk or the quota is full.
        NoPermission: the folder may not be used.
        InvalidInput: a file is where a folder is needed.
    """
    try:
        yield
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else str(path)
        if error.errno in _FULL:
            message = f"no space left to write {place}"
            raise NoCapacity(message, hint="free some disk space, then run it again") from error
        if error.errno in _FORBIDDEN:
            hint = "change its permissions, or choose another folder with --state-dir"
            raise NoPermission(f"no permission for {place}: {error.strerror}", hint=hint) from error
        if error.errno in _NOT_A_FOLDER:
            hint = "remove the file, or choose another folder with --state-dir"
            raise InvalidInput(f"{place} is in the way: not a folder", hint=hint) from error
        raise


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, that only its owner may enter."""
    path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a file that only its owner may read, so that readers see the old text or the new."""
    draft = draft_of(path)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        patiently(lambda: draft.replace(path))
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def draft_of(path: Path) -> Path:
    """Give where a file is written before it takes its place; one writer at a time has it."""
    return path.with_name(f".{path.name}.new")


def patiently(action: Callable[[], object], *, patience_s: float = PATIENCE_S) -> None:
    """Do what a reader of the file may forbid for a moment, again until it is allowed."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            action()
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return
