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
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from llamactl_containers.whole_files import make_folder, write_whole
from llamactl_infra.held_lock import LockHeld, held
from llamactl_infra.stacks.locks import StackLocked, owner_in


@contextmanager
def claimed(home: Path, name: str) -> Iterator[None]:
    """Hold the stack of that name; `home` is the folder that llamactl keeps stacks in.

    A run that is killed lets go of it.

    Raises:
        StackLocked: another run of this machine holds it.
    """
    folder = home / "claims"
    make_folder(folder)
    about = folder / f"{name}.json"
    with ExitStack() as claim:
        try:
            claim.enter_context(held(folder / f"{name}.lock", about))
        except LockHeld as error:
            raise StackLocked(name, owner_in(about)) from error
        _announce(about)
        yield


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
