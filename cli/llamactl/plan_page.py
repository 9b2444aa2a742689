"""A plan for a person to read: the ranked table, the reason for the choice, what to know of it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from llamactl.model_page import wrapped
from llamactl.output import table_lines
from llamactl_catalog.cautions import EXTRAPOLATED, kind
from llamactl_catalog.placement import Placement, Plan
from llamactl_catalog.units import format_bytes

COLUMNS = 100
_RIGHT = ("ms/tok", "err", "first ms", "tok/s", "$/hour", "$/month", "$/1M")
# What goes first where a table is wider than the page.
_DISPENSABLE = ("$/month", "first ms", "cloud", "gpus", "tok/s", "err")
# Of `bitsandbytes-nf4` the table has room for `nf4`.
_MAKER = "bitsandbytes-"
# What tells no two GPUs of a page apart: maker and socket.
_SOCKET = re.compile(r"NVIDIA |\(.*\)| (?:SXM|PCIe|NVL)\b| Blackwell Server Edition")
_WINNERS = {
    "cost": "is the cheapest",
    "latency": "answers one user fastest",
    "throughput": "gives most tokens/s",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A placement of the table, and in how many more regions its like is offered."""

    placement: Placement
    more_regions: int


def plan_page(plan: Plan, *, limit: int | None, every_region: bool) -> str:
    """Write the page of a plan that has placements.

    One row an instance type, in its best region, or with `every_region` one an offer.
    """
    rows = _rows(plan, every_region=every_region)
    shown = rows[:limit]
    letters = _letters(shown)
    lines = [
        *wrapped(_heading(plan), COLUMNS),
        "",
        *_table(shown, letters),
        *_left_out(rows, shown, plan, every_region=every_region),
        "",
        *wrapped(_choice(plan, rows), COLUMNS),
        *wrapped(_sizing(plan.placements[0], plan), COLUMNS),
        *_notes(shown, letters),
        *wrapped(_speed_note(plan.placements[0]), COLUMNS),
    ]
    return "\n".join(lines)


def rejected_page(plan: Plan) -> str:
    """Write the offers that failed: each reason once, with the instance types it holds for."""
    groups: dict[tuple[str, str], dict[str, int]] = {}
    for each in plan.rejected:
        counts = groups.setdefault((each.cloud, each.reason), {})
        counts[each.instance_type] = counts.get(each.instance_type, 0) + 1
    lines = ["Rejected:"]
    for (cloud, reason), counts in groups.items():
        names = ", ".join(f"{name} ({_regions(count)})" for name, count in sorted(counts.items()))
        first, *rest = wrapped(f"{cloud} {names}: {reason}", COLUMNS - 4)
        lines += [f"  {first}", *(f"    {line}" for line in rest)]
    return "\n".join(lines)


def deploy_command(chosen: Placement) -> str:
    """Give the command that deploys a placement."""
    offer = chosen.offer
    words = [
        *("llamactl", "deploy", chosen.model.id, "--cloud", offer.instance_type.cloud),
        *("--region", offer.price.region, "--instance-type", offer.instance_type.name),
    ]
    if chosen.quantization != "none":
        words += ["--quantize", chosen.quantization]
    return " ".join(words)


def _regions(count: int) -> str:
    return "1 region" if count == 1 else f"{count} regions"


def _rows(plan: Plan, *, every_region: bool) -> list[_Row]:
    if every_region:
        return [_Row(each, 0) for each in plan.placements]
    alike: dict[tuple[str, str], list[Placement]] = {}
    for each in plan.placements:
        instance = each.offer.instance_type
        alike.setdefault((instance.cloud, instance.name), []).append(each)
    return [_Row(group[0], len(group) - 1) for group in alike.values()]


def _heading(plan: Plan) -> str:
    work = plan.workload
    at_once = "1 request" if work.concurrency == 1 else f"{work.concurrency} requests"
    oldest, newest = _price_dates(plan)
    prices = f"{oldest}" if oldest == newest else f"{oldest} to {newest}"
    return (
        f"{plan.model.id} for {at_once} at once, {work.input_tokens} tokens in and "
        f"{work.output_tokens} out, context {work.context_tokens}; by {plan.objective}. "
        f"On-demand prices in US dollars of {prices}."
    )


def _price_dates(plan: Plan) -> tuple[str, str]:
    dates = [each.offer.price.dated for each in plan.placements]
    return min(dates).isoformat(), max(dates).isoformat()


