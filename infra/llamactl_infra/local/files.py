"""Files that are whole or absent: atomic writes and patience."""

import os
import time
from collections.abc import Callable
from pathlib import Path

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
_RETRY_S = 0.02
# On Windows a file cannot be replaced or removed while somebody reads it. Readers here are brief.
PATIENCE_S = 1.0 if os.name == "nt" else 0.0


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
