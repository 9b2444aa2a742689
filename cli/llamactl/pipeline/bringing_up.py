"""Bringing a stack up: what the engine does and what the cloud says of it, as one line."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from llamactl.pipeline.ground import Stack
from llamactl_catalog.errors import LlamactlError, RolePending
from llamactl_catalog.progress import Report, Step, silent
from llamactl_catalog.units import format_duration
from llamactl_infra.live.cloud import LiveCloud, LiveEndpoint
from llamactl_infra.spec import Spec

if TYPE_CHECKING:
    from llamactl_infra.stacks.events import Change

POLL_EVERY_S = 5.0
# Each minute for 10 minutes. Source: Azure RBAC, troubleshooting: a role counts after 10 at most.
_ROLE_TRIES, _ROLE_POLLS = 10, 12
_BUSY = ("creating", "updating", "deleting")


def bring_up(
    stack: Stack, live: LiveCloud, spec: Spec, report: Report, *, poll_every_s: float = POLL_EVERY_S
) -> "tuple[Change, ...]":
    """Make the stack so, and tell how far its endpoint is; gives what was changed.

    The engine is driven from this thread, which alone hears a Ctrl-C; the cloud is asked from
    another. That it does not answer stops nothing. What fails because a role that was just assigned
    does not count yet is tried again, for as long as that may take.

    Raises:
        LlamactlError: of the stack's `up`.
        Stopped: the user asked to stop.
    """
    for number in itertools.count(1):
        line = _Line(report)
        try:
            with _watched(live, spec, line, poll_every_s):
                return stack.up(spec.cloud, line.engine_says)
        except RolePending:
            if number > _ROLE_TRIES:
                raise
        pause_s = _ROLE_POLLS * poll_every_s
        longest = format_duration(_ROLE_TRIES * pause_s)
        report(
            Step(f"a role that was just assigned does not count yet: waiting, {longest} at most")
        )
        time.sleep(pause_s)
    raise AssertionError("it counts for ever")


class _Line:
    """The one line of progress, which two threads write."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._engine = "starting the engine"
        self._cloud: str | None = None

    def engine_says(self, step: Step) -> None:
        with self._lock:
            self._engine = step.text
            self._tell()

    def cloud_says(self, found: LiveEndpoint) -> None:
        words = _words(found)
        with self._lock:
            if words != self._cloud:
                self._cloud = words
                self._tell()

    def close(self) -> None:
        """Say nothing more, even if the cloud answers only now."""
        with self._lock:
            self._report = silent

    def _tell(self) -> None:
        told = self._engine if self._cloud is None else f"{self._engine}: {self._cloud}"
        self._report(Step(told))


def _words(found: LiveEndpoint) -> str | None:
    if found.state not in _BUSY:
        return None
    return found.doing if found.doing is not None else found.state


@contextmanager
def _watched(live: LiveCloud, spec: Spec, line: _Line, poll_every_s: float) -> Iterator[None]:
    over = threading.Event()

    def watch() -> None:
        while not over.wait(poll_every_s):
            with suppress(LlamactlError):  # the next time it may answer
                line.cloud_says(live.endpoint(spec))

    # An answer that never comes must not keep the program: it is left alone at the end.
    threading.Thread(target=watch, daemon=True, name="endpoint").start()
    try:
        yield
    finally:
        over.set()
        line.close()
