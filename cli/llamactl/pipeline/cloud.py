"""Deploying to a cloud: the stages from an order to an endpoint that has answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from llamactl.app import App
from llamactl.deployments import require_free
from llamactl.output import talk
from llamactl.pipeline.answering import USUAL_TIMEOUT_S, first_answer, stands_as_asked, verify
from llamactl.pipeline.asking_first import confirmed
from llamactl.pipeline.cloud_order import CloudOrder
from llamactl.pipeline.failures import told_failure, ways_on, what_stands
from llamactl.pipeline.ground import Ground, OwnGround, Stack
from llamactl.pipeline.license_gate import have_license
from llamactl.pipeline.license_standing import standing_of
from llamactl.pipeline.locked import on_stack
from llamactl.pipeline.placing import Candidates, candidates, cloud_of
from llamactl.pipeline.preflight import preflight
from llamactl.pipeline.preparing import Prepared, prepared, staged, with_pinned_image
from llamactl.pipeline.previewing import print_preview
from llamactl.pipeline.reconciling import apply, reconcile
from llamactl.pipeline.standing_acceptance import standing_acceptance
from llamactl.plan_words import place_of
from llamactl.progress import stage
from llamactl_catalog.errors import LlamactlError, NoInstances, NoQuota
from llamactl_catalog.licensing.chain import Record
from llamactl_catalog.model import HuggingFaceSource, Model
from llamactl_catalog.placement import Placement
from llamactl_catalog.progress import Step
from llamactl_infra.deployment import Deployment
from llamactl_infra.drafts.draft import open_draft
from llamactl_infra.spec import Spec
from llamactl_infra.stacks.settling import settled

_Result = TypeVar("_Result")
# What another place may not lack.
_ElsewhereErrors = (NoQuota, NoInstances)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A placement that was tried, and why it did not come to stand."""

    placement: Placement
    error: LlamactlError


def deploy_cloud(app: App, order: CloudOrder, ground: Ground | None = None) -> Deployment | None:
    """Serve a model on a cloud and wait until it has answered; None: it was a preview.

    Run again after a failure or an interrupt it goes on where it was, and what stands already as
    ordered is left as it is.

    Raises:
        LlamactlError: with the exit code of what went wrong; what stands and costs was said.
        KeyboardInterrupt: the user asked to stop; so it was said, too.
    """
    ground = ground if ground is not None else OwnGround(app)
    with stage("plan") as report:
        found = candidates(app, order)
        first = found.placements[0]
        require_free(app, order.deployment_name(), cloud_of(first))
        report(Step(place_of(first)))
    acceptance = _licensed(app, order, found)
    run = CloudRun(app, order, ground, found, acceptance)
    if order.preview:
        print_preview(app, ground, run.ready(first), order)
        return None
    return run.through_placements()


