"""Files that are whole or absent: written beside their place, then moved there in one step."""

import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600
"""For its owner alone to read."""
_PRIVATE_FOLDER = 0o700
_RETRY_S = 0.02
# On Windows a file cannot be replaced or removed while somebody reads it. Readers here are brief.
PATIENCE_S = 1.0 if os.name == "nt" else 0.0


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, that only its owner may enter."""
    path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)


def write_whole(
    path: Path, content: str | bytes, *, draft: Path | None = None, mode: int = PRIVATE
) -> None:
    """Write a file, so that readers see the old content or the new; a text as UTF-8.

    `draft` is where it is written first, `draft_of` by itself. Where several may write at once,
    each needs its own: `unique_draft_of`.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    written = draft if draft is not None else draft_of(path)
    whole = content.encode() if isinstance(content, str) else content
    try:
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
        patiently(lambda: written.replace(path))
    except BaseException:
        with suppress(OSError):
            written.unlink(missing_ok=True)
        raise


def draft_of(path: Path) -> Path:
    """Give where a file is written before it takes its place; one writer at a time has it."""
    return path.with_name(f".{path.name}.new")


def unique_draft_of(path: Path) -> Path:
    """Give a place that no other writer has; a writer that is killed leaves it behind."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


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
