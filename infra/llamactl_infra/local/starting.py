"""Starting a deployment: written down, spawned, told to go, awaited. What fails is stopped again.

At no moment is there a process that is not written down and would stay: the supervisor waits for
`go`, which comes after its identity is in the runtime, and leaves when the pipe closes before.
"""

import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from llamactl_catalog.errors import InvalidFile, NoCapacity, Unhealthy
from llamactl_catalog.progress import Report, Step
from llamactl_catalog.units import format_duration
from llamactl_containers.disk import told
from llamactl_containers.health import answers
from llamactl_containers.whole_files import write_whole
from llamactl_infra.local import engines
from llamactl_infra.local.failures import error_of
from llamactl_infra.local.layout import Folder
from llamactl_infra.local.processes import identify, spawn_detached
from llamactl_infra.local.records import (
    FailureReason,
    Record,
    Runtime,
    read_runtime,
    write_record,
    write_runtime,
)
from llamactl_infra.local.removal import stop
from llamactl_infra.local.supervisor_command import CANNOT_WRITE, GO, supervisor_command

_POLL_S = 0.05
_REPORT_S = 0.5
_PROBE_S = 2.0
_REAP_S = 5.0


@dataclass(frozen=True, slots=True)
class Job:
    """What to start and how long to wait for it; a TGI container keeps weights in `weights_dir`."""

    folder: Folder
    record: Record
    weights_dir: Path
    timeout_s: float


def start(job: Job, report: Report) -> Runtime:
    """Start the engine of a record and wait until it answers.

    On the port that was asked for; where none was, on the one it had before if that is still free.

    Raises:
        NoCapacity, InvalidInput, ProgramMissing, Unhealthy: it does not start; nothing of it runs.
    """
    folder, spec = job.folder, job.record.spec
    earlier = _earlier_port(folder)
    if folder.runtime.exists():
        stop(folder, job.record)
    runtime = _attempt(job, report, spec.port if spec.port is not None else earlier)
    if runtime.failure == "port-taken" and spec.port is None:
        runtime = _attempt(job, report, 0)
    if runtime.phase != "listening":
        raise error_of(folder, job.record, runtime)
    return runtime


def _attempt(job: Job, report: Report, port: int) -> Runtime:
    folder = job.folder
    record = replace(job.record, instance_id=uuid.uuid4().hex)
    with told(folder.path, "--state-dir"):
        write_record(folder, record)
        write_whole(folder.launch, engines.launch_text(record, port, job.weights_dir))
    with _supervised(folder, record, port) as (process, undo):
        runtime = _await_end_of_start(folder, record, process, report, job.timeout_s)
        if runtime.phase == "listening":
            undo.pop_all()
            # On purpose nobody waits for it: it outlives us.
            process.returncode = 0
    if runtime.phase == "failed":
        with suppress(OSError):  # the error is told anyway
            write_runtime(folder, runtime)
    return runtime


@contextmanager
def _supervised(
    folder: Folder, record: Record, port: int
) -> Iterator[tuple["subprocess.Popen[bytes]", ExitStack]]:
    """Have a supervisor that is written down and told to go; it is stopped unless taken over."""
    instance_id = record.instance_id or ""
    with ExitStack() as undo:
        with told(folder.path, "--state-dir"):
            command = supervisor_command(folder, instance_id)
            process = spawn_detached(command, output=folder.supervisor_log)
            undo.callback(_reap, process)
            undo.callback(stop, folder, record)
            me = identify(process.pid)
            now = datetime.now(UTC)
            write_runtime(folder, Runtime(instance_id, "starting", now, me, port=port or None))
        _tell_go(process)
        yield process, undo


def _await_end_of_start(
    folder: Folder,
    record: Record,
    process: "subprocess.Popen[bytes]",
    report: Report,
    timeout_s: float,
) -> Runtime:
    started, reported = time.monotonic(), float("-inf")
    what = f"loading {record.spec.model} with {record.spec.engine}"
    while True:
        exit_code = process.poll()  # before the reading: what it wrote last is seen
        runtime = _runtime(folder)
        elapsed_s = time.monotonic() - started
        if runtime.phase in ("failed", "exited", "stopped"):
            return replace(runtime, phase="failed", failure=runtime.failure or "internal")
        if runtime.phase == "listening" and _is_ours(record, runtime):
            return runtime
        if exit_code == CANNOT_WRITE:
            hint = "free some disk space, then deploy again"
            raise NoCapacity(f"could not write in {folder.path}", hint=hint)
        if exit_code is not None:
            return _failed(runtime, "internal", f"its supervisor ended: {_last_words(folder)}")
        if elapsed_s >= timeout_s:
            message = f"it was not ready within {format_duration(timeout_s)}"
            return _failed(runtime, "timeout", message)
        if elapsed_s - reported >= _REPORT_S:
            reported = elapsed_s
            report(Step(f"{what} ({format_duration(elapsed_s)})"))
        time.sleep(_POLL_S)


def _is_ours(record: Record, runtime: Runtime) -> bool:
    # TGI sends no instance with its answers; docker would not have given it a port in use.
    instance_id = runtime.instance_id if record.spec.engine == "llama.cpp" else None
    return runtime.port is not None and answers(runtime.port, instance_id, timeout_s=_PROBE_S)


def _runtime(folder: Folder) -> Runtime:
    runtime = read_runtime(folder)
    if runtime is None:
        message = f"the state of '{folder.name}' was removed while it was being deployed"
        raise Unhealthy(message, hint="deploy it again")
    return runtime


def _failed(runtime: Runtime, failure: FailureReason, message: str) -> Runtime:
    return replace(
        runtime,
        phase="failed",
        changed_at=datetime.now(UTC),
        failure=failure,
        message=message,
    )


def _earlier_port(folder: Folder) -> int:
    try:
        runtime = read_runtime(folder)
    except InvalidFile:
        return 0
    return 0 if runtime is None or runtime.port is None else runtime.port


def _tell_go(process: "subprocess.Popen[bytes]") -> None:
    with suppress(BrokenPipeError):  # it ended already: the wait tells why
        if process.stdin is not None:
            process.stdin.write(GO)
            process.stdin.close()


def _reap(process: "subprocess.Popen[bytes]") -> None:
    with suppress(BrokenPipeError, subprocess.TimeoutExpired):
        if process.stdin is not None:
            process.stdin.close()
        process.wait(_REAP_S)


def _last_words(folder: Folder) -> str:
    try:
        lines = folder.supervisor_log.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "without a word"
