"""One model on one cloud: the cheapest way at the load, its regions, quota, growth, break-even."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf

from llamactl_catalog.candidates import Candidate
from llamactl_catalog.cautions import model_cautions, price_cautions, speed_cautions
from llamactl_catalog.clouds import Cloud
from llamactl_catalog.comparing.break_even import break_even
from llamactl_catalog.comparing.capacity import (
    TOO_SLOW,
    UNUSABLE,
    Question,
    Refusal,
    Way,
    instances_for,
    instances_preferred,
    stored,
    ways,
)
from llamactl_catalog.comparing.comparison import (
    ApiPrice,
    AtLoad,
    RegionPrice,
    Side,
)
from llamactl_catalog.comparing.growth import Stair, growth
from llamactl_catalog.engines import Engine, remembered
from llamactl_catalog.fleet import excess
from llamactl_catalog.hardware import Offer, Price
from llamactl_catalog.limits import Limits, overspending
from llamactl_catalog.placement import Placement
from llamactl_catalog.quota import quota
from llamactl_catalog.regions import Region

_MILLION = 1e6
_UNKNOWN = "not on record"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every side is compared with, and the day by which prices are old."""

    apis: tuple[ApiPrice, ...]
    regions: Mapping[tuple[str, str], Region]
    engine: Engine
    today: date
    max_price_age_days: int


@dataclass(frozen=True, slots=True)
class _Able:
    """An offer with the ways to build a replica on it; `most` is how many there may be."""

    offer: Offer
    ways: tuple[Way, ...]
    most: float

    def stair(self, hours_per_month: float) -> Stair:
        """Give what the load costs on it as it grows."""
        usd = hours_per_month * self.offer.price.usd_per_hour
        carried = max(each.monthly_tokens for each in self.ways)
        error = max(each.error_factor for each in self.ways)
        return Stair(self.offer.instance_type.name, usd, carried, self.most, error)


def side(asked: Question, cloud: Cloud, offers: Sequence[Offer], around: Surroundings) -> Side:
    """Compare what one cloud offers for one model; `offers` are that cloud's."""
    able, reasons = _able(asked, cloud, offers, around.engine)
    placed = [each for each in (_at_load(asked, cloud, each, around) for each in able) if each]
    if not placed:
        reason = _reason(asked, cloud, able, offers, reasons)
        return Side(cloud, None, reason, None, (), (), (), (), priced=bool(offers))
    best = min(placed, key=_rank)
    stairs = _stairs(able, asked.load.hours_per_month)
    kind = best.placement.offer.instance_type
    where = _regions(best, offers, around.regions, asked.load.hours_per_month)
    apis = [each for each in around.apis if each.model in {None, asked.model.id}]
    against = (break_even(stairs, each, asked.load) for each in apis)
    return Side(
        cloud=cloud,
        at_load=best,
        reason=None,
        quota=quota(kind, best.placement.instances),
        regions=where,
        geographies=tuple(sorted({each.region.geography for each in where})),
        growth=growth(stairs, asked.load.monthly_tokens),
        break_evens=tuple(each for each in against if each is not None),
    )


def _able(
    asked: Question, cloud: Cloud, offers: Sequence[Offer], engine: Engine
) -> tuple[list[_Able], dict[str, Refusal]]:
    """Give the offers that carry at least one request, and why instance types do not."""
    able: list[_Able] = []
    reasons: dict[str, Refusal] = {}
    known: dict[tuple[str, int], tuple[tuple[Way, ...], Refusal]] = {}
    incompatible = remembered(engine.incompatible_because)
    for offer in offers:
        kind = offer.instance_type
        unusable = incompatible(kind) or offer.unavailable_because
        if unusable is not None:
            reasons[kind.name] = Refusal(UNUSABLE, unusable)
            continue
        shape = kind.accelerator.id, kind.accelerators
        if shape not in known:
            known[shape] = ways(asked, kind, cloud.stream_limit_s)
        fast, refusal = known[shape]
        found, lacking = stored(asked, kind, fast)
        if found:
            able.append(_Able(offer, found, _room(asked.limits, offer, cloud)))
        else:
            reasons[kind.name] = refusal if lacking is None else Refusal(TOO_SLOW, lacking)
    return able, reasons


def _room(limits: Limits, offer: Offer, cloud: Cloud) -> float:
    """Count the instances that the budget and the service have room for."""
    most = inf if cloud.max_instances is None else cloud.max_instances
    if limits.max_usd_per_hour is None:
        return most
    usd_per_hour = offer.price.usd_per_hour
    paid = round(limits.max_usd_per_hour / usd_per_hour)
    room = paid if overspending(limits, paid * usd_per_hour) is None else paid - 1
    return min(most, room)


