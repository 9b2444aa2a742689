"""A plan for a person to read: the ranked table, the reason for the choice, what to know of it."""

from collections.abc import Callable, Iterator, Sequence
from string import ascii_lowercase

from llamactl.model_page import wrapped
from llamactl.output import table_lines
from llamactl.plan_words import (
    Row,
    cheaper_line,
    choice,
    first_token,
    gpus,
    in_regions,
    instances,
    price_dates,
    quota_line,
    rejected_groups,
    rows_of,
    sizing,
    weights,
)
from llamactl.planning_options import CONCURRENCY, INPUT_TOKENS, OUTPUT_TOKENS
from llamactl.ranking import workload_of
from llamactl_catalog.candidates import ANY_LAYOUT
from llamactl_catalog.cautions import EXTRAPOLATED, kind
from llamactl_catalog.placement import Layout, Placement, Plan
from llamactl_catalog.units import format_rate, tokens_of

COLUMNS = 100
_RIGHT = ("ms/tok", "err", "first ms", "tok/s", "$/hour", "$/month", "$/1M")
# What goes first where a table is wider than the page.
_DISPENSABLE = ("$/month", "first ms", "cloud", "gpus", "tok/s", "err")


def plan_page(
    plan: Plan,
    *,
    limit: int | None,
    every_region: bool,
    license_words: str | None = None,
    cheaper: Placement | None = None,
) -> str:
    """Write the page of a plan that has placements.

    One row an instance type, in its best region, or with `every_region` one an offer. `cheaper` is
    the cheapest in fewer bits, where it saves something.
    """
    rows = rows_of(plan, every_region=every_region)
    shown = rows[:limit]
    letters = _letters(shown)
    lines = [
        *wrapped(_heading(plan), COLUMNS),
        "",
        *_table(shown, letters),
        *_left_out(rows, shown, plan, every_region=every_region),
        "",
        *wrapped(f"* {choice(plan, rows)}", COLUMNS),
        *wrapped(f"  {sizing(plan.placements[0], plan)}", COLUMNS),
        *wrapped(f"  {quota_line(plan.placements[0])}", COLUMNS),
        *([] if license_words is None else wrapped(f"  License: {license_words}.", COLUMNS)),
        *([] if cheaper is None else wrapped(f"  {cheaper_line(cheaper, plan)}.", COLUMNS)),
        *_notes(shown, letters),
        *wrapped(_speed_note(plan.placements[0]), COLUMNS),
    ]
    return "\n".join(lines)


def rejected_page(plan: Plan) -> str:
    """Write the offers that failed: each reason once, with the instance types it holds for."""
    lines = ["Rejected:"]
    for (cloud, reason), counts in rejected_groups(plan).items():
        names = ", ".join(f"{name} ({in_regions(count)})" for name, count in counts.items())
        first, *rest = wrapped(f"{cloud} {names}: {reason}", COLUMNS - 4)
        lines += [f"  {first}", *(f"    {line}" for line in rest)]
    return "\n".join(lines)


def deploy_command(
    chosen: Placement,
    plan: Plan | None = None,
    engine: str | None = None,
    layout: Layout = ANY_LAYOUT,
) -> str:
    """Give the command that deploys a placement: all of it that `deploy` would choose otherwise.

    `plan` is the one that it is of, which knows the load; `engine` and `layout` are as asked for.
    """
    offer = chosen.offer
    words = [
        *("llamactl", "deploy", chosen.model.id, "--cloud", offer.instance_type.cloud),
        *("--region", offer.price.region, "--instance-type", offer.instance_type.name),
    ]
    if chosen.quantization != "none":
        words += ["--quantize", chosen.quantization]
    if chosen.instances > 1:
        words += ["--replicas", str(chosen.instances)]
    if engine not in {None, chosen.engine}:
        words += ["--engine", str(engine)]
    if layout.num_shard is not None:
        words += ["--num-shard", str(layout.num_shard)]
    return " ".join([*words, *_load_options(plan)])


def _load_options(plan: Plan | None) -> Iterator[str]:
    """Write the load as options, where it is not the usual one."""
    if plan is None:
        return
    work = plan.workload
    usual = workload_of(plan.model, INPUT_TOKENS, OUTPUT_TOKENS, CONCURRENCY, None)
    context = max(usual.context_tokens, work.input_tokens + work.output_tokens)
    for option, tokens, known in (
        ("--input-tokens", work.input_tokens, usual.input_tokens),
        ("--output-tokens", work.output_tokens, usual.output_tokens),
        ("--concurrency", work.concurrency, usual.concurrency),
        ("--context", work.context_tokens, context),
    ):
        if tokens != known:
            yield f"{option} {tokens}"
    if plan.objective != "cost":
        yield f"--optimize {plan.objective}"


