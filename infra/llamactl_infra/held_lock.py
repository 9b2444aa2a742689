"""A lock file that one process holds at a time, and that is gone once it is let go.

Removing a lock file is safe as the last act under the lock: who opened the old file before finds
it unlinked after locking it and starts over (filelock checks the link count), who comes later makes
a new one. On Windows an open file cannot be removed; filelock does it there when it lets go.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Long enough for a holder that is just letting go.
_PATIENCE_S = 0.5
_POLL_S = 0.02


class LockHeld(Exception):
    """Another process holds the lock."""


@contextmanager
def held(lock_file: Path, *beside: Path) -> Iterator[None]:
    """Hold a lock file; those `beside` it are removed with it. A killed process lets go.

    Raises:
        LockHeld: another process holds it, and does not let go within half a second.
        OSError: the file cannot be made.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=_PATIENCE_S, poll_interval=_POLL_S)
    except Timeout as error:
        raise LockHeld from error
    try:
        yield
    finally:
        for path in (*beside, lock_file):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        lock.release()
