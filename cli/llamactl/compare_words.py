"""What a comparison says in words, on a terminal and in Markdown: cells, rows and sentences."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from llamactl.plan_words import first_token, gpus, weights
from llamactl_catalog.cautions import EXTRAPOLATED, kind
from llamactl_catalog.clouds import Cloud
from llamactl_catalog.comparing.comparison import (
    AtLoad,
    BreakEven,
    Comparison,
    GrowthPoint,
    ModelComparison,
    RegionPrice,
    Side,
)
from llamactl_catalog.comparing.growth import MULTIPLES
from llamactl_catalog.quota import Quota
from llamactl_catalog.units import format_count, tokens_of

NOTHING = "-"
_CENTS = 0.1
_WHOLE = 10
_ALIKE = 0.1


class Row(NamedTuple):
    """A label, and what it is on each cloud."""

    label: str
    cells: tuple[str, ...]


def title(found: Comparison) -> str:
    """Name the models and the clouds."""
    names = [each.model.id for each in found.models]
    return f"{joined(names)} on {joined([each.name for each in found.clouds])}"


def heading(found: Comparison) -> str:
    """Say for what load the models are compared."""
    load = found.load
    return (
        f"For {count(load.monthly_tokens)} tokens a month: {load.requests_per_s:.3g} requests a "
        f"second on average, {load.peak:g} times that at the busiest time, each with "
        f"{tokens_of(load.input_tokens)} in and {load.output_tokens} out."
    )


def verdict(compared: ModelComparison) -> str:
    """Say in one sentence where a model costs least, and how much more elsewhere."""
    best = compared.cheapest
    if best is None or best.at_load is None:
        return f"{compared.model.id}: no cloud carries this load."
    usd = best.at_load.usd_per_month
    parts = []
    for side in compared.sides:
        if side.at_load is None:
            parts.append(f"{side.cloud.name} {side.absence}")
        elif side is not best:
            more = side.at_load.usd_per_month - usd
            same = f"{side.cloud.name} costs as much"
            dearer = f"{side.cloud.name} costs ${more:,.0f} more ({more / usd:.0%})"
            parts.append(dearer if round(more) else same)
    others = f"; {', '.join(parts)}" if parts else ""
    where = f"{best.cloud.name}: ${usd:,.0f} a month"
    return f"{compared.model.id} costs least on {where}{others}."


def rows(compared: ModelComparison) -> Iterator[Row]:
    """Give the side-by-side table of a model."""
    for label, cell in (
        ("price a month", lambda at, _: f"${at.usd_per_month:,.0f}"),
        ("price an hour", lambda at, _: _hourly(at)),
        ("$ per 1M tokens", lambda at, _: usd(at.usd_per_million_tokens)),
        ("$ per 1M output tokens", lambda at, _: usd(at.usd_per_million_output_tokens)),
        ("instances", lambda at, _: instances(at.placement.instances, _instance_type(at))),
        ("GPUs of each", lambda at, _: gpus(at.placement)),
        ("weights", lambda at, _: weights(at.placement)),
        ("cheapest in", lambda _, side: place(side.regions[0])),
        ("requests at once", lambda at, _: _at_once(at)),
        ("first token after", lambda at, _: _first_token(at)),
        ("each token", lambda at, _: f"{at.placement.speed.ms_per_token:.1f} ms"),
        ("whole answer", lambda at, _: f"{at.answer_s:.1f} s"),
        ("speeds right within", lambda at, _: f"a factor of {at.placement.speed.error_factor:.1f}"),
        ("a month, if that slow", lambda at, _: _slow(at)),
        ("full at", lambda at, _: f"{count(at.full_monthly_tokens)} tokens a month"),
        ("quota", lambda _, side: quota_name(side.quota)),
        ("quota needed", lambda _, side: quota_needed(side.quota)),
        ("regions", lambda _, side: region_range(side.regions)),
        ("parts of the world", lambda _, side: ", ".join(side.geographies)),
        ("in the EU", lambda _, side: _in_eu(side.regions)),
        ("to know", lambda at, _: _to_know(at)),
    ):
        cells = tuple(
            cell(each.at_load, each) if each.at_load is not None else _refusal(label, each)
            for each in compared.sides
        )
        if any(each != NOTHING for each in cells):
            yield Row(label, cells)


def growth_rows(found: Comparison, compared: ModelComparison) -> Iterator[tuple[str, ...]]:
    """Give what the load costs as it grows: tokens, then instances, $ a month and $ per 1M each."""
    for multiple in MULTIPLES:
        tokens = found.load.monthly_tokens * multiple
        points = [_point(each, tokens) for each in compared.sides]
        if any(each is not None for each in points):
            cells = [cell for each in points for cell in _growth_cells(each)]
            mark = " *" if multiple == 1 else ""
            yield (f"{count(tokens)}{mark}", *cells)


def api_sentences(found: Comparison, compared: ModelComparison) -> Iterator[tuple[str, list[str]]]:
    """Compare with each API: a sentence about it, and one about each cloud."""
    for api in found.apis_of(compared):
        month = api.usd_per_month(found.load)
        head = (
            f"{api.name}, ${api.usd_per_million_input_tokens:g} in and "
            f"${api.usd_per_million_output_tokens:g} out per 1M tokens: "
            f"${_amount(month)} a month for this load."
        )
        texts = [
            f"{side.cloud.name}: {_against(even)}"
            for side in compared.sides
            for even in side.break_evens
            if even.api == api
        ]
        yield head, texts


def cloud_title(cloud: Cloud) -> str:
    """Name a cloud with its service, where the service's name does not begin with the cloud's."""
    same = cloud.service.startswith(cloud.name)
    return cloud.service if same else f"{cloud.name} {cloud.service}"


def usd(amount: float) -> str:
    """Write a small amount of money: cents, or three digits where it is less."""
    return f"${_amount(amount)}"


def count(tokens: float) -> str:
    """Write a number of tokens as people say it."""
    return format_count(round(tokens))


def joined(names: Sequence[str]) -> str:
    """Name several: `a`, `a and b`, `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def instances(replicas: int, instance_type: str) -> str:
    """Name the instances: `2 x ml.g5.12xlarge`."""
    return f"{replicas} x {instance_type}"


def place(price: RegionPrice) -> str:
    """Name a region with the place and country it is in."""
    region = price.region
    inside = [text for text in (region.place, region.country) if text != region.name]
    return f"{region.name}, {', '.join(dict.fromkeys(inside))}"


def times(ratio: float) -> str:
    """Write how many times as much something is: two digits, three where they are about alike."""
    if ratio >= _WHOLE:
        return f"{ratio:,.0f}"
    return f"{ratio:.3g}" if abs(ratio - 1) < _ALIKE else f"{ratio:.2g}"


def quota_name(quota: Quota | None) -> str:
    """Name a quota as the cloud does."""
    if quota is None:
        return NOTHING
    return quota.name if quota.code is None else f"{quota.name} ({quota.code})"


def quota_needed(quota: Quota | None) -> str:
    """Say how much of a quota must be free."""
    if quota is None:
        return NOTHING
    unit = quota.unit.removesuffix("s") if quota.needed == 1 else quota.unit
    return f"{quota.needed} {unit}; {quota.needed_to_update} while an update is on"


def region_range(prices: Sequence[RegionPrice]) -> str:
    """Count the regions, with the lowest and the highest price a month."""
    low, high = prices[0], prices[-1]
    if len(prices) == 1:
        return low.region.name
    lowest = f"${low.usd_per_month:,.0f}"
    highest = f"${high.usd_per_month:,.0f} in {high.region.name}"
    return f"{len(prices)}, from {lowest} a month to {highest}"


def _hourly(at: AtLoad) -> str:
    price = at.placement.offer.price
    derived = ", derived" if price.basis == "derived" else ""
    return f"{usd(at.placement.usd_per_hour)}, of {price.dated}{derived}"


def _instance_type(at: AtLoad) -> str:
    return at.placement.offer.instance_type.name


def _at_once(at: AtLoad) -> str:
    return f"{at.in_flight} on each, at the busiest time"


def _first_token(at: AtLoad) -> str:
    return f"{first_token(at.placement.speed)} ms"


def _in_eu(prices: Sequence[RegionPrice]) -> str:
    inside = [each for each in prices if each.region.in_eu]
    if not inside:
        return "no"
    countries = ", ".join(sorted({each.region.country for each in inside}))
    return f"{countries}; from ${inside[0].usd_per_month:,.0f} a month"


def _slow(at: AtLoad) -> str:
    slow = at.slow_usd_per_month
    return "more instances than there may be" if slow is None else f"${slow:,.0f}"


def _to_know(at: AtLoad) -> str:
    """Give what the placement warns of, but for what other rows say."""
    texts = [each for each in at.placement.warnings if kind(each) != EXTRAPOLATED]
    return ". ".join(texts) if texts else NOTHING


def _refusal(label: str, side: Side) -> str:
    return f"none: {side.reason}" if label == "price a month" else NOTHING


def _point(side: Side, tokens: float) -> GrowthPoint | None:
    near = (each for each in side.growth if each.monthly_tokens == tokens)
    return next(near, None)


def _growth_cells(point: GrowthPoint | None) -> tuple[str, str, str]:
    if point is None:
        return NOTHING, NOTHING, NOTHING
    month = f"{point.usd_per_month:,.0f}"
    return (
        instances(point.instances, point.instance_type),
        month,
        _amount(point.usd_per_million_tokens),
    )


def _against(even: BreakEven) -> str:
    here = f"{times(even.at_load)} times that"
    earliest, latest = even.earliest_monthly_tokens, even.latest_monthly_tokens
    if earliest is None:
        return f"{here}; never cheaper, {times(even.at_full)} times even with every instance full."
    if latest is None:
        return (
            f"{here}; costs no more from {count(earliest)} tokens a month on if the speeds are as "
            "high as they may be, never if they are as low."
        )
    soonest, surest = count(earliest), count(latest)
    begins = soonest if soonest == surest else f"between {soonest} and {surest}"
    until = even.until_monthly_tokens
    if until is None:
        return f"{here}; costs no more from {begins} tokens a month on."
    beyond = "the most that it carries" if even.is_all_carried else "and more again above"
    return f"{here}; costs no more from {begins} up to {count(until)} tokens a month, {beyond}."


def _amount(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= _CENTS else f"{amount:.2g}"
