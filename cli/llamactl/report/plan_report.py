"""The report of a plan: the choice, the ranking, what it costs and how fast it is, what to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from llamactl.plan_page import deploy_command
from llamactl.plan_words import (
    Row,
    choice,
    gpus,
    in_regions,
    instances,
    quota_line,
    rejected_groups,
    rows_of,
    sizing,
    weights,
)
from llamactl.report.figures import TIMES, around, date_range, milliseconds, usd, whole_usd
from llamactl.report.page import page
from llamactl.report.plan_charts import memory_bar, memory_parts, price_and_speed
from llamactl.report.table import Table
from llamactl_catalog.cautions import EXTRAPOLATED, kind
from llamactl_catalog.clouds import clouds
from llamactl_catalog.costs import HOURS_PER_MONTH
from llamactl_catalog.placement import Objective, Placement, Plan
from llamactl_catalog.units import GIB, format_bytes, format_count, format_rate, tokens_of

_RANKED_BY: dict[Objective, str] = {
    "cost": "cheapest per hour first",
    "latency": "fastest for one user first",
    "throughput": "most tokens per second first",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the large numbers at the top: what it is, its value, what goes with it."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know, spelled out, and the rows of the table that it holds for."""

    kind: str
    text: str
    rows: str


def plan_html(
    plan: Plan, *, made_on: date, version: str, limit: int | None = None, every_region: bool = False
) -> str:
    """Write the report of a plan that has placements, of at most `limit` rows.

    Raises:
        ProgramMissing: the packages that reports are made with are not installed.
    """
    every_row = rows_of(plan, every_region=every_region)
    rows = every_row[:limit]
    chosen = plan.placements[0]
    return page(
        "plan.html.j2",
        title=f"Where to run {plan.model.id}",
        plan=plan,
        size=format_count(plan.model.parameters),
        load=_load(plan),
        ranked_by=_RANKED_BY[plan.objective],
        prices=_price_dates(plan),
        made_on=made_on.isoformat(),
        version=version,
        chosen=chosen,
        chosen_name=instances(chosen),
        chosen_where=f"{_service(chosen)}, {chosen.offer.price.region}",
        chosen_gpus=gpus(chosen),
        figures=_figures(chosen, plan),
        reason=choice(plan, every_row),
        quota=quota_line(chosen),
        sizing=sizing(chosen, plan),
        command=deploy_command(chosen, plan),
        warnings=_warnings(chosen),
        speed_chart=price_and_speed(rows),
        memory_chart=memory_bar(chosen.memory),
        memory=_memory_table(chosen),
        ranked=_ranked(rows, every_region=every_region),
        left_out=len(every_row) - len(rows),
        notes=_notes(rows),
        rejected=_rejected(plan),
        rejected_offers=len(plan.rejected),
        assumptions=_assumptions(plan),
    )


def _load(plan: Plan) -> str:
    work = plan.workload
    at_once = "1 request" if work.concurrency == 1 else f"{work.concurrency} requests"
    share = "" if work.utilization == 1 else f", {work.utilization:.0%} of the time"
    return (
        f"{at_once} at once{share}, each of {tokens_of(work.input_tokens)} in and "
        f"{work.output_tokens} out, context {work.context_tokens}"
    )


def _price_dates(plan: Plan) -> str:
    dates = [each.offer.price.dated for each in plan.placements]
    return date_range(min(dates), max(dates))


def _service(each: Placement) -> str:
    return clouds()[each.offer.instance_type.cloud].service


def _figures(chosen: Placement, plan: Plan) -> tuple[Figure, ...]:
    speed = chosen.speed
    low, high = around(speed.ms_per_token, speed.error_factor)
    use = plan.workload.utilization
    busy = "fully used" if use == 1 else f"used {use:.0%} of the time"
    return (
        Figure("per month", whole_usd(chosen.usd_per_month), f"{HOURS_PER_MONTH} hours, on demand"),
        Figure("per hour", usd(chosen.usd_per_hour), instances(chosen)),
        Figure("per 1M output tokens", usd(chosen.usd_per_million_tokens), busy),
        Figure(
            "per token, for one user",
            milliseconds(speed.ms_per_token),
            f"typically {low:.0f} to {high:.0f} ms",
        ),
        Figure("to the first token", milliseconds(speed.time_to_first_token_ms), "estimated"),
        Figure(
            "all requests together", f"{format_rate(chosen.tokens_per_s)} tokens/s", "estimated"
        ),
    )


