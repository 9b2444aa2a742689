"""What a start that failed means to the user, and whether its record is worth keeping."""

from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    NoCapacity,
    NoPermission,
    ProgramMissing,
    Unhealthy,
)
from llamactl_catalog.extras import extra_command
from llamactl_infra.local.layout import Folder
from llamactl_infra.local.log import read
from llamactl_infra.local.records import Record, Runtime

# A failure of the request itself (a port, a file, a package) is told and leaves nothing behind. One
# that takes looking into stays as a failed deployment, with its log, until destroyed or repaired.
_KEPT = ("out-of-memory", "timeout", "internal")
_LOG_LINES = 8
_START_MARK = "llamactl: starting "


def is_kept(runtime: Runtime | None) -> bool:
    """Say whether a first deployment that failed stays as a failed deployment."""
    return runtime is not None and runtime.phase == "failed" and runtime.failure in _KEPT


def error_of(folder: Folder, record: Record, runtime: Runtime) -> LlamactlError:
    """Give the error that tells why an engine did not start."""
    spec, message = record.spec, runtime.message or "it did not say why"
    match runtime.failure:
        case "port-taken":
            port = spec.port if spec.port is not None else runtime.port
            hint = "another --port, or none to take a free one"
            return NoCapacity(f"port {port} is taken", hint=hint)
        case "port-forbidden":
            hint = "another --port: those below 1024 are for root alone on most systems"
            return NoPermission(f"no permission for port {spec.port}", hint=hint)
        case "model-unreadable":
            return InvalidInput(message, hint=f"it was given {spec.weights}")
        case "out-of-memory":
            hint = "a smaller model, a smaller file of it, or a smaller context needs less"
            return NoCapacity(f"out of memory: {message}", hint=hint)
        case "package-missing":
            extra = extra_command("local") if spec.engine == "llama.cpp" else None
            return ProgramMissing(message, hint=extra)
        case "timeout" | "internal" | None:
            text = "\n  ".join([f"'{spec.name}' did not start: {message}", *_last_lines(folder)])
            return Unhealthy(text, hint=f"llamactl logs {spec.name} has the whole log")


def _last_lines(folder: Folder) -> list[str]:
    lines = read(folder.log, tail=_LOG_LINES)
    starts = [at for at, line in enumerate(lines) if line.startswith(_START_MARK)]
    return lines[starts[-1] + 1 :] if starts else lines
