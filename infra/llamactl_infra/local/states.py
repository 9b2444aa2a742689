"""What state a deployment is in, judged from what is written down and which processes live."""

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.units import format_duration
from llamactl_containers.health import endpoint
from llamactl_infra.deployment import Deployment, DeploymentState
from llamactl_infra.local.claims import Holder, holder
from llamactl_infra.local.layout import Folder
from llamactl_infra.local.processes import is_alive
from llamactl_infra.local.records import Record, Runtime, read_record, read_runtime

UNKNOWN = "unknown"
_REGION = "local"
_INSTANCE_TYPE = "this-machine"

# A supervisor sees the end of its engine at once, and waits a second for the log's last lines.
_SUPERVISOR_PATIENCE_S = 1.5
_POLL_S = 0.02

Verdict = tuple[DeploymentState, str | None]


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of a deployment at one moment."""

    record: Record | None
    runtime: Runtime | None
    is_being_removed: bool
    supervisor_lives: bool
    engine_lives: bool
    holder: Holder | None
    now: datetime


def deployment(folder: Folder) -> Deployment:
    """Say what a deployment is now; a folder that cannot be read is a failed deployment."""
    try:
        seen = _look_again(folder)
    except InvalidFile as error:
        return _unreadable(folder, f"{error.path}: {'; '.join(error.problems)} ({error.hint})")
    state, reason = judge(seen)
    if seen.record is None:
        return _unreadable(folder, reason, state)
    spec, runtime = seen.record.spec, seen.runtime
    engine = runtime.engines[-1] if runtime is not None and runtime.engines else None
    port = None if runtime is None else runtime.port
    return Deployment(
        name=folder.name,
        model=spec.model,
        cloud="local",
        region=_REGION,
        instance_type=_INSTANCE_TYPE,
        engine=spec.engine,
        state=state,
        reason=reason,
        endpoint=endpoint(port) if state == "running" and port is not None else None,
        usd_per_hour=0.0,
        created_at=seen.record.created_at,
        pid=engine.pid if engine is not None and seen.engine_lives else None,
        context_tokens=spec.context_tokens,
        log_path=folder.log,
        weights=spec.weights,
        api_key=spec.api_key,
    )


def look(folder: Folder) -> Sight:
    """Read the files and look at the processes.

    Raises:
        InvalidFile: a file cannot be read.
    """
    # The holder first: it writes the record before it lets go.
    held_by = holder(folder)
    record = read_record(folder)
    runtime = read_runtime(folder)
    if runtime is not None and (record is None or runtime.instance_id != record.instance_id):
        runtime = None
    supervisor = None if runtime is None else runtime.supervisor
    return Sight(
        record=record,
        runtime=runtime,
        is_being_removed=not folder.record.exists(),
        supervisor_lives=supervisor is not None and is_alive(supervisor),
        engine_lives=runtime is not None and any(is_alive(each) for each in runtime.engines[-1:]),
        holder=held_by,
        now=datetime.now(UTC),
    )


def judge(seen: Sight) -> Verdict:
    """Name the state, and why."""
    if seen.holder is not None and not (_is_running(seen) and seen.holder.purpose == "deployed"):
        since = format_duration((seen.now - seen.holder.since).total_seconds())
        return "deploying" if seen.holder.purpose == "deployed" else "stopped", (
            f"being {seen.holder.purpose} by process {seen.holder.process.pid} for {since}"
        )
    if seen.is_being_removed:
        return "failed", "its removal was interrupted; llamactl destroy ends it"
    if seen.runtime is None:
        return "failed", "its deployment was interrupted before anything was started"
    return _of_runtime(seen, seen.runtime)


def _is_running(seen: Sight) -> bool:
    listening = seen.runtime is not None and seen.runtime.phase == "listening"
    return listening and seen.supervisor_lives and seen.engine_lives


def _look_again(folder: Folder) -> Sight:
    deadline = time.monotonic() + _SUPERVISOR_PATIENCE_S
    while _awaits_supervisor(seen := look(folder)) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return seen


def _awaits_supervisor(seen: Sight) -> bool:
    """Say whether the engine has just ended and the supervisor is about to tell how."""
    listening = seen.runtime is not None and seen.runtime.phase == "listening"
    return listening and seen.supervisor_lives and not seen.engine_lives


def _of_runtime(seen: Sight, runtime: Runtime) -> Verdict:
    elapsed = format_duration(max(0.0, (seen.now - runtime.changed_at).total_seconds()))
    match runtime.phase:
        case "starting" | "loading" | "listening":
            return _of_living(seen, runtime, elapsed)
        case "failed":
            return "failed", f"{runtime.message or runtime.failure}, {elapsed} ago"
        case "exited":
            return "failed", f"the engine {exit_text(runtime.exit_code)} {elapsed} ago"
        case "stopped":
            return "stopped", f"it was stopped {elapsed} ago"


def _of_living(seen: Sight, runtime: Runtime, elapsed: str) -> Verdict:
    if _is_running(seen):
        return "running", None
    if runtime.phase == "listening":
        gone = "engine" if seen.supervisor_lives else "supervisor"
        return "failed", f"its {gone} is gone: it was killed, or the machine was restarted"
    if seen.supervisor_lives:
        return "deploying", f"the engine has been loading for {elapsed}"
    return "failed", "its deployment was interrupted while the engine was loading"


def exit_text(exit_code: int | None) -> str:
    """Say how a process ended: `was killed by signal 9 (SIGKILL)`, `ended with exit code 1`."""
    if exit_code is None:
        return "ended"
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    names: Mapping[int, str] = {each.value: each.name for each in signal.Signals}
    name = f" ({names[-exit_code]})" if -exit_code in names else ""
    return f"was killed by signal {-exit_code}{name}"


def _unreadable(
    folder: Folder, reason: str | None, state: DeploymentState = "failed"
) -> Deployment:
    try:
        changed_at = datetime.fromtimestamp(folder.path.stat().st_mtime, UTC)
    except FileNotFoundError:
        changed_at = datetime.now(UTC)
    return Deployment(
        name=folder.name,
        model=UNKNOWN,
        cloud="local",
        region=_REGION,
        instance_type=_INSTANCE_TYPE,
        engine=UNKNOWN,
        state=state,
        reason=reason,
        endpoint=None,
        usd_per_hour=0.0,
        created_at=changed_at,
        pid=None,
        context_tokens=None,
        log_path=folder.log,
    )
