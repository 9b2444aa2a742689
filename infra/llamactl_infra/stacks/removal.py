"""The end of a deployment on a cloud: what stands is removed, and then looked for."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from llamactl_catalog.errors import (
    CleanupIncomplete,
    InvalidInput,
    LlamactlError,
    NoCapacity,
    NoPermission,
    ProgramMissing,
    Throttled,
)
from llamactl_catalog.progress import Report, Step
from llamactl_infra.drafts.draft import open_draft
from llamactl_infra.live.cloud import Held, LiveCloud, Orphan
from llamactl_infra.live.waiting import Pause, wait_while_busy
from llamactl_infra.spec import Cloud, Spec
from llamactl_infra.stacks.causes import unmendable
from llamactl_infra.stacks.locks import StackLocked
from llamactl_infra.stacks.reading import Kept
from llamactl_infra.stacks.removals import Removals

# What is deleted may be told of for a while.
_GONE_TRIES = 6
_GONE_POLL_S = 5.0


@dataclass(frozen=True, slots=True)
class Removed:
    """What came of a removal: how many resources there were; whether the cloud was asked for them.

    `unasked` says why it was not. `held_back` is what the cloud keeps for some days, at no cost.
    `spec` is what it was to be, where that was known.
    """

    resources: int
    unasked: str | None = None
    held_back: tuple[str, ...] = ()
    spec: Spec | None = None


class Stack(Protocol):
    """What a removal asks of a stack."""

    def destroy(self, cloud: Cloud, report: Report, *, forget: bool) -> None:
        """Remove every resource."""

    def adopt(self, orphan: Orphan, cloud: Cloud, report: Report) -> None:
        """Put an endpoint that its state has lost back into it."""

    def forget(self) -> None:
        """Remove the stack itself."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal: of which stack, what it held, and whom to ask. `pause` waits."""

    kept: Kept
    cloud: Cloud
    live: LiveCloud | None
    removals: Removals
    pause: Pause = time.sleep

    def run(self, stack: Stack, report: Report, standing: Callable[[], tuple[str, ...]]) -> Removed:
        """Remove all of it, look that it is gone, and forget it.

        A run that was stopped is continued. `standing` tells what the state knows of at the end.

        Raises:
            CleanupIncomplete: something is still there; the stack is kept.
            LlamactlError: nothing of it could be removed.
        """
        name, kept = self.kept.name, self.kept
        if self.live is not None:
            meant = open_draft(self.cloud).account_meant((), kept.spec)
            self.live.account(meant)  # without credentials nothing is begun that could not end
        held = self.removals.remember(name, kept.held)
        self._await_rest(report)
        has_more = self._adopt(stack, report)
        if kept.resources or kept.is_unfinished or has_more:
            self._destroy(stack, report, standing)
        self._await_end(report)
        unasked = self._look(report)
        stack.forget()
        self.removals.forget(name)
        return Removed(len(held), unasked, self._held_back(held), self.kept.spec)

    def _await_rest(self, report: Report) -> None:
        """Wait while the endpoint is made or changed: nothing of it can be removed before."""
        if self.live is not None and self.kept.spec is not None:
            wait_while_busy(self.live, self.kept.spec, report, self.pause, "removed")

    def _await_end(self, report: Report) -> None:
        """Wait while the endpoint is deleted, which takes minutes and no provider waits for."""
        if self.live is None or self.kept.spec is None:
            return
        with suppress(LlamactlError):  # whether it is gone is looked for next
            if self.live.endpoint(self.kept.spec).state == "deleting":
                self._await_rest(report)

    def _adopt(self, stack: Stack, report: Report) -> bool:
        """Have an endpoint removed, too, that the state has lost; tell whether the stack has it.

        Raises:
            StackLocked: another run holds the stack, and may be making it.
            LlamactlError: the cloud does not let it be looked for, or refuses.
        """
        spec, types = self.kept.spec, unmendable(self.cloud)
        if self.live is None or spec is None or not types:
            return False
        if any(each.type in types for each in self.kept.held):
            return False
        orphan = self.live.orphan(spec)
        if orphan is None:
            return False
        report(Step(f"the endpoint {orphan.id} is in no state: removing it, too"))
        try:
            stack.adopt(orphan, self.cloud, report)
        except InvalidInput:  # there is nothing left in the state to remove it by
            self.live.remove_orphan(spec)
            return False
        return True

    def _destroy(
        self, stack: Stack, report: Report, standing: Callable[[], tuple[str, ...]]
    ) -> None:
        try:
            stack.destroy(self.cloud, report, forget=False)
        except LlamactlError as error:
            if isinstance(error, StackLocked):
                raise
            left = standing()
            untouched = len(left) >= len(self.kept.resources)
            if untouched and isinstance(
                error, NoPermission | ProgramMissing | NoCapacity | Throttled
            ):
                raise
            raise self._incomplete(left, because=error) from error

    def _look(self, report: Report) -> str | None:
        """Look that nothing is left; gives why that could not be done.

        Raises:
            CleanupIncomplete: something is left, or the cloud does not let it be seen.
        """
        spec = self.kept.spec
        if spec is None:
            return f"{self.kept.problem}, so that its cloud could not be asked what is left"
        if self.live is None:
            return None
        report(Step("looking that nothing is left"))
        left: tuple[str, ...] = ()
        for number in range(_GONE_TRIES):
            left = self._remains(self.live, spec)
            if not left:
                return None
            if number + 1 < _GONE_TRIES:
                others = f" and {len(left) - 1} more" if len(left) > 1 else ""
                report(Step(f"still there: {left[0]}{others}; looking again"))
                self.pause(_GONE_POLL_S)
        raise self._incomplete(left)

    def _held_back(self, held: Sequence[Held]) -> tuple[str, ...]:
        if self.live is None or self.kept.spec is None:
            return ()
        with suppress(LlamactlError):  # nothing depends on it
            return self.live.held_back(self.kept.spec, held)
        return ()

    def _remains(self, live: LiveCloud, spec: Spec) -> tuple[str, ...]:
        name = self.kept.name
        try:
            return live.remains(spec, self.removals.remember(name, self.kept.held))
        except LlamactlError as error:
            message = (
                f"all that the engine knew of '{name}' is removed, but whether something is left "
                f"cannot be seen: {error.message}"
            )
            raise CleanupIncomplete(message, hint=_again(name, error)) from error

    def _incomplete(
        self, left: tuple[str, ...], because: LlamactlError | None = None
    ) -> CleanupIncomplete:
        name = self.kept.name
        count = "1 thing" if len(left) == 1 else f"{len(left)} things"
        verb = "is" if len(left) == 1 else "are"
        lines = [f"{count} of '{name}' {verb} still there", *left]
        if because is not None:
            lines.append(f"because of {because.message}")
        return CleanupIncomplete("\n  ".join(lines), hint=_again(name, because))


def _again(name: str, because: LlamactlError | None = None) -> str:
    if because is not None and because.hint is not None:
        return f"{because.hint}\n       then llamactl destroy {name} goes on"
    return f"llamactl destroy {name} goes on; what it leaves twice, remove by hand before"
