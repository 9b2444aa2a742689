"""The tables of a comparison: the clouds side by side, regions, growth, break-even."""

from collections.abc import Sequence

from llamactl.compare_words import rows, times
from llamactl.plan_words import instances
from llamactl.report.figures import (
    NOTHING,
    TIMES,
    around,
    count,
    seconds,
    usd,
)
from llamactl.report.table import Table
from llamactl_catalog.comparing.comparison import (
    BreakEven,
    Comparison,
    GrowthPoint,
    ModelComparison,
    Side,
)
from llamactl_catalog.comparing.growth import MULTIPLES


def costs_table(comparison: Comparison) -> Table:
    """Give the figures of the charts of cost and latency."""
    cells = [_costs_row(model, side) for model in comparison.models for side in model.sides]
    for api in comparison.apis:
        cost = api.usd_per_month(comparison.load)
        price = api.usd_per_million_tokens(comparison.load)
        cells.append((api.name, "price per token", "", usd(cost), usd(price), *("",) * 5))
    columns = (
        "model", "where", "instances", "$/month", "$/1M tokens", "$/month if that slow",
        "ms to first token", "ms/token", "typical range", "whole answer",
    )  # fmt: skip
    title = "What the load costs, and how long one waits"
    return Table(title, columns, tuple(cells), frozenset(columns[3:]))


def side_by_side(model: ModelComparison) -> Table:
    """Put all that is known of each cloud into a column of its own."""
    columns = ("", *(each.cloud.name for each in model.sides))
    cells = tuple((label, *texts) for label, texts in rows(model))
    return Table(f"{model.model.id} side by side", columns, cells)


def regions_table(model: ModelComparison) -> Table:
    """Give what the same replicas cost in each region that has them."""
    cells = [
        (
            region.region.name,
            side.cloud.name,
            region.region.place,
            region.region.country,
            region.region.geography,
            usd(region.usd_per_month),
            f"{region.dated.isoformat()}{', derived' if region.basis == 'derived' else ''}",
        )
        for side in model.sides
        for region in side.regions
    ]
    columns = ("region", "cloud", "place", "country", "geography", "$/month", "price of")
    title = f"{model.model.id}: the same instances by region"
    return Table(title, columns, tuple(cells), frozenset({"$/month"}), tall=True)


def growth_table(model: ModelComparison, comparison: Comparison) -> Table:
    """Give the figures of the chart of growth, at loads that every curve has."""
    sides = [each for each in model.sides if each.growth]
    columns = ["tokens a month"]
    for side in sides:
        name = side.cloud.name
        columns += [f"{name} $/month", f"{name} $/1M", f"{name} instances"]
    columns += [f"{each.name} $/month" for each in comparison.apis_of(model)]
    loads = [comparison.load.monthly_tokens * multiple for multiple in MULTIPLES]
    drawn = {point.monthly_tokens for side in sides for point in side.growth}
    loads = [each for each in loads if each in drawn]
    prices = [each.usd_per_million_tokens(comparison.load) for each in comparison.apis_of(model)]
    cells = [_growth_row(load, sides, prices) for load in loads]
    right = frozenset(each for each in columns if not each.endswith("instances"))
    marked = next(
        (at for at, load in enumerate(loads) if load == comparison.load.monthly_tokens), None
    )
    title = f"{model.model.id}: the cheapest way at each load"
    return Table(title, tuple(columns), tuple(cells), right, marked=marked, tall=True)


def break_even_table(comparison: Comparison) -> Table:
    """Say from which load on each endpoint costs no more than each price per token."""
    cells = [
        _break_even_row(model, side, each)
        for model in comparison.models
        for side in model.sides
        for each in side.break_evens
    ]
    columns = (
        "model", "cloud", "against", "costs no more from", "at the latest from", "up to",
        "cost at the load", "cost fully used",
    )  # fmt: skip
    title = "Break-even, in tokens a month; cost as a multiple of the price per token"
    return Table(title, columns, tuple(cells), frozenset(columns[3:]))


def _costs_row(model: ModelComparison, side: Side) -> tuple[str, ...]:
    it = side.at_load
    if it is None:
        return (model.model.id, side.cloud.name, side.absence, *(NOTHING,) * 7)
    speed = it.placement.speed
    low, high = around(speed.ms_per_token, speed.error_factor)
    return (
        model.model.id,
        side.cloud.name,
        instances(it.placement),
        usd(it.usd_per_month),
        usd(it.usd_per_million_tokens),
        "too many" if it.slow_usd_per_month is None else usd(it.slow_usd_per_month),
        f"{speed.time_to_first_token_ms:.0f}",
        f"{speed.ms_per_token:.1f}",
        f"{low:.0f} - {high:.0f}",
        seconds(it.answer_s),
    )


def _growth_row(load: float, sides: Sequence[Side], prices: Sequence[float]) -> tuple[str, ...]:
    cells = [count(load)]
    for side in sides:
        point = next((each for each in side.growth if each.monthly_tokens == load), None)
        cells += _growth_cells(point)
    return (*cells, *(usd(price * load / 1e6) for price in prices))


def _growth_cells(point: GrowthPoint | None) -> tuple[str, str, str]:
    if point is None:
        return NOTHING, NOTHING, NOTHING
    name = point.instance_type
    several = f"{point.instances} x {name}" if point.instances > 1 else name
    return usd(point.usd_per_month), usd(point.usd_per_million_tokens), several


def _break_even_row(model: ModelComparison, side: Side, each: BreakEven) -> tuple[str, ...]:
    earliest, latest = each.earliest_monthly_tokens, each.latest_monthly_tokens
    return (
        model.model.id,
        side.cloud.name,
        each.api.name,
        "never" if earliest is None else count(earliest),
        "never" if latest is None else count(latest),
        NOTHING if latest is None else _until(each),
        f"{times(each.at_load)}{TIMES}",
        f"{times(each.at_full)}{TIMES}",
    )


def _until(each: BreakEven) -> str:
    until = each.until_monthly_tokens
    if until is None:
        return "any load"
    beyond = "all it carries" if each.is_all_carried else "then more"
    return f"{count(until)}, {beyond}"
