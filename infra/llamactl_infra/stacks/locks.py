"""The lock of a stack: whose it is, and whether that run is still there."""

import json
import re
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from llamactl_catalog.errors import NoCapacity
from llamactl_infra.stacks.place import PROJECT

# Source: pulumi 3.2xx, pkg/backend/diy/lock.go: what it says of each lock that it finds.
_OWNER = re.compile(r"created by (?P<user>\S+?)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<at>\S+)")
_FORCED = "if you know that it is gone, --force-unlock clears its lock"
# Locks have whole seconds, and the clock may be set while a run is on.
_CLOCK_S = 60


@dataclass(frozen=True, slots=True)
class Owner:
    """Who took a lock, when; `runs` is None where that cannot be told from here."""

    user: str
    host: str
    pid: int
    at: str
    runs: bool | None


class StackLocked(NoCapacity):
    """Another run holds the stack, or one that was killed left its lock."""

    def __init__(self, stack: str, owner: Owner | None) -> None:
        self.owner = owner
        if owner is None:
            super().__init__(
                f"another run is on the stack '{stack}', and whether it still runs is unknown",
                hint=f"wait until it ends; {_FORCED}",
            )
            return
        who = f"{owner.user}@{owner.host}, process {owner.pid}, since {owner.at}"
        if owner.runs is False:
            message = f"the stack '{stack}' is locked by a run that is gone: {who}"
            super().__init__(
                message, hint="--unlock clears the lock; then the same command continues"
            )
        elif owner.runs:
            message = f"the stack '{stack}' is locked by {who}, which is running"
            super().__init__(message, hint="wait until it ends, or end that process first")
        else:
            message = f"the stack '{stack}' is locked by {who}"
            why = f"whether it still runs cannot be seen from {socket.gethostname()}"
            super().__init__(f"{message}; {why}", hint=f"wait until it ends; {_FORCED}")

    def may_be_cleared(self, *, forced: bool) -> bool:
        """Tell whether the lock may go: its run is gone, or cannot be seen and `forced` says so.

        Never that of a run that is there: it would go on without its lock, beside the next one.
        """
        runs = None if self.owner is None else self.owner.runs
        return runs is False or (runs is None and forced)

    @property
    def is_left_over(self) -> bool:
        """Tell whether the run that took it is known to be gone."""
        return self.owner is not None and self.owner.runs is False


def locked(stack: str, words: str) -> StackLocked:
    """Read what the engine says of a lock."""
    found = _OWNER.search(words)
    if found is None:
        return StackLocked(stack, None)
    pid = int(found["pid"])
    runs = _runs(pid, found["at"]) if found["host"] == socket.gethostname() else None
    return StackLocked(stack, Owner(found["user"], found["host"], pid, found["at"], runs))


def holder_in(backend: Path, stack: str) -> Owner | None:
    """Say who is on a stack now, of a backend that is a folder; a lock that was left is nobody's.

    Source: pulumi 3.2xx, pkg/backend/diy/lock.go: where it writes which file.
    """
    folder = backend / ".pulumi" / "locks" / "organization" / PROJECT / stack
    for path in folder.glob("*.json"):
        owner = owner_in(path)
        if owner is not None and owner.runs is not False:
            return owner
    return None


def owner_in(path: Path) -> Owner | None:
    """Read who holds a lock from its file; None: it is being written or removed."""
    try:
        found = json.loads(path.read_text("utf-8"))
        pid, at, host = int(found["pid"]), str(found["timestamp"]), str(found["hostname"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    runs = _runs(pid, at) if host == socket.gethostname() else None
    return Owner(str(found.get("username")), host, pid, at, runs)


def _runs(pid: int, at: str) -> bool:
    """Tell whether the process that took the lock is there; another may have its number now."""
    import psutil

    try:
        process = psutil.Process(pid)
        started = process.create_time()
        is_over = process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
    return not is_over and started <= datetime.fromisoformat(at).timestamp() + _CLOCK_S
