"""What a plan says in words, on a terminal and in a report: rows, names, the reason, the sizes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llamactl_catalog.placement import Placement, Plan, Speed
from llamactl_catalog.quantization import PREPARED
from llamactl_catalog.quota import quota
from llamactl_catalog.units import format_bytes, format_rate

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
class Row:
    """A placement of the table, and in how many more regions its like is offered."""

    placement: Placement
    more_regions: int


def rows_of(plan: Plan, *, every_region: bool) -> list[Row]:
    """Give one row an instance type, in its best region, or with `every_region` one an offer."""
    if every_region:
        return [Row(each, 0) for each in plan.placements]
    alike: dict[tuple[str, str], list[Placement]] = {}
    for each in plan.placements:
        instance = each.offer.instance_type
        alike.setdefault((instance.cloud, instance.name), []).append(each)
    return [Row(group[0], len(group) - 1) for group in alike.values()]


def price_dates(plan: Plan) -> tuple[str, str]:
    """Give the dates of the oldest and the newest price."""
    dates = [each.offer.price.dated for each in plan.placements]
    return min(dates).isoformat(), max(dates).isoformat()


def instances(each: Placement) -> str:
    """Name the instance type, and how many of it: `2 x ml.g5.12xlarge`."""
    name = each.offer.instance_type.name
    return f"{each.instances} x {name}" if each.instances > 1 else name


def place_of(placement: Placement) -> str:
    """Name a placement: how many of which instance type, where, for how much."""
    offer = placement.offer
    where = f"{offer.price.region} on {offer.instance_type.cloud}"
    return f"{instances(placement)} in {where}, ${placement.usd_per_hour:.2f} an hour"


def gpus(each: Placement) -> str:
    """Name the GPUs of an instance: `4 A10G`, or `2/4 A10G` where two of four are used.

    `4x2/8 A10G` are four replicas of two shards.
    """
    instance = each.offer.instance_type
    used = f"{each.num_shard}/" if each.num_shard < instance.accelerators else ""
    if each.replicas_per_instance > 1:
        used = f"{each.replicas_per_instance}x{used}"
    name = _SOCKET.sub("", instance.accelerator.name).replace(" GB", "GB").strip()
    return f"{used}{instance.accelerators} {name}"


def first_token(speed: Speed) -> str:
    """The time to the first token in ms: where requests arrive evenly, and all at once."""
    even, at_once = speed.time_to_first_token_ms, speed.time_to_first_token_at_once_ms
    return f"{even:.0f}" if round(even) == round(at_once) else f"{even:.0f}-{at_once:.0f}"


def weights(each: Placement) -> str:
    """Say how the weights are stored."""
    return "16 bit" if each.quantization == "none" else each.quantization.removeprefix(_MAKER)


def choice(plan: Plan, rows: Sequence[Row]) -> str:
    """Give the reason for the choice in one sentence."""
    chosen = plan.placements[0]
    offers = len(plan.placements)
    among = "the only offer that carries" if offers == 1 else f"of {offers} offers that carry"
    wins = "is" if offers == 1 else f"{_WINNERS[plan.objective]}"
    sentence = (
        f"{instances(chosen)} in {chosen.offer.price.region} {wins} {among} this load: "
        f"${chosen.usd_per_hour:.2f} an hour, ${chosen.usd_per_month:,.0f} a month"
    )
    if len(rows) == 1:
        return f"{sentence}."
    return f"{sentence}; the next, {instances(rows[1].placement)}, {_next(plan, rows)}."


def _next(plan: Plan, rows: Sequence[Row]) -> str:
    """Say by how much the next one is behind."""
    first, second = rows[0].placement, rows[1].placement
    match plan.objective:
        case "cost":
            return f"costs ${second.usd_per_hour:.2f}"
        case "latency":
            here, there = first.speed.ms_per_token, second.speed.ms_per_token
            return f"takes {there:.1f} ms per token instead of {here:.1f}"
        case "throughput":
            less, most = format_rate(second.tokens_per_s), format_rate(first.tokens_per_s)
            return f"gives {less} tokens/s instead of {most}"


def sizing(chosen: Placement, plan: Plan) -> str:
    """Say what takes the memory of a placement, and what there is room for."""
    memory = chosen.memory
    at_once = -(-plan.workload.concurrency // chosen.replicas)
    longest = min(memory.max_kv_tokens // at_once, plan.model.architecture.context_tokens)
    for_each = f"{longest} for the one" if at_once == 1 else f"{longest} in each of {at_once}"
    return (
        f"Memory: {format_bytes(memory.weights_bytes)} of weights, "
        f"{format_bytes(memory.kv_cache_bytes)} of cache and "
        f"{format_bytes(memory.overhead_bytes)} for the engine, of "
        f"{format_bytes(memory.available_bytes)}; room for {memory.max_kv_tokens} tokens at once, "
        f"{for_each}."
    )


def cheaper_line(cheaper: Placement, plan: Plan) -> str:
    """Say what fewer bits would save, from whose weights, and what is to be checked."""
    least_usd = min(each.usd_per_hour for each in plan.placements)
    saved = 1 - cheaper.usd_per_hour / least_usd
    prepared = cheaper.quantization in PREPARED
    whose = "someone's quantized weights" if prepared else "the published weights, when it starts"
    return (
        f"Cheaper: --quantize {cheaper.quantization} on {place_of(cheaper)} ({saved:.0%} less), "
        f"from {whose}; answers may be worse: compare them first"
    )


def quota_line(chosen: Placement, instances: int | None = None) -> str:
    """Say which quota a placement needs, and how much while an update is on.

    `instances` None: as many as carry the load.
    """
    count = instances if instances is not None else chosen.instances
    needed = quota(chosen.offer.instance_type, count)
    # Where instances are counted, the quota's name says of which.
    of = "x" if needed.unit == "instances" else f"{needed.unit} of"
    code = "" if needed.code is None else f" ({needed.code})"
    return (
        f"Quota: {needed.needed} {of} '{needed.name}'{code}; "
        f"a blue/green update needs {needed.needed_to_update}."
    )


def rejected_groups(plan: Plan) -> dict[tuple[str, str], dict[str, int]]:
    """Give the instance types by cloud and reason; of each, in how many regions it failed."""
    groups: dict[tuple[str, str], dict[str, int]] = {}
    for each in plan.rejected:
        counts = groups.setdefault((each.cloud, each.reason), {})
        counts[each.instance_type] = counts.get(each.instance_type, 0) + bool(each.region)
    return {group: dict(sorted(counts.items())) for group, counts in groups.items()}


def in_regions(count: int) -> str:
    """Count regions: `no region`, `1 region`, `12 regions`."""
    return {0: "no region", 1: "1 region"}.get(count, f"{count} regions")
