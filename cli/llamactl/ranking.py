"""Ranks what the clouds rent for a load, and says what would do where nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

from llamactl.app import App
from llamactl_catalog.availability import cached_listings
from llamactl_catalog.candidates import ANY_LAYOUT
from llamactl_catalog.cautions import MAX_PRICE_AGE_DAYS
from llamactl_catalog.engines import TGI, Engine, remembered
from llamactl_catalog.errors import NoCapacity, OverPriceCap
from llamactl_catalog.geography import inside
from llamactl_catalog.hardware import Offer
from llamactl_catalog.limits import NO_LIMITS, Limits
from llamactl_catalog.model import Model
from llamactl_catalog.offers import load_hardware, load_price_book, offers
from llamactl_catalog.placement import Layout, Objective, Placement, Plan, Quantization
from llamactl_catalog.planning import check_workload, plan
from llamactl_catalog.regions import load_regions
from llamactl_catalog.remedies import remedies
from llamactl_catalog.selection import Selection
from llamactl_catalog.units import format_usd_apart
from llamactl_catalog.unpriced import unpriced
from llamactl_catalog.workload import Workload

# What TGI takes where it is not told. Source: its launcher/src/main.rs, 3.3.6.
USUAL_CONTEXT = 4096
OVER_CAP_HINT = "a higher --max-usd-per-hour, fewer instances, or fewer bits: --quantize any"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is to be served, for which load, on which offers, within which limits."""

    model: Model
    workload: Workload
    selection: Selection
    today: date
    quantizations: tuple[Quantization, ...] = ("none",)
    engine: Engine = TGI
    objective: Objective = "cost"
    limits: Limits = NO_LIMITS
    instances: int | None = None
    layout: Layout = ANY_LAYOUT
    geographies: tuple[str, ...] = ()
    max_price_age_days: int = MAX_PRICE_AGE_DAYS


@dataclass(frozen=True, slots=True)
class Ranked:
    """A plan, with the offers that it was made of and every other one."""

    plan: Plan
    selected: tuple[Offer, ...]
    every_offer: tuple[Offer, ...]


def workload_of(  # noqa: PLR0913, PLR0917 - the options of a load
    model: Model,
    input_tokens: int,
    output_tokens: int,
    concurrency: int,
    context_tokens: int | None,
    utilization: float = 1.0,
) -> Workload:
    """Give the load; a context that is not named is TGI's usual one, or what the load takes."""
    if context_tokens is None:
        context_tokens = max(usual_context(model), input_tokens + output_tokens)
    return Workload(input_tokens, output_tokens, concurrency, context_tokens, utilization)


def usual_context(model: Model) -> int:
    """Give the context of a request that is not told otherwise."""
    return min(USUAL_CONTEXT, model.architecture.context_tokens)


def ranked(app: App, sought: Sought) -> Ranked:
    """Rank the offers, by the prices and listings that are bundled or in the cache.

    Raises:
        InvalidInput: a region, an instance type, a GPU or the workload is none.
    """
    check_workload(sought.model, sought.workload)
    hardware, book = load_hardware(), load_price_book(app.cache_dir)
    every_offer = tuple(offers(hardware, book.prices, cached_listings(app.cache_dir)))
    regions = load_regions()
    asked_for = sought.selection.of(every_offer, hardware, regions.values())
    selected = tuple(inside(sought.geographies, asked_for, regions))
    found = plan(
        sought.model,
        selected,
        sought.workload,
        objective=sought.objective,
        limits=sought.limits,
        quantizations=sought.quantizations,
        engine=sought.engine,
        instances=sought.instances,
        layout=sought.layout,
        today=sought.today,
        max_price_age_days=sought.max_price_age_days,
        not_offered=unpriced(
            sought.selection, hardware, book, sought.engine, known=regions.values()
        ),
    )
    return Ranked(found, selected, every_offer)


def cheaper_precision(sought: Sought, found: Ranked) -> Placement | None:
    """Give the cheapest placement in fewer bits, where it costs less than the plan's cheapest.

    None as well where other bits than the published ones were asked for: then the plan has them.
    """
    if sought.quantizations != ("none",) or not found.plan.placements:
        return None
    least_usd = min(each.usd_per_hour for each in found.plan.placements)
    cheaper = [each for each in found.selected if each.price.usd_per_hour < least_usd]
    if not cheaper:
        return None
    fewer_bits = plan(
        sought.model,
        cheaper,
        sought.workload,
        limits=sought.limits,
        quantizations=[each for each in get_args(Quantization) if each != "none"],
        engine=sought.engine,
        instances=sought.instances,
        layout=sought.layout,
    ).placements
    return next((each for each in fewer_bits if each.usd_per_hour < least_usd), None)


def refusal(app: App, sought: Sought, failed: Ranked) -> NoCapacity | OverPriceCap:
    """Return the error of a plan without placements: over the price cap, where that is all."""
    cap = sought.limits.max_usd_per_hour
    if cap is not None:
        uncapped = replace(sought, limits=replace(sought.limits, max_usd_per_hour=None))
        free = ranked(app, uncapped).plan.placements
        if free:
            cheapest = min(free, key=lambda each: each.usd_per_hour)
            return _over_cap(cheapest, cap, _ways(sought, failed))
    return _nothing_fits(sought, failed)


def _over_cap(cheapest: Placement, cap: float, ways: Sequence[str]) -> OverPriceCap:
    place = f"{cheapest.offer.instance_type.name} in {cheapest.offer.price.region}"
    usd, limit = format_usd_apart(cheapest.usd_per_hour, cap)
    return OverPriceCap(
        f"the cheapest that carries this load is {place} for {usd} an hour; the cap is {limit}",
        hint=_hint(ways) if ways else OVER_CAP_HINT,
    )


def _ways(sought: Sought, failed: Ranked) -> Sequence[str]:
    """Name the single changes with which there would be a placement."""
    regions = load_regions()
    anywhere = replace(sought.selection, instance_types=(), gpus=())
    anything = anywhere.of(failed.every_offer, known=regions.values())
    wider = inside(sought.geographies, anything, regions)
    return list(
        remedies(
            failed.plan,
            failed.selected,
            wider,
            sought.limits,
            sought.quantizations,
            sought.engine,
            sought.layout,
        )
    )


def _hint(ways: Sequence[str]) -> str:
    return "\n       ".join(["what would do:", *ways])


def _nothing_fits(sought: Sought, failed: Ranked) -> NoCapacity:
    """Say how many offers fail, why the cheapest one does, and what would do."""
    ways = _ways(sought, failed)
    name, reason = _of_cheapest(failed.plan, failed.selected, sought.engine)
    offered = len(failed.selected)
    among = f"none of {offered} offers carries" if offered > 1 else "it does not carry"
    return NoCapacity(
        f"{among} {sought.model.id} for this load; {name}: {reason}",
        hint=_hint(ways)
        if ways
        else "no one change would do: more money, looser limits of speed, --quantize any, less "
        "--context, less --concurrency or another --gpu; try several",
    )


def _of_cheapest(failed: Plan, selected: Sequence[Offer], engine: Engine) -> tuple[str, str]:
    incompatible = remembered(engine.incompatible_because)
    usable = [
        each
        for each in selected
        if each.unavailable_because is None and incompatible(each.instance_type) is None
    ]
    cheapest = min(usable or selected, key=lambda each: each.price.usd_per_hour)
    name = cheapest.instance_type.name
    place = name, cheapest.price.region
    return name, next(
        each.reason for each in failed.rejected if (each.instance_type, each.region) == place
    )
