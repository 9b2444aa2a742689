"""From a placement and an order to the spec: what stands is kept where the order says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from llamactl.app import App
from llamactl.pipeline.cloud_image import ImageChoice
from llamactl.pipeline.cloud_order import CloudOrder
from llamactl.pipeline.cloud_weights import WeightsChoice
from llamactl.pipeline.sought import Scaling
from llamactl.pipeline.standing_acceptance import has_record
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.licensing.chain import Record
from llamactl_catalog.memory import tokens_in_flight
from llamactl_catalog.placement import Placement
from llamactl_catalog.prefill import prefill_tokens
from llamactl_catalog.serving_contracts import contract_of
from llamactl_catalog.workload import Workload
from llamactl_containers.engines.choice import CONTAINER_ENGINES
from llamactl_containers.engines.engine import LaunchOrder
from llamactl_infra.capacity import Capacity
from llamactl_infra.drafts.draft import Draft
from llamactl_infra.spec import Cloud, Engine, Spec

# What an engine is started with for some placements and not for others: never kept from another.
_OF_PLACEMENT = frozenset({"QUANTIZE", "HF_MODEL_QUANTIZE", "MAX_BATCH_TOTAL_TOKENS"})
_OF_WEIGHTS = frozenset({"MODEL_ID", "HF_MODEL_ID", "REVISION", "HF_MODEL_REVISION"})
_MOST_CONCURRENT = "MAX_CONCURRENT_REQUESTS"


@dataclass(frozen=True, slots=True)
class Placed:
    """A placement with its load and how it scales; `cloud` is its own."""

    placement: Placement
    workload: Workload
    cloud: Cloud
    scaling: Scaling

    @property
    def capacity(self) -> Capacity:
        """How many instances there may be."""
        return self.scaling.capacity(self.placement.instances)

    @property
    def share(self) -> Workload:
        """The load of the busiest replica."""
        each = -(-self.workload.concurrency // self.placement.replicas)
        return replace(self.workload, concurrency=each)


def begun_spec(app: App, order: CloudOrder, placed: Placed, stored: Spec | None) -> Spec:
    """Give the spec as far as it needs no image and no weights."""
    placement, share = placed.placement, placed.share
    model, offer = placement.model, placement.offer
    name = order.deployment_name()
    engine: Engine = "tgi"
    context = share.context_tokens
    base = stored
    if base is None or base.cloud != placed.cloud:
        base = Spec(name, model.id, placed.cloud, engine, "", context, share.concurrency)
    overlay = app.catalog_overlay
    counts = placed.capacity
    scales = counts.minimum != counts.maximum
    shape = model.architecture
    return replace(
        base,
        weights="",
        context_tokens=context,
        parallel=share.concurrency,
        prompt_format=model.prompt_format,
        num_shard=placement.num_shard,
        prefill_tokens=prefill_tokens(shape, context),
        batch_tokens=placement.memory.max_kv_tokens if shape.kind == "mpt" else None,
        region=offer.price.region,
        instance_type=offer.instance_type.name,
        instances=counts.initial,
        min_instances=counts.minimum if scales else None,
        max_instances=counts.maximum if scales else None,
        schedules=counts.schedules,
        target_concurrency=_first(order.target_concurrency, base.target_concurrency),
        update=order.update if order.update is not None else base.update,
        health_timeout_s=_first(order.timeout_s, base.health_timeout_s),
        owner=order.owner if order.owner is not None else base.owner,
        expires_on=order.expires_on if order.expires_on is not None else base.expires_on,
        usd_per_hour=placement.usd_per_hour,
        catalog_overlay=None if overlay is None else str(Path(overlay).absolute()),
        hub_token=None,
    )


def with_image(spec: Spec, image: ImageChoice) -> Spec:
    """Give the spec with its image and the engine's version."""
    return replace(spec, image=image.reference, engine_version=image.version.version)


def with_weights(spec: Spec, weights: WeightsChoice, token: str | None) -> Spec:
    """Give the spec with where its weights come from."""
    return replace(
        spec,
        weights=weights.repo if weights.repo is not None else spec.model,
        revision=weights.revision,
        weights_uri=weights.uri,
        weights_bytes=weights.size_bytes,
        hub_token=token,
    )


