"""Waiting for the end of what an endpoint is busy with: nothing else can begin before."""

from collections.abc import Callable

from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.progress import Report, Step
from llamactl_catalog.units import format_duration
from llamactl_infra.live.cloud import LiveCloud
from llamactl_infra.spec import Spec

# An update may take four hours before it is taken back; a creation that fails, 80 minutes.
BUSY_LIMIT_S = 5 * 3600.0
_POLL_S = 10.0

Pause = Callable[[float], None]


def wait_while_busy(live: LiveCloud, spec: Spec, report: Report, pause: Pause, what: str) -> None:
    """Wait until an endpoint is at rest, gone, or cannot be seen; `what` can be done to it then."""
    waited_s = 0.0
    while waited_s < BUSY_LIMIT_S:
        busy = _busy(live, spec)
        if busy is None:
            return
        since = f", {format_duration(waited_s)} so far" if waited_s else ""
        report(Step(f"{busy}; it can be {what} when that has ended: waiting{since}"))
        pause(_POLL_S)
        waited_s += _POLL_S


def _busy(live: LiveCloud, spec: Spec) -> str | None:
    try:
        seen = live.endpoint(spec)
    except LlamactlError:  # whoever acts on it next will meet that too, and say so
        return None
    if seen.state not in {"creating", "updating", "deleting"}:
        return None
    words = "being deleted" if seen.state == "deleting" else seen.state
    return seen.doing if seen.doing is not None else f"its endpoint is {words}"