@dataclass(frozen=True, slots=True)
class CloudRun:
    """One run of `deploy`: what was ordered, what it may become, and what it acts upon."""

    app: App
    order: CloudOrder
    ground: Ground
    found: Candidates
    acceptance: Record | None

    def through_placements(self) -> Deployment:
        """Deploy to the first placement or, where the order allows it, to the first that has room.

        Raises:
            LlamactlError: none came to stand.
        """
        tried: list[Attempt] = []
        for placement, after in _with_next(self.found.placements):
            if self._is_elsewhere(placement):
                self._clear()
            try:
                return self._deployed(placement)
            except _ElsewhereErrors as error:
                tried.append(Attempt(placement, error))
                if after is None or not self.order.fallback:
                    raise _exhausted(tried, after, fallback=self.order.fallback) from error
                talk(f"\n{place_of(placement)} was not to be had: {error.message}")
                self._clear()
                talk(f"--fallback: going on with {place_of(after)}")
        raise AssertionError("a plan has placements")

    def ready(self, placement: Placement) -> Prepared:
        """Decide all of a placement, and check all that can be known of it.

        Raises:
            LlamactlError: the first thing that is not well.
        """
        cloud = cloud_of(placement)
        meant = open_draft(cloud).account_meant(self.order.settings, self.found.stored)
        with stage("account") as report:
            account = self.ground.live(cloud).account(meant)
            report(Step(f"{account.id}, signed in as {account.principal}"))
        ready = prepared(
            self.app, self.order, self.found, placement, self.acceptance, account=account
        )
        ready = with_pinned_image(ready, self.ground.live(cloud).image_digest)
        ready = replace(ready, spec=self._settled(ready))
        preflight(self.app, self.ground, ready)
        return ready

    def _settled(self, ready: Prepared) -> Spec:
        """Keep the count that scaling has made of what runs: an update would set it back."""
        stored, count = ready.stored, None
        if stored is not None:
            count = self.ground.live(stored.cloud).endpoint(stored).instances
        return settled(ready.spec, stored, count)

    def _deployed(self, placement: Placement) -> Deployment:
        ready = self.ready(placement)
        confirmed(self.app, self.ground, self.order, ready)
        ready = staged(self.app, ready)
        return self._brought_up(ready)

    def _brought_up(self, ready: Prepared) -> Deployment:
        spec, timeout_s = ready.spec, self.order.timeout_s
        try:
            with self.ground.claimed(spec.name):
                if self.order.unlock or not stands_as_asked(self.ground, spec):
                    stack = self._up(spec)
                    verify(self.ground, stack, spec)
            answer_s = float(timeout_s) if timeout_s is not None else USUAL_TIMEOUT_S
            return first_answer(self.ground, ready.model, spec, answer_s)
        except KeyboardInterrupt:
            talk(f"\n{what_stands(self.ground, spec.name)}\n{_sentence(ways_on(None, spec.name))}")
            raise
        except LlamactlError as error:
            raise told_failure(self.ground, spec, error) from error

    def _up(self, spec: Spec) -> Stack:
        with stage("stack") as report:
            report(Step(f"'{spec.name}'"))
            stack = self.ground.stack(spec.name, report)

        def up() -> None:
            with stage("up") as report:
                stored = self.found.stored
                if stored is not None:
                    reconcile(self.ground, stack, stored, report)
                stack.configure(spec)
                is_update = stored is not None
                changes = apply(self.ground, stack, spec, report, is_update=is_update)
                report(Step(_changed(len(changes))))

        self._on_stack(stack, up)
        return stack

    def _on_stack(self, stack: Stack, act: Callable[[], _Result]) -> _Result:
        order = self.order
        return on_stack(self.app, stack, act, unlock=order.unlock, force=order.force_unlock)

    def _is_elsewhere(self, placement: Placement) -> bool:
        """Tell whether an earlier run that came to nothing has left its rest in another place."""
        stored, offer = self.found.stored, placement.offer
        if stored is None or self.found.stands:
            return False
        place = stored.region, stored.instance_type
        return place != (offer.price.region, offer.instance_type.name)

    def _clear(self) -> None:
        """Remove what a failed attempt has left; what stood before it is not touched."""
        name = self.order.deployment_name()
        if self.found.stands or self.ground.stored(name) is None:
            return
        with stage("clear") as report:
            self.ground.remove(name, report)
            report(Step("what it had left is removed"))


def _with_next(
    placements: Sequence[Placement],
) -> list[tuple[Placement, Placement | None]]:
    return list(zip(placements, [*placements[1:], None], strict=True))


def _exhausted(tried: list[Attempt], after: Placement | None, *, fallback: bool) -> LlamactlError:
    """Give the last error, with all that was tried, or what --fallback would try."""
    last = tried[-1].error
    if len(tried) > 1:
        lines = [f"{place_of(each.placement)}: {each.error.message}" for each in tried]
        told = "\n  ".join([f"{len(tried)} placements were tried, and none is to be had", *lines])
        error = type(last)(told)
        error.hint = last.hint
        return error
    if after is not None and not fallback:
        own = f"{last.hint}\n       " if last.hint is not None else ""
        last.hint = f"{own}--fallback goes on with the next: {place_of(after)}"
    return last


def _changed(count: int) -> str:
    if count == 0:
        return "nothing had to be changed"
    return "1 change is made" if count == 1 else f"{count} changes are made"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _licensed(app: App, order: CloudOrder, found: Candidates) -> Record | None:
    """Have an acceptance on record: the one that the deployment has, where it is still valid."""
    model, revision = found.model, _revision(found.model)
    acceptance = standing_acceptance(app, found.stored, revision)
    if acceptance is None or order.accepted.references:
        made = have_license(app, model, revision, order.accepted)
        acceptance = acceptance if acceptance is not None else made
    with stage("license") as report:
        report(Step(standing_of(model, revision, acceptance).words()))
    return acceptance


def _revision(model: Model) -> str | None:
    for source in model.sources:
        if isinstance(source, HuggingFaceSource):
            return source.revision
    return None