def _table(rows: Sequence[_Row], letters: dict[str, str]) -> list[str]:
    cells: dict[str, Callable[[int, _Row], str]] = {
        "": lambda number, _: "*" if number == 0 else "",
        "cloud": lambda _, row: row.placement.offer.instance_type.cloud,
        "region": lambda _, row: _region(row),
        "instance type": lambda _, row: _instances(row.placement),
        "gpus": lambda _, row: _gpus(row.placement),
        "weights": lambda _, row: _weights(row.placement),
        "ms/tok": lambda _, row: f"{row.placement.speed.ms_per_token:.1f}",
        "err": lambda _, row: f"x{1 + row.placement.speed.error:.1f}",
        "first ms": lambda _, row: f"{row.placement.speed.time_to_first_token_ms:.0f}",
        "tok/s": lambda _, row: f"{row.placement.tokens_per_s:.0f}",
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


def _region(row: _Row) -> str:
    region = row.placement.offer.price.region
    return f"{region} +{row.more_regions}" if row.more_regions else region


def _instances(each: Placement) -> str:
    name = each.offer.instance_type.name
    return f"{each.replicas} x {name}" if each.replicas > 1 else name


def _gpus(each: Placement) -> str:
    instance = each.offer.instance_type
    used = f"{each.num_shard}/" if each.num_shard < instance.accelerators else ""
    name = _SOCKET.sub("", instance.accelerator.name).replace(" GB", "GB").strip()
    return f"{used}{instance.accelerators} {name}"


def _weights(each: Placement) -> str:
    return "16 bit" if each.quantization == "none" else each.quantization.removeprefix(_MAKER)


def _left_out(
    rows: Sequence[_Row], shown: Sequence[_Row], plan: Plan, *, every_region: bool
) -> Iterator[str]:
    parts = []
    if len(rows) > len(shown):
        parts.append(f"{len(rows) - len(shown)} more to choose from (--limit)")
    if any(row.more_regions for row in shown):
        parts.append("+N: in N more regions, at that price or a higher one (--all)")
    if plan.rejected and not every_region:
        parts.append(f"{len(plan.rejected)} offers rejected (--all says why)")
    if parts:
        yield from wrapped("; ".join(parts), COLUMNS)


def _choice(plan: Plan, rows: Sequence[_Row]) -> str:
    chosen = plan.placements[0]
    offers = len(plan.placements)
    among = "the only offer that carries" if offers == 1 else f"of {offers} offers that carry"
    wins = "is" if offers == 1 else f"{_WINNERS[plan.objective]}"
    sentence = (
        f"* {_instances(chosen)} in {chosen.offer.price.region} {wins} {among} this load: "
        f"${chosen.usd_per_hour:.2f} an hour, ${chosen.usd_per_month:,.0f} a month"
    )
    if len(rows) == 1:
        return f"{sentence}."
    return f"{sentence}; the next, {_instances(rows[1].placement)}, {_next(plan, rows)}."


def _next(plan: Plan, rows: Sequence[_Row]) -> str:
    first, second = rows[0].placement, rows[1].placement
    match plan.objective:
        case "cost":
            return f"costs ${second.usd_per_hour:.2f}"
        case "latency":
            here, there = first.speed.ms_per_token, second.speed.ms_per_token
            return f"takes {there:.1f} ms per token instead of {here:.1f}"
        case "throughput":
            return f"gives {second.tokens_per_s:.0f} tokens/s instead of {first.tokens_per_s:.0f}"


def _sizing(chosen: Placement, plan: Plan) -> str:
    memory = chosen.memory
    at_once = -(-plan.workload.concurrency // chosen.replicas)
    longest = min(memory.max_kv_tokens // at_once, plan.model.architecture.context_tokens)
    return (
        f"  Memory: {format_bytes(memory.weights_bytes)} of weights, "
        f"{format_bytes(memory.kv_cache_bytes)} of cache and "
        f"{format_bytes(memory.overhead_bytes)} for the engine, of "
        f"{format_bytes(memory.available_bytes)}; room for {memory.max_kv_tokens} tokens at once, "
        f"{longest} in each of {at_once}."
    )


def _letters(rows: Sequence[_Row]) -> dict[str, str]:
    """Give each kind of caution a letter, in the order that they appear."""
    kinds = dict.fromkeys(kind(text) for row in rows for text in row.placement.warnings)
    kinds.pop(EXTRAPOLATED, None)  # a column and the last line are about it
    return dict(zip(kinds, ascii_lowercase, strict=False))


def _marks(each: Placement, letters: dict[str, str]) -> str:
    marks = (letters.get(kind(text), "") for text in each.warnings)
    return "".join(sorted(marks))


def _notes(rows: Sequence[_Row], letters: dict[str, str]) -> Iterator[str]:
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
        "Speeds are estimates, typically off by no more than the factor ERR. Row 1: "
        f"{speed.calibration}. $/1M: a million output tokens, at the load's utilization."
    )