def _at_load(asked: Question, cloud: Cloud, able: _Able, around: Surroundings) -> AtLoad | None:
    """Carry the load on one offer; None: it takes more instances than there is room for."""
    load, offer = asked.load, able.offer
    instances, way = instances_preferred(able.ways, load.monthly_tokens)
    if instances > able.most:
        return None
    usd_per_hour = instances * offer.price.usd_per_hour
    working = way.working(load.monthly_tokens, instances)
    usd = load.hours_per_month * usd_per_hour
    tokens_per_s = instances * way.replicas_per_instance * working.speed.tokens_per_s
    candidate = Candidate(
        way.quantization,
        way.num_shard,
        way.replicas_per_instance,
        instances,
        working.memory,
        working.speed,
        tokens_per_s,
    )
    warnings = (
        *speed_cautions(candidate, asked.workload(working.in_flight), cloud),
        *model_cautions(asked.model, cloud, around.today),
        *price_cautions(offer.price, around.today, around.max_price_age_days),
    )
    slow = instances_for(load.monthly_tokens * working.speed.error_factor, way.monthly_tokens)
    per_million_output = usd / load.monthly_output_tokens * _MILLION
    placement = Placement(
        model=asked.model,
        offer=offer,
        instances=instances,
        replicas_per_instance=way.replicas_per_instance,
        engine=around.engine.name,
        quantization=way.quantization,
        num_shard=way.num_shard,
        memory=working.memory,
        speed=working.speed,
        tokens_per_s=tokens_per_s,
        usd_per_hour=usd_per_hour,
        usd_per_month=usd,
        usd_per_million_tokens=per_million_output,
        is_slow=asked.limits.is_slow(working.speed),
        warnings=warnings,
    )
    return AtLoad(
        placement=placement,
        in_flight=working.in_flight,
        answer_s=working.answer_s,
        usd_per_month=usd,
        usd_per_million_tokens=usd / load.monthly_tokens * _MILLION,
        usd_per_million_output_tokens=per_million_output,
        full_monthly_tokens=instances * way.monthly_tokens,
        slow_usd_per_month=usd * slow / instances if slow <= able.most else None,
    )


def _rank(each: AtLoad) -> tuple[object, ...]:
    """Rank by cost, then by speed, then by name: never by the order of the offers."""
    offer, speed = each.placement.offer, each.placement.speed
    kind, price = offer.instance_type, offer.price
    name = kind.name, price.region, kind.accelerator.id, price.dated, price.basis, price.source
    return each.usd_per_month, speed.ms_per_token, *name


def _stairs(able: Sequence[_Able], hours_per_month: float) -> list[Stair]:
    """Keep of each instance type its lowest price, and no stair that another is better than."""
    stairs = sorted(
        {each.stair(hours_per_month) for each in able if each.most != 0},
        key=lambda each: (each.usd_per_month, -each.monthly_tokens, each.instance_type),
    )
    kept: list[Stair] = []
    for each in stairs:
        if not kept or each.monthly_tokens > kept[-1].monthly_tokens:
            kept.append(each)
    return kept


def _regions(
    best: AtLoad,
    offers: Sequence[Offer],
    regions: Mapping[tuple[str, str], Region],
    hours_per_month: float,
) -> tuple[RegionPrice, ...]:
    """Give what the same instances cost in each region that offers them."""
    name, instances = best.placement.offer.instance_type.name, best.placement.instances
    found = [
        _region_price(each.price, instances, regions, hours_per_month)
        for each in offers
        if each.instance_type.name == name and each.unavailable_because is None
    ]
    return tuple(sorted(found, key=lambda each: (each.usd_per_hour, each.region.name)))


def _region_price(
    price: Price,
    instances: int,
    regions: Mapping[tuple[str, str], Region],
    hours_per_month: float,
) -> RegionPrice:
    key = price.cloud, price.region
    region = regions[key] if key in regions else _unknown(price)
    usd_per_hour = instances * price.usd_per_hour
    usd_a_month = hours_per_month * usd_per_hour
    return RegionPrice(region, usd_per_hour, usd_a_month, price.dated, price.basis)


def _unknown(price: Price) -> Region:
    """Name a region that the table lacks: refreshed prices may be of a new one."""
    return Region(
        cloud=price.cloud,
        name=price.region,
        place=price.region,
        country=_UNKNOWN,
        geography=_UNKNOWN,
        in_eu=False,
        source=price.source,
        checked_on=price.dated,
    )


def _reason(
    asked: Question,
    cloud: Cloud,
    able: Sequence[_Able],
    offers: Sequence[Offer],
    reasons: Mapping[str, Refusal],
) -> str:
    """Say why nothing carries the load, of the offer that comes nearest to it."""
    if able:
        return min(_beyond(asked, cloud, each) for each in able)[1]
    if not offers:
        return "no price is known of what was asked for; llamactl catalog refresh may bring one"
    nearest = min(
        (reasons[name].missing, each.price.usd_per_hour, name, reasons[name].reason)
        for each in offers
        for name in (each.instance_type.name,)
    )
    only = "its only offer does not carry"
    among = only if len(offers) == 1 else f"none of {len(offers)} offers carries"
    return f"{among} the load; {nearest[2]}: {nearest[3]}"


def _beyond(asked: Question, cloud: Cloud, each: _Able) -> tuple[float, str]:
    """Say by what the load is too much for an offer that carries a part of it, and its cost."""
    instances, _ = instances_preferred(each.ways, asked.load.monthly_tokens)
    usd_per_hour = instances * each.offer.price.usd_per_hour
    over = excess(instances, cloud)
    if over is None:
        over = str(overspending(asked.limits, usd_per_hour))
    return usd_per_hour, f"{instances} x {each.offer.instance_type.name}: {over}"
