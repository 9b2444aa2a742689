"""Compares what models cost on each cloud for a month's load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from llamactl_catalog.candidates import ANY_LAYOUT, Arithmetic
from llamactl_catalog.cautions import MAX_PRICE_AGE_DAYS
from llamactl_catalog.clouds import Cloud
from llamactl_catalog.comparing.assumptions import (
    assumptions,
    license_terms,
    price_dates,
    residency,
)
from llamactl_catalog.comparing.capacity import Question
from llamactl_catalog.comparing.comparison import (
    ApiPrice,
    Comparison,
    Load,
    ModelComparison,
)
from llamactl_catalog.comparing.sides import Surroundings, side
from llamactl_catalog.costs import HOURS_PER_MONTH
from llamactl_catalog.engines import TGI, Engine
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.hardware import Offer
from llamactl_catalog.limits import NO_LIMITS, Limits
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Layout, Quantization
from llamactl_catalog.planning import check_workload
from llamactl_catalog.regions import Region

NO_DISCOUNTS: Mapping[str, float] = {}
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Subject:
    """A model to compare, and what one request to it may take at most."""

    model: Model
    context_tokens: int


def compare(  # noqa: PLR0913 - one question, and what it depends on
    subjects: Sequence[Subject],
    offers: Sequence[Offer],
    load: Load,
    *,
    clouds: Sequence[Cloud],
    regions: Mapping[tuple[str, str], Region],
    today: date,
    version: str,
    apis: Sequence[ApiPrice] = (),
    limits: Limits = NO_LIMITS,
    quantizations: Sequence[Quantization] = ("none",),
    engine: Engine = TGI,
    arithmetic: Arithmetic | None = None,
    layout: Layout = ANY_LAYOUT,
    scope: Sequence[str] = (),
    discounts: Mapping[str, float] = NO_DISCOUNTS,
    max_price_age_days: int = MAX_PRICE_AGE_DAYS,
) -> Comparison:
    """Find for each model and cloud the cheapest way to carry a load, and what follows from it.

    Nothing depends on the order of `offers`. `scope` are sentences that say what alone they are.
    `discounts` are percent by cloud.
    docs/compare.md says how each figure is made.

    Raises:
        InvalidInput: the load is none, or none for a model.
    """
    check_load(load)
    offers = [discounted(each, discounts) for each in offers]
    around = Surroundings(tuple(apis), regions, engine, today, max_price_age_days)
    rules = arithmetic if arithmetic is not None else engine.arithmetic()
    ways = tuple(quantizations)
    compared = [
        _compared(
            Question(each.model, each.context_tokens, load, limits, ways, rules, layout),
            clouds,
            offers,
            around,
        )
        for each in subjects
    ]
    oldest, newest = price_dates(compared, today)
    found = Comparison(
        load=load,
        limits=limits,
        clouds=tuple(clouds),
        models=tuple(compared),
        apis=tuple(apis),
        assumptions=(),
        residency=residency(clouds),
        oldest_price=oldest,
        newest_price=newest,
        made_on=today,
        version=version,
        discounts=tuple(discounts.items()),
    )
    return replace(found, assumptions=assumptions(found, scope, max_price_age_days))


def discounted(offer: Offer, discounts: Mapping[str, float]) -> Offer:
    """Take a cloud's discount, in percent, off the price of an offer.

    Raises:
        InvalidInput: it is none: below 0, or 100 and more.
    """
    percent = discounts.get(offer.price.cloud, 0.0)
    if not 0 <= percent < _PERCENT:
        raise InvalidInput(f"a discount of {percent:g} %", hint="it is from 0 to below 100")
    if not percent:
        return offer
    usd_per_hour = offer.price.usd_per_hour * (1 - percent / _PERCENT)
    return replace(offer, price=replace(offer.price, usd_per_hour=usd_per_hour))


def _compared(
    asked: Question, clouds: Sequence[Cloud], offers: Sequence[Offer], around: Surroundings
) -> ModelComparison:
    check_workload(asked.model, asked.workload(1))
    sides = tuple(
        side(asked, cloud, [o for o in offers if o.instance_type.cloud == cloud.id], around)
        for cloud in clouds
    )
    return ModelComparison(asked.model, asked.context_tokens, sides, license_terms(asked.model))


def check_load(load: Load) -> None:
    """Refuse a load that nothing can carry.

    Raises:
        InvalidInput: a number is out of its range.
    """
    if not 1 <= load.monthly_tokens < float("inf"):
        message = f"{load.monthly_tokens:g} tokens a month"
        raise InvalidInput(message, hint="it must be at least 1, and finite")
    if not 1 <= load.peak < float("inf"):
        message = f"a peak of {load.peak:g} times the mean"
        raise InvalidInput(message, hint="it must be at least 1: the busiest time is no calmer")
    if not 0 < load.hours_per_month <= HOURS_PER_MONTH:
        message = f"{load.hours_per_month:g} hours a month"
        raise InvalidInput(message, hint=f"a month has {HOURS_PER_MONTH}")
