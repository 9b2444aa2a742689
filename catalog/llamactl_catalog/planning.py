"""The plan: every offer for a model and a workload, ranked, or rejected with the reason."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from llamactl_catalog.candidates import (
    ANY_LAYOUT,
    Arithmetic,
    Candidate,
    candidates,
    preference,
)
from llamactl_catalog.cautions import (
    MAX_PRICE_AGE_DAYS,
    model_cautions,
    price_cautions,
    speed_cautions,
)
from llamactl_catalog.clouds import Cloud, clouds
from llamactl_catalog.costs import usd_per_million_tokens, usd_per_month
from llamactl_catalog.engine_models import check_loads
from llamactl_catalog.engines import TGI, Engine, remembered
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.fleet import disk_shortage, excess
from llamactl_catalog.hardware import InstanceType, Offer
from llamactl_catalog.limits import NO_LIMITS, Limits, overspending
from llamactl_catalog.model import Model
from llamactl_catalog.placement import (
    Layout,
    Objective,
    Placement,
    Plan,
    Quantization,
    Rejection,
)
from llamactl_catalog.workload import Workload

# Beyond these nobody plans, and figures lose their digits or have none.
MOST_CONCURRENCY = 1_000_000
LEAST_UTILIZATION = 1e-6


def plan(  # noqa: PLR0913 - one question, and what it depends on
    model: Model,
    offers: Iterable[Offer],
    workload: Workload,
    *,
    objective: Objective = "cost",
    limits: Limits = NO_LIMITS,
    quantizations: Sequence[Quantization] = ("none",),
    engine: Engine = TGI,
    instances: int | None = None,
    layout: Layout = ANY_LAYOUT,
    arithmetic: Arithmetic | None = None,
    today: date | None = None,
    max_price_age_days: int = MAX_PRICE_AGE_DAYS,
    not_offered: Iterable[Rejection] = (),
) -> Plan:
    """Rank the offers for a model and a workload.

    One placement an offer: of all quantizations and shard counts the best by the objective, within
    the limits. Cost ranks by $ per hour for the whole load, latency by ms per token, throughput by
    tokens/s; ties go to the next figure and at last to the name, never to the order of `offers`.
    What is slower than people read comes after all that is not, unless a limit of ms per token says
    what is fast enough. `instances` None: as few as carry the load. `today` None: no price is
    called old. `arithmetic` None: the engine's own. `not_offered` are rejections of what there is
    no offer for.

    Raises:
        InvalidInput: the workload is none for this model, there is no offer at all, or the engine's
            version does not load the model.
    """
    check_workload(model, workload)
    check_loads(model, engine.on_record())
    every_offer = tuple(offers)
    if not every_offer:
        raise InvalidInput("there is no offer to plan with", hint="loosen --region or --gpu")
    task = _Task(
        model,
        workload,
        objective,
        limits,
        tuple(quantizations),
        engine,
        instances,
        layout,
        arithmetic if arithmetic is not None else engine.arithmetic(),
        today,
        max_price_age_days,
    )
    results = [result for group in _by_shape(every_offer) for result in task.serve(group)]
    placements = [each for each in results if isinstance(each, Placement)]
    rejected = [*not_offered, *(each for each in results if isinstance(each, Rejection))]
    placements.sort(key=_RANKS[objective])
    rejected.sort(key=lambda each: (each.cloud, each.region, each.instance_type, each.reason))
    priced = [each.offer for each in placements] or every_offer
    as_of = min(each.price.dated for each in priced)
    return Plan(model, workload, objective, tuple(placements), tuple(rejected), as_of)


def check_workload(model: Model, workload: Workload) -> None:
    """Refuse a workload that no placement can serve.

    Raises:
        InvalidInput: a number is out of its range, or prompt and answer exceed a context.
    """
    longest = model.architecture.context_tokens
    for name, tokens, least in (
        ("input tokens", workload.input_tokens, 1),
        ("output tokens", workload.output_tokens, 1),
        ("concurrency", workload.concurrency, 1),
        ("context", workload.context_tokens, 2),
    ):
        if tokens < least:
            raise InvalidInput(f"{name} of {tokens}", hint=f"it must be at least {least}")
    if workload.concurrency > MOST_CONCURRENCY:
        message = f"concurrency of {workload.concurrency}"
        raise InvalidInput(message, hint=f"it must be at most {MOST_CONCURRENCY:,}")
    if not LEAST_UTILIZATION <= workload.utilization <= 1:
        message = f"a utilization of {workload.utilization:g}"
        raise InvalidInput(message, hint="it must be above 0 and at most 1; a millionth is least")
    needed = workload.input_tokens + workload.output_tokens
    if needed > min(workload.context_tokens, longest):
        raise InvalidInput(
            f"{workload.input_tokens} input and {workload.output_tokens} output tokens are more "
            f"than the context of {min(workload.context_tokens, longest)}",
            hint=f"together they may be up to {longest}, the context of {model.id}",
        )
    if workload.context_tokens > longest:
        message = f"a context of {workload.context_tokens} tokens for {model.id}"
        raise InvalidInput(message, hint=f"its context is 2 to {longest} tokens")


@dataclass(frozen=True, slots=True)
class _Task:
    """What is asked of every offer alike."""

    model: Model
    workload: Workload
    objective: Objective
    limits: Limits
    quantizations: tuple[Quantization, ...]
    engine: Engine
    instances: int | None
    layout: Layout
    arithmetic: Arithmetic
    today: date | None
    max_price_age_days: int

    def serve(self, group: Sequence[Offer]) -> Iterator[Placement | Rejection]:
        """Place the model on each of the offers, all of one cloud with the same GPUs."""
        usable: list[Offer] = []
        incompatible = remembered(self.engine.incompatible_because)
        for offer in group:
            reason = incompatible(offer.instance_type) or offer.unavailable_because
            if reason is None:
                usable.append(offer)
            else:
                yield _rejection(offer, reason)
        if not usable:
            return
        ways, reason = self._ways(usable[0].instance_type)
        for offer in usable:
            yield self._place(offer, ways) if ways else _rejection(offer, reason)

    def _ways(self, kind: InstanceType) -> tuple[list["_Way"], str]:
        """Give every way to carry the load on such GPUs, the best first, or say why none does."""
        found, reason = candidates(
            self.model,
            kind.accelerator,
            kind.accelerators,
            self.workload,
            self.limits,
            self.quantizations,
            self.arithmetic,
            self.instances,
            self.layout,
        )
        cloud = clouds().get(kind.cloud)
        allowed = [each for each in found if excess(each.instances, cloud) is None]
        if found and not allowed:
            reason = str(excess(min(each.instances for each in found), cloud))
        allowed.sort(key=preference(self.objective))
        return [self._way(each, cloud) for each in allowed], reason

    def _way(self, candidate: Candidate, cloud: Cloud | None) -> "_Way":
        cautions = (
            *speed_cautions(candidate, self.workload, cloud),
            *model_cautions(self.model, cloud, self.today),
        )
        disk_bytes = self.arithmetic.disk_bytes(self.model, candidate.quantization)
        return _Way(candidate, disk_bytes, cautions)

    def _place(self, offer: Offer, ways: Sequence["_Way"]) -> Placement | Rejection:
        """Take the best way that the disk and the budget have room for."""
        kind, price = offer.instance_type, offer.price
        stored = [way for way in ways if disk_shortage(way.disk_bytes, kind) is None]
        if not stored:
            least_bytes = min(way.disk_bytes for way in ways)
            return _rejection(offer, str(disk_shortage(least_bytes, kind)))
        for way in stored:
            usd_per_hour = way.candidate.instances * price.usd_per_hour
            if overspending(self.limits, usd_per_hour) is None:
                return self._placement(offer, way, usd_per_hour)
        fewest = min(way.candidate.instances for way in stored)
        over = str(overspending(self.limits, fewest * price.usd_per_hour))
        return _rejection(offer, f"{fewest} instances at {over}" if fewest > 1 else over)

    def _placement(self, offer: Offer, way: "_Way", usd_per_hour: float) -> Placement:
        best = way.candidate
        of_price = price_cautions(offer.price, self.today, self.max_price_age_days)
        return Placement(
            model=self.model,
            offer=offer,
            instances=best.instances,
            replicas_per_instance=best.replicas_per_instance,
            engine=self.engine.name,
            quantization=best.quantization,
            num_shard=best.num_shard,
            memory=best.memory,
            speed=best.speed,
            tokens_per_s=best.tokens_per_s,
            usd_per_hour=usd_per_hour,
            usd_per_month=usd_per_month(usd_per_hour),
            usd_per_million_tokens=usd_per_million_tokens(
                usd_per_hour, best.tokens_per_s, self.workload.utilization
            ),
            is_slow=best.is_slow,
            warnings=(*way.cautions, *of_price),
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """A candidate with the disk that it takes, and what to know about it whatever the price."""

    candidate: Candidate
    disk_bytes: int
    cautions: tuple[str, ...]


def _by_shape(offers: Iterable[Offer]) -> Iterable[list[Offer]]:
    """Bring those together that differ in region, price and host only."""
    groups: dict[tuple[str, str, int], list[Offer]] = {}
    for offer in offers:
        kind = offer.instance_type
        groups.setdefault((kind.cloud, kind.accelerator.id, kind.accelerators), []).append(offer)
    return groups.values()


def _rejection(offer: Offer, reason: str) -> Rejection:
    kind = offer.instance_type
    return Rejection(kind.cloud, offer.price.region, kind.name, reason)


def _name(each: Placement) -> tuple[object, ...]:
    """Tell any two offers apart, so that no order of the offers can show."""
    kind, price = each.offer.instance_type, each.offer.price
    host = kind.accelerator.id, kind.accelerators, kind.disk_bytes or 0
    return kind.cloud, price.region, kind.name, *host, price.dated, price.basis, price.source


def _by_cost(each: Placement) -> tuple[object, ...]:
    speed = each.speed.ms_per_token
    return each.is_slow, each.usd_per_hour, each.usd_per_million_tokens, speed, *_name(each)


def _by_latency(each: Placement) -> tuple[object, ...]:
    speed = each.speed
    return speed.ms_per_token, speed.time_to_first_token_ms, each.usd_per_hour, *_name(each)


def _by_throughput(each: Placement) -> tuple[object, ...]:
    speed = each.speed.ms_per_token
    return each.is_slow, -each.tokens_per_s, each.usd_per_hour, speed, *_name(each)


_RANKS = {"cost": _by_cost, "latency": _by_latency, "throughput": _by_throughput}