def _heading(plan: Plan) -> str:
    work = plan.workload
    at_once = "1 request" if work.concurrency == 1 else f"{work.concurrency} requests"
    oldest, newest = price_dates(plan)
    prices = f"{oldest}" if oldest == newest else f"{oldest} to {newest}"
    return (
        f"{plan.model.id} for {at_once} at once, {tokens_of(work.input_tokens)} in and "
        f"{work.output_tokens} out, context {work.context_tokens}; by {plan.objective}. "
        f"On-demand prices in US dollars of {prices}."
    )


def _table(rows: Sequence[Row], letters: dict[str, str]) -> list[str]:
    cells: dict[str, Callable[[int, Row], str]] = {
        "": lambda number, _: "*" if number == 0 else "",
        "cloud": lambda _, row: row.placement.offer.instance_type.cloud,
        "region": lambda _, row: _region(row),
        "instance type": lambda _, row: instances(row.placement),
        "gpus": lambda _, row: gpus(row.placement),
        "weights": lambda _, row: weights(row.placement),
        "ms/tok": lambda _, row: f"{row.placement.speed.ms_per_token:.1f}",
        "err": lambda _, row: f"x{row.placement.speed.error_factor:.1f}",
        "first ms": lambda _, row: first_token(row.placement.speed),
        "tok/s": lambda _, row: format_rate(row.placement.tokens_per_s),
        "$/hour": lambda _, row: f"{row.placement.usd_per_hour:.2f}",
        "$/month": lambda _, row: f"{row.placement.usd_per_month:.0f}",
        "$/1M": lambda _, row: f"{row.placement.usd_per_million_tokens:.2f}",
        "note": lambda _, row: _marks(row.placement, letters),
    }
    if all(row.placement.quantization == "none" for row in rows):
        del cells["weights"]
    if not letters:
        del cells["note"]
    for name in (*_DISPENSABLE, None):
        lines = table_lines(
            [*cells],
            [[cell(number, row) for cell in cells.values()] for number, row in enumerate(rows)],
            right=_RIGHT,
        )
        if name is None or max(map(len, lines)) <= COLUMNS:
            return lines
        del cells[name]
    return []


def _region(row: Row) -> str:
    region = row.placement.offer.price.region
    return f"{region} +{row.more_regions}" if row.more_regions else region


def _left_out(
    rows: Sequence[Row], shown: Sequence[Row], plan: Plan, *, every_region: bool
) -> Iterator[str]:
    parts = []
    if len(rows) > len(shown):
        parts.append(f"{len(rows) - len(shown)} more to choose from (--limit)")
    if any(row.more_regions for row in shown):
        parts.append("+N: in N more regions, at that price or a higher one (--all)")
    if plan.rejected and not every_region:
        parts.append(f"{len(plan.rejected)} rejected (--all says why)")
    if parts:
        yield from wrapped("; ".join(parts), COLUMNS)


def _letters(rows: Sequence[Row]) -> dict[str, str]:
    """Give each kind of caution a letter, in the order that they appear."""
    kinds = dict.fromkeys(kind(text) for row in rows for text in row.placement.warnings)
    kinds.pop(EXTRAPOLATED, None)  # a column and the last line are about it
    return dict(zip(kinds, ascii_lowercase, strict=False))


def _marks(each: Placement, letters: dict[str, str]) -> str:
    marks = (letters.get(kind(text), "") for text in each.warnings)
    return "".join(sorted(marks))


def _notes(rows: Sequence[Row], letters: dict[str, str]) -> Iterator[str]:
    """Explain each letter by the first row that has it."""
    for name, letter in letters.items():
        text, row = next(
            (text, number)
            for number, each in enumerate(rows)
            for text in each.placement.warnings
            if kind(text) == name
        )
        example = "" if row == 0 else f" (row {row + 1})"
        first, *rest = wrapped(f"{text}{example}", COLUMNS - 3)
        yield f"{letter}  {first}"
        yield from (f"   {line}" for line in rest)


def _speed_note(chosen: Placement) -> str:
    speed = chosen.speed
    return (
        "Speeds are estimates; 8 of 10 are off by no more than the factor ERR. Row 1: "
        f"{speed.calibration}. First token of row 1 after {first_token(speed)} ms. "
        "$/1M: a million output tokens, at the load's utilization."
    )
