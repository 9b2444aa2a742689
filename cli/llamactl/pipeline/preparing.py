"""A placement with all that is decided for it: the spec, the image, the weights."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llamactl.app import App
from llamactl.pipeline.accepted import Accepted
from llamactl.pipeline.cloud_image import ImageChoice, choose_image, have_image, pinned
from llamactl.pipeline.cloud_order import CloudOrder
from llamactl.pipeline.cloud_spec import (
    Placed,
    begun_spec,
    check_bounds,
    is_sized_alike,
    room_for,
    with_acceptance,
    with_image,
    with_launch,
    with_weights,
)
from llamactl.pipeline.cloud_weights import (
    WeightsChoice,
    WeightsQuestion,
    choose_weights,
    have_weights,
    hub_token,
)
from llamactl.pipeline.placing import Candidates, cloud_of
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.licensing.chain import Record
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Placement, Plan
from llamactl_infra.capacity import Capacity
from llamactl_infra.drafts.draft import Draft, open_draft
from llamactl_infra.given_settings import with_settings
from llamactl_infra.spec import Spec

if TYPE_CHECKING:
    from llamactl_infra.live.cloud import Account

_NOBODY = "000000000000"
# What stands for the digest of an image that is yet to be built, where a spec is checked.
_NO_DIGEST = f"sha256:{'0' * 64}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is about to be deployed.

    `spec` is complete but for an image that is yet to be built: until `staged` its `image` is then
    None. `acceptance` None: the license asks for none or, at a dry run, there is none yet.
    `account` is that of whoever is signed in, None at a dry run.
    """

    model: Model
    plan: Plan
    placement: Placement
    spec: Spec
    image: ImageChoice
    weights: WeightsChoice
    acceptance: Record | None
    stored: Spec | None
    account: str | None = None
    accepted: Accepted = field(default_factory=Accepted)

    @property
    def capacity(self) -> Capacity:
        """How many instances there may be."""
        return self.spec.capacity

    @property
    def lowest_usd_per_hour(self) -> float:
        """What the fewest instances cost, by the placement's price."""
        return self.capacity.lowest * self._usd_per_instance_hour

    @property
    def peak_usd_per_hour(self) -> float:
        """What all instances cost at the peak, by the placement's price."""
        return self.capacity.peak * self._usd_per_instance_hour

    @property
    def _usd_per_instance_hour(self) -> float:
        # The spec's count may be what scaling has made of it; the placement's is the planned one.
        return self.placement.usd_per_hour / self.placement.instances


def prepared(  # noqa: PLR0913 - what is decided by now
    app: App,
    order: CloudOrder,
    found: Candidates,
    placement: Placement,
    acceptance: Record | None,
    *,
    account: "Account | None" = None,
) -> Prepared:
    """Decide all that a placement leaves open. Nothing is asked of a network, nothing is made.

    `account` None, at a dry run: a placeholder stands where its id belongs.

    Raises:
        InvalidInput: the order asks for what cannot be, or the cloud would refuse it.
        NoAccess: gated weights, and no token that could read them.
        NotFound: the cloud has no ready image of this version.
    """
    cloud = cloud_of(placement)
    draft = open_draft(cloud)
    placed = Placed(placement, found.plan.workload, cloud, found.scaling)
    check_bounds(order, placed)
    signed_in = None if account is None else account.id
    begun = draft.completed(begun_spec(app, order, placed, found.stored), signed_in, None)
    begun = with_settings(begun, order.settings, draft.section)
    _check_update(begun, placed, draft)
    image = choose_image(app, order, draft, begun, found.stored)
    begun = with_image(begun, image)
    known = signed_in if signed_in is not None else _NOBODY
    weights = choose_weights(
        WeightsQuestion(
            order, found.model, placement.quantization, begun, found.stored, image, known
        ),
        draft,
    )
    token = None if order.dry_run else hub_token(weights, found.stored)
    begun = with_weights(begun, weights, token)
    spec = _completed(order, placed, begun, image, found.stored, signed_in)
    spec = with_acceptance(spec, app, acceptance, found.stored)
    _check(spec, image, draft)
    return Prepared(
        found.model,
        found.plan,
        placement,
        spec,
        image,
        weights,
        acceptance,
        found.stored,
        signed_in,
        order.accepted,
    )


def with_pinned_image(ready: Prepared, digest_of: Callable[[str], str | None]) -> Prepared:
    """Name the cloud's own image by its digest before the page is shown, where one is told."""
    stands = None if ready.stored is None else ready.stored.image
    if ready.image.reference == stands:
        return ready
    image = pinned(ready.image, digest_of)
    return replace(ready, image=image, spec=replace(ready.spec, image=image.reference))


def staged(app: App, ready: Prepared) -> Prepared:
    """Have the image in its registry and the weights in their place; the spec is then complete.

    Raises:
        LlamactlError: with the exit code of what went wrong.
    """
    draft = open_draft(ready.spec.cloud)
    image = have_image(app, ready.image, ready.spec, ready.accepted)
    account = ready.account if ready.account is not None else _NOBODY
    have_weights(app, ready.weights, draft, ready.spec, account, ready.accepted)
    complete = replace(ready, image=image, spec=replace(ready.spec, image=image.reference))
    draft.check(complete.spec)
    return complete


def _completed(  # noqa: PLR0913, PLR0917 - what is decided by now
    order: CloudOrder,
    placed: Placed,
    begun: Spec,
    image: ImageChoice,
    stored: Spec | None,
    signed_in: str | None,
) -> Spec:
    """Add how the engine is started, and what follows; settings have the last word."""
    draft = open_draft(placed.cloud)
    spec = with_launch(begun, placed, image, draft, stored)
    if not is_sized_alike(spec, stored):
        spec = draft.completed(spec, signed_in, room_for(placed, spec.environment))
    return with_settings(spec, order.settings, draft.section)


def _check(spec: Spec, image: ImageChoice, draft: Draft) -> None:
    if image.reference is None:
        spec = replace(spec, image=f"{image.registry}/llamactl@{_NO_DIGEST}")
    draft.check(spec)


def _check_update(spec: Spec, placed: Placed, draft: Draft) -> None:
    parts = spec.update != "all-at-once"
    if parts and placed.placement.instances == 1 and not draft.can_canary_one:
        raise InvalidInput(
            f"--update {spec.update} moves a part of the instances, and there is 1",
            hint="--update all-at-once, or --replicas 2",
        )
