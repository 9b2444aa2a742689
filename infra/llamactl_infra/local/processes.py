"""Processes on Linux, macOS and Windows: start one that outlives us, know it again, end it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

# Windows process creation flags; `subprocess` has the names on Windows only. Source: Microsoft,
# "Process Creation Flags", read 2026-11.
DETACHED_PROCESS = 0x00000008
CREATE_NEW_PROCESS_GROUP = 0x00000200
CREATE_BREAKAWAY_FROM_JOB = 0x01000000
CREATE_NO_WINDOW = 0x08000000

_POLL_S = 0.02
_KILL_PATIENCE_S = 5.0
# Start times come in clock ticks of 0.01 s.
_SAME_BIRTH_S = 0.05


class SpawnOptions(TypedDict, total=False):
    """The keyword arguments of `subprocess.Popen` that differ between platforms."""

    start_new_session: bool
    creationflags: int


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process, told from a later one with the same pid by when it was born.

    `born_s` counts from the epoch; on Linux from the boot, which no change of the clock moves.
    """

    pid: int
    born_s: float


def identify(pid: int) -> ProcessIdentity | None:
    """Say which process has a pid now; None where there is none or it is a zombie."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        born_s = process.create_time()
    except psutil.Error:
        return None
    return ProcessIdentity(pid, born_s - psutil.boot_time() if psutil.LINUX else born_s)


def is_alive(identity: ProcessIdentity) -> bool:
    """Say whether that very process is there. A zombie is dead: nobody may ever reap it."""
    now = identify(identity.pid)
    return now is not None and abs(now.born_s - identity.born_s) < _SAME_BIRTH_S


def alive(identities: Iterable[ProcessIdentity]) -> tuple[ProcessIdentity, ...]:
    """Give those that are there."""
    return tuple(each for each in identities if is_alive(each))


def find(is_wanted: Callable[[Sequence[str]], bool]) -> dict[ProcessIdentity, Sequence[str]]:
    """Find processes, other than this one, by their command line; give it with each."""
    import psutil

    found: dict[ProcessIdentity, Sequence[str]] = {}
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"]
        if not command or process.pid == os.getpid() or not is_wanted(command):
            continue
        identity = identify(process.pid)
        if identity is not None:
            found[identity] = tuple(command)
    return found


def wait_gone(
    identities: Iterable[ProcessIdentity], *, patience_s: float
) -> tuple[ProcessIdentity, ...]:
    """Wait until the processes are gone; give those that are still there in the end."""
    deadline = time.monotonic() + patience_s
    while (left := alive(identities)) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return left


def terminate(identity: ProcessIdentity) -> None:
    """Ask a process to leave. Windows has no such question: there it is ended at once."""
    _signal(identity, "terminate")


def kill_all(identities: Iterable[ProcessIdentity]) -> tuple[ProcessIdentity, ...]:
    """End processes without a question; give those that are still there in the end."""
    identities = tuple(identities)
    for identity in identities:
        _signal(identity, "kill")
    return wait_gone(identities, patience_s=_KILL_PATIENCE_S)


def detached_options(platform: str, *, breakaway: bool = True) -> SpawnOptions:
    """Give what keeps a child alive when the terminal, its session or its job ends.

    `platform` is as in `sys.platform`. `breakaway` leaves the caller's Windows job, whose end would
    end its members; a job may forbid that.
    """
    if platform != "win32":
        return {"start_new_session": True}
    flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW
    return {"creationflags": flags | CREATE_BREAKAWAY_FROM_JOB if breakaway else flags}


def child_options(platform: str) -> SpawnOptions:
    """Give what keeps a background process's own child from opening a window."""
    return {"creationflags": CREATE_NO_WINDOW} if platform == "win32" else {}


def spawn_detached(command: Sequence[str], *, output: Path) -> "subprocess.Popen[bytes]":
    """Start a process that outlives this one, with a pipe to its stdin and nothing else of ours.

    What it prints goes to the file `output`. Its working directory is the root, to pin no folder.
    """
    with output.open("ab") as file:

        def spawn(options: SpawnOptions) -> "subprocess.Popen[bytes]":
            return subprocess.Popen(  # noqa: S603 - the caller's own program
                command,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
                cwd=root_folder(),
                **options,
            )

        try:
            return spawn(detached_options(sys.platform))
        except PermissionError:
            if os.name != "nt":
                raise
            return spawn(detached_options(sys.platform, breakaway=False))


def root_folder() -> str:
    """Give a folder that is always there and that nobody wants to remove."""
    return Path(sys.executable).anchor or os.sep


def _signal(identity: ProcessIdentity, question: str) -> None:
    import psutil

    if not is_alive(identity):
        return
    try:
        process = psutil.Process(identity.pid)
        process.terminate() if question == "terminate" else process.kill()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return  # the caller looks at who is left
