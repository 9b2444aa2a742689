"""The claim of a stack: on this machine one command at a time changes it.

Pulumi's own lock comes later: the settings are written before it is taken, and waiting for a cloud
needs none. Without a claim a second run could deploy its settings under the first one's lock, or
remove what the first has just made.
"""

import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from llamactl_containers.whole_files import make_folder, write_whole
from llamactl_infra.stacks.locks import StackLocked, owner_in

# Long enough for a holder that is just letting go.
_PATIENCE_S = 0.5
_POLL_S = 0.02


@contextmanager
def claimed(home: Path, name: str) -> Iterator[None]:
    """Hold the stack of that name; `home` is the folder that llamactl keeps stacks in.

    A run that is killed lets go of it.

    Raises:
        StackLocked: another run of this machine holds it.
    """
    from filelock import FileLock, Timeout

    folder = home / "claims"
    make_folder(folder)
    lock, about = FileLock(folder / f"{name}.lock"), folder / f"{name}.json"
    try:
        lock.acquire(timeout=_PATIENCE_S, poll_interval=_POLL_S)
    except Timeout as error:
        raise StackLocked(name, owner_in(about)) from error
    try:
        _announce(about)
        yield
    finally:
        # The lock file goes last, still locked: filelock starts over where it was unlinked.
        for path in (about, folder / f"{name}.lock"):
            with suppress(OSError):  # Windows removes no open file
                path.unlink(missing_ok=True)
        lock.release()


def _announce(about: Path) -> None:
    """Say who holds it, in the words of Pulumi's own locks."""
    told = {
        "pid": os.getpid(),
        "username": _user(),
        "hostname": socket.gethostname(),
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with suppress(OSError):  # a full disk: destroy must work all the same
        write_whole(about, json.dumps(told))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return "unknown"