def _warnings(chosen: Placement) -> tuple[Note, ...]:
    return tuple(_note(text, "") for text in chosen.warnings)


def _note(text: str, rows: str) -> Note:
    name, _, rest = text.partition(": ")
    return Note(name, rest or text, rows)


def _memory_table(chosen: Placement) -> Table:
    rows = [
        (part.name, f"{part.size_bytes / GIB:.1f} GiB", f"{part.share:.0%}")
        for part in memory_parts(chosen.memory)
    ]
    total = ("in all", format_bytes(chosen.memory.available_bytes), "100%")
    columns = ("part", "size", "share")
    return Table("Memory of one replica", columns, (*rows, total), frozenset(columns[1:]))


def _ranked(rows: Sequence[Row], *, every_region: bool) -> Table:
    every_16_bit = all(row.placement.quantization == "none" for row in rows)
    cells = [_ranked_cells(number, row) for number, row in enumerate(rows, start=1)]
    columns = [name for name in cells[0] if name != "weights" or not every_16_bit]
    scope = "every offer" if every_region else "each instance type in its best region"
    return Table(
        f"Ranked: {scope}",
        tuple(columns),
        tuple(tuple(each[name] for name in columns) for each in cells),
        frozenset(columns[columns.index("$/hour") :]),
        marked=0,
    )


def _ranked_cells(number: int, row: Row) -> dict[str, str]:
    each = row.placement
    low, high = around(each.speed.ms_per_token, each.speed.error_factor)
    more = f" +{row.more_regions}" if row.more_regions else ""
    return {
        "#": str(number),
        "instance type": instances(each),
        "where": _service(each),
        "region": f"{each.offer.price.region}{more}",
        "GPUs": gpus(each),
        "weights": weights(each),
        "$/hour": f"{each.usd_per_hour:.2f}",
        "$/month": f"{each.usd_per_month:,.0f}",
        "$/1M tokens": f"{each.usd_per_million_tokens:.2f}",
        "ms/token": f"{each.speed.ms_per_token:.1f}",
        "typical range": f"{low:.0f} - {high:.0f}",
        "first token": milliseconds(each.speed.time_to_first_token_ms),
        "tokens/s": format_rate(each.tokens_per_s),
    }


def _notes(rows: Sequence[Row]) -> tuple[Note, ...]:
    """Spell out each caution by the first row that has it, and say which rows have the like."""
    texts: dict[str, str] = {}
    numbers: dict[str, list[int]] = {}
    for number, row in enumerate(rows, start=1):
        for text in row.placement.warnings:
            texts.setdefault(kind(text), text)
            numbers.setdefault(kind(text), []).append(number)
    every = list(range(1, len(rows) + 1))
    return tuple(
        _note(texts[name], "every row" if found == every else f"rows {_ranges(found)}")
        for name, found in numbers.items()
        if name != EXTRAPOLATED  # the range of each row is in the table
    )


def _ranges(numbers: Sequence[int]) -> str:
    """Write 1, 2, 3, 7 as `1-3, 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)


def _rejected(plan: Plan) -> Table:
    rows = [
        (
            reason,
            clouds()[cloud].service,
            ", ".join(f"{name} ({in_regions(count)})" for name, count in counts.items()),
        )
        for (cloud, reason), counts in rejected_groups(plan).items()
    ]
    columns = ("reason", "where", "instance types")
    return Table("Rejected offers by reason", columns, tuple(rows))


def _assumptions(plan: Plan) -> tuple[str, ...]:
    chosen, use = plan.placements[0], plan.workload.utilization
    derived = sum(each.offer.price.basis == "derived" for each in plan.placements)
    of_them = (
        f"; {derived} of {len(plan.placements)} computed from another price" if derived else ""
    )
    return (
        f"Prices are on demand, in US dollars, of {_price_dates(plan)}{of_them}.",
        f"A month has {HOURS_PER_MONTH} hours, all of them paid for.",
        "Not in them: storage, network, requests, taxes, discounts and commitments.",
        (
            f"$/1M tokens is $/hour / (tokens/s {TIMES} 3600 {TIMES} {use:g}) {TIMES} 1,000,000. "
            "It is for output tokens, and has the reading of the prompts in it."
        ),
        f"The load is there for {use:.0%} of each hour.",
        f"The load is {_load(plan)}; each request is followed by the next.",
        "Speeds are estimates, not measured on this deployment; the range is their typical error.",
        f"What the speed of the choice rests on: {chosen.speed.calibration}.",
        "Memory of a GPU is what its driver reports as usable, not what the data sheet says.",
    )
