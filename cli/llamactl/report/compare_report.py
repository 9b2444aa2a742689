"""The report of a comparison: what each cloud costs, how it grows, and what else decides."""

from dataclasses import dataclass

from llamactl.compare_words import verdict
from llamactl.plan_page import deploy_command
from llamactl.plan_words import instances
from llamactl.report.compare_charts import latencies, monthly_costs
from llamactl.report.compare_tables import (
    break_even_table,
    costs_table,
    growth_table,
    regions_table,
    side_by_side,
)
from llamactl.report.drawing import Chart
from llamactl.report.figures import NOTHING, count, date_range, whole_usd
from llamactl.report.growth_chart import growth_chart
from llamactl.report.page import page
from llamactl.report.table import Table
from llamactl_catalog.comparing.comparison import Comparison, ModelComparison, Side
from llamactl_catalog.units import tokens_of


@dataclass(frozen=True, slots=True)
class Offered:
    """What one cloud costs, for the card of a model."""

    cloud: str
    value: str
    note: str
    is_best: bool


@dataclass(frozen=True, slots=True)
class Section:
    """All that the page has of one model."""

    id: str
    name: str
    verdict: str
    offered: tuple[Offered, ...]
    growth: Chart | None
    growth_figures: Table
    beside: Table
    regions: Table
    terms: tuple[str, ...]
    commands: tuple[str, ...]


def compare_html(comparison: Comparison) -> str:
    """Write the report of a comparison.

    Raises:
        ProgramMissing: the packages that reports are made with are not installed.
    """
    sections = tuple(
        _section(model, comparison, number)
        for number, model in enumerate(comparison.models, start=1)
    )
    return page(
        "compare.html.j2",
        title=_title(comparison),
        load=_load(comparison),
        peak=f"{comparison.load.peak:g}",
        prices=date_range(comparison.oldest_price, comparison.newest_price),
        made_on=comparison.made_on.isoformat(),
        version=comparison.version,
        sections=sections,
        costs=monthly_costs(comparison),
        slow=any(
            side.at_load is not None
            and side.at_load.slow_usd_per_month is not None
            and side.at_load.slow_usd_per_month > side.at_load.usd_per_month
            for model in comparison.models
            for side in model.sides
        ),
        costs_figures=costs_table(comparison),
        latencies=latencies(comparison),
        apis=comparison.apis,
        break_evens=break_even_table(comparison),
        residency=comparison.residency,
        assumptions=comparison.assumptions,
    )


def _title(comparison: Comparison) -> str:
    where = " or ".join(each.name for each in comparison.clouds)
    models = comparison.models
    return f"{where} for {models[0].model.id if len(models) == 1 else f'{len(models)} models'}"


def _load(comparison: Comparison) -> str:
    load = comparison.load
    return (
        f"For {count(load.monthly_tokens)} tokens a month: {load.requests_per_s:.3g} requests per "
        f"second on average and {load.peak_requests_per_s:.3g} at the busiest time, each of "
        f"{tokens_of(load.input_tokens)} in and {load.output_tokens} out."
    )


def _section(model: ModelComparison, comparison: Comparison, number: int) -> Section:
    best = model.cheapest
    return Section(
        id=model.model.id,
        name=model.model.name,
        verdict=verdict(model),
        offered=tuple(_offered(each, best) for each in model.sides),
        growth=growth_chart(model, comparison, number),
        growth_figures=growth_table(model, comparison),
        beside=side_by_side(model),
        regions=regions_table(model),
        terms=model.terms,
        commands=tuple(
            deploy_command(each.at_load.placement)
            for each in model.sides
            if each.at_load is not None
        ),
    )


def _offered(side: Side, best: Side | None) -> Offered:
    it = side.at_load
    if it is None:
        return Offered(side.cloud.name, NOTHING, side.reason or "", is_best=False)
    note = f"a month: {instances(it.placement)}, {it.placement.offer.price.region}"
    return Offered(side.cloud.name, whole_usd(it.usd_per_month), note, is_best=side is best)
