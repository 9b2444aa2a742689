"""State, cloud and settings brought together: before a change, and while a cloud is at work."""

from contextlib import suppress
from typing import TYPE_CHECKING

from llamactl.pipeline.bringing_up import bring_up
from llamactl.pipeline.ground import Ground, Stack
from llamactl_catalog.errors import LlamactlError, StillBusy, Unhealthy, WaitEnded
from llamactl_catalog.progress import Report, Step
from llamactl_infra.live.cloud import LiveCloud
from llamactl_infra.live.waiting import wait_while_busy
from llamactl_infra.spec import Spec

if TYPE_CHECKING:
    from llamactl_infra.stacks.events import Change

# An update of another run, then one's own that outlasts the provider's wait: a third is a fault.
_TRIES = 3


def reconcile(ground: Ground, stack: Stack, stored: Spec, report: Report) -> None:
    """Make the state of a stack say what there is, before its settings change.

    An endpoint that the state has lost is taken over; a failed one that cannot be updated is
    removed; where what runs is known not to be what was asked for, all of it is read again.

    Raises:
        StackLocked: another run holds the stack.
        LlamactlError: the cloud does not let it be read, or refuses.
    """
    live = ground.live(stored.cloud)
    lost = live.orphan(stored) if stack.lacks_endpoint(stored.cloud) else None
    if lost is not None and live.endpoint(stored).state != "failed":
        report(Step(f"the endpoint {lost.id} is in no state: taking it over"))
        stack.adopt(lost, stored.cloud, report)
        wait_while_busy(live, stored, report, ground.pause, "used")
        lost = None
    match live.endpoint(stored).state:
        case "failed":
            report(Step("the endpoint has failed: removing it, to make a new one"))
            if lost is not None:
                live.remove_orphan(stored)
            elif not stack.remove_failed(stored.cloud, report):
                stack.refresh(stored.cloud, report)  # so that it is put again as it is
            wait_while_busy(live, stored, report, ground.pause, "made again")
        case "deleting":
            wait_while_busy(live, stored, report, ground.pause, "made again")
            stack.refresh(stored.cloud, report)
        case _ if _differs(live, stored):
            report(Step("reading what there is"))
            stack.refresh(stored.cloud, report)
        case _:
            pass


def apply(
    ground: Ground, stack: Stack, spec: Spec, report: Report, *, is_update: bool
) -> "tuple[Change, ...]":
    """Bring a stack up; where its cloud is at work for longer, wait for that and go on.

    An update that failed is read back, so that the next `up` tries it again.

    Raises:
        LlamactlError: it did not come to stand, with the cause.
        Stopped: the user asked to stop.
    """
    live = ground.live(spec.cloud)
    try:
        for _ in range(_TRIES - 1):
            try:
                return bring_up(stack, live, spec, report)
            except StillBusy as busy:
                _wait_out(ground, stack, spec, report, busy)
        return bring_up(stack, live, spec, report)
    except StillBusy:
        raise
    except LlamactlError:
        if is_update:
            _read_back(ground, stack, spec, report)
        raise


def _wait_out(ground: Ground, stack: Stack, spec: Spec, report: Report, busy: StillBusy) -> None:
    """Wait for the end of what the cloud is at work on, and have the state say what came of it.

    An update that the provider has stopped waiting for is in the state already. It is not read
    back: if it was taken back meanwhile, that is to be told, and not tried again in this run.

    Raises:
        Unhealthy: what was being made has failed.
    """
    live = ground.live(spec.cloud)
    wait_while_busy(live, spec, report, ground.pause, "updated")
    lost = live.orphan(spec) if stack.lacks_endpoint(spec.cloud) else None
    if lost is not None:
        seen = live.endpoint(spec)
        if seen.state == "failed":
            raise Unhealthy(f"endpoint {spec.name}: {seen.reason or 'it has failed'}")
        stack.adopt(lost, spec.cloud, report)
    elif not isinstance(busy, WaitEnded):
        stack.refresh(spec.cloud, report)


def _read_back(ground: Ground, stack: Stack, spec: Spec, report: Report) -> None:
    """Read what runs after an update that failed: the state has what was planned."""
    live = ground.live(spec.cloud)
    with suppress(LlamactlError):  # what is wrong is worth more than that this failed
        wait_while_busy(live, spec, report, ground.pause, "updated again")
        if live.endpoint(spec).state == "running":
            stack.refresh(spec.cloud, report)


def _differs(live: LiveCloud, stored: Spec) -> bool:
    with suppress(LlamactlError):  # the settings are not whole, or it may not be read
        return bool(live.differences(stored))
    return False
