"""The end of a deployment: its processes, then its files."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from llamactl_catalog.errors import CleanupIncomplete, InvalidFile
from llamactl_catalog.progress import Report, Step
from llamactl_containers.whole_files import make_folder, patiently
from llamactl_infra.local import engines
from llamactl_infra.local.layout import Folder
from llamactl_infra.local.log import parts
from llamactl_infra.local.processes import (
    ProcessIdentity,
    alive,
    find,
    kill_all,
    terminate,
    wait_gone,
)
from llamactl_infra.local.records import Record, read_runtime
from llamactl_infra.local.supervisor_command import SUPERVISOR_MODULE

# More than the supervisor takes to end an engine that does not leave.
_MARGIN_S = 3.0
_MARGIN_ALONE_S = 0.5  # an engine whose supervisor is gone is leaving already
_UNKNOWN_DRAIN_S = 5.0


def stop(folder: Folder, record: Record | None) -> None:
    """Stop the supervisor and with it the engine, and end what does not leave.

    Raises:
        CleanupIncomplete: a process or a container is still there.
    """
    supervisors, everyone = _processes(folder)
    drain_s = _UNKNOWN_DRAIN_S if record is None else record.drain_s
    margin_s = _MARGIN_S if alive(supervisors) else _MARGIN_ALONE_S
    for each in supervisors:
        terminate(each)
    wait_gone(everyone, patience_s=drain_s + margin_s)
    # Look again: an engine may have been started while the supervisor was asked to leave.
    left = kill_all({*everyone, *_processes(folder)[1]})
    if left:
        pids = ", ".join(str(each.pid) for each in left)
        message = f"processes of '{folder.name}' are still there: {pids}"
        raise CleanupIncomplete(message, hint="end them, then destroy it again")
    if record is not None and record.instance_id is not None:
        engines.sweep(record.spec, record.instance_id)


def mark_removed(folder: Folder) -> None:
    """Say that a deployment is no longer wanted; its supervisor leaves when it sees that.

    A rename needs no space: it also works on a full disk.
    """
    # IsADirectoryError: a stray folder is in its place, which goes with the rest of the files.
    with suppress(FileNotFoundError, IsADirectoryError):
        patiently(lambda: folder.record.replace(folder.removed))


def remove_files(folder: Folder) -> None:
    """Remove the folder; what says which deployment it was goes last.

    Raises:
        CleanupIncomplete: a file cannot be removed.
    """
    try:
        for path in folder.path.iterdir():
            if path != folder.removed:
                _remove(path)
        _remove(folder.removed)
        patiently(folder.path.rmdir)
    except FileNotFoundError:
        return
    except OSError as error:
        message = f"could not remove {error.filename or folder.path}: {error.strerror}"
        raise CleanupIncomplete(message, hint="remove it by hand, or destroy it again") from error


def keep_log(folder: Folder, logs: Path, report: Report) -> Path | None:
    """Move the log to where logs of the past are; None where there was none to keep."""
    found = [part for part in parts(folder.log) if part.stat().st_size]
    if not found:
        return None
    try:
        make_folder(logs)
        target = _free_name(logs, f"{folder.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        for part in found:
            older = part.name.removeprefix(folder.log.name)  # "" or ".N"
            source, kept = part, target.with_name(f"{target.name}{older}")
            patiently(lambda source=source, kept=kept: source.replace(kept))  # type: ignore[misc]  # bound here
    except OSError as error:
        report(Step(f"could not keep the log: {error.strerror}"))
        return None
    return target


def _processes(folder: Folder) -> tuple[set[ProcessIdentity], set[ProcessIdentity]]:
    """Give the supervisors, and all processes, of a folder: written down or seen running."""
    try:
        runtime = read_runtime(folder)
    except InvalidFile:
        runtime = None
    seen = find(lambda command: _is_supervisor(command, folder) or _is_engine(command, folder))
    supervisors = {each for each, command in seen.items() if _is_supervisor(command, folder)}
    known = () if runtime is None else runtime.processes
    if runtime is not None and runtime.supervisor is not None:
        supervisors.add(runtime.supervisor)
    return supervisors, {*known, *seen}


def _is_supervisor(command: Sequence[str], folder: Folder) -> bool:
    return SUPERVISOR_MODULE in command and str(folder.path) in command


def _is_engine(command: Sequence[str], folder: Folder) -> bool:
    is_python = Path(command[0]).name.lower().startswith("python")
    return is_python and command[-1] == str(folder.launch)


def _free_name(logs: Path, stem: str) -> Path:
    target, number = logs / f"{stem}.log", 1
    while target.exists():
        number += 1
        target = logs / f"{stem}-{number}.log"
    return target


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        patiently(lambda: path.unlink(missing_ok=True))