def with_launch(
    spec: Spec, placed: Placed, image: ImageChoice, draft: Draft, stored: Spec | None
) -> Spec:
    """Give the spec with how the engine is started: with the memory that was planned, no more.

    Raises:
        InvalidInput: this version cannot serve the model so.
        NoCapacity: the planned memory has no room for one whole context.
    """
    engine = CONTAINER_ENGINES[spec.engine]
    from_hub = spec.weights_uri is None
    settings = engine.launch_settings(
        LaunchOrder(
            model=placed.placement.model,
            quantization=placed.placement.quantization,
            num_shard=placed.placement.num_shard,
            workload=placed.share,
            max_kv_tokens=placed.placement.memory.max_kv_tokens,
            version=image.version,
            contract=contract_of(spec.cloud),
            weights=spec.weights if from_hub else None,
            revision=spec.revision if from_hub else None,
        )
    )
    told = draft.environment(settings, ready=_is_ready(image, spec, stored))
    return replace(spec, environment=_kept(told, spec, stored))


def room_for(placed: Placed, environment: Mapping[str, str]) -> int:
    """Say how many requests an instance has memory for at once; the engine takes no more in."""
    alone = replace(placed.workload, concurrency=1, context_tokens=_longest(placed.workload))
    each = tokens_in_flight(placed.placement.model, alone)
    room = max(placed.share.concurrency, placed.placement.memory.max_kv_tokens // each)
    return min(room, int(environment.get(_MOST_CONCURRENT, room)))


def with_acceptance(
    spec: Spec, app: App, acceptance: Record | None, stored: Spec | None = None
) -> Spec:
    """Return the spec with the record that covers its license, in the ledger where it is.

    The acceptance that a deployment has stays in its own ledger: who else deploys changes nothing.
    """
    if acceptance is None:
        return replace(spec, license_acceptance=None, license_ledger=None)
    address, before = app.ledger_address(), None if stored is None else stored.license_ledger
    if before is not None and has_record(before, acceptance.id):
        address = before
    return replace(spec, license_acceptance=acceptance.id, license_ledger=address)


def is_sized_alike(spec: Spec, stored: Spec | None) -> bool:
    """Tell whether the engine is sized as in the deployment that stands."""
    if stored is None or stored.cloud != spec.cloud:
        return False
    names = ("context_tokens", "parallel", "num_shard", "instance_type", "engine_version", "image")
    return all(getattr(stored, name) == getattr(spec, name) for name in names)


def check_bounds(order: CloudOrder, placed: Placed) -> None:
    """Refuse an autoscaler that has no room to scale.

    Raises:
        InvalidInput: fewer at most than at least.
    """
    least, most = placed.placement.instances, placed.scaling.most
    if most is not None and most < least:
        option = "--max" if order.max_instances is not None else "--min"
        hint = f"at least --max {least}, or a larger --instance-type"
        raise InvalidInput(f"{option}: {most} at most, and {least} at least", hint=hint)


def _longest(workload: Workload) -> int:
    return workload.input_tokens + workload.output_tokens


def _is_ready(image: ImageChoice, spec: Spec, stored: Spec | None) -> bool:
    if image.kind == "kept" and stored is not None:
        return spec.image == stored.image and "HF_MODEL_ID" in stored.environment
    return image.kind == "ready"


def _kept(told: Mapping[str, str], spec: Spec, stored: Spec | None) -> dict[str, str]:
    """Keep variables that were set for the deployment as it stands: all, where it is as large."""
    before = {} if stored is None or stored.cloud != spec.cloud else dict(stored.environment)
    others = {
        name: text
        for name, text in before.items()
        if name not in told and name not in _OF_PLACEMENT | _OF_WEIGHTS
    }
    if is_sized_alike(spec, stored):
        own = _OF_PLACEMENT | _OF_WEIGHTS
        others |= {name: text for name, text in before.items() if name not in own}
    return {**told, **others}


def _first(asked: int | None, stands: int | None) -> int | None:
    return asked if asked is not None else stands
