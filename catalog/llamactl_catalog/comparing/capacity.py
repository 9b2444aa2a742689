"""What one replica carries by the requests it has in flight, within memory and limits of speed."""

from collections.abc import Sequence
from dataclasses import dataclass

from llamactl_catalog.candidates import BITS, Arithmetic, Candidate, candidates
from llamactl_catalog.comparing.comparison import Load
from llamactl_catalog.fleet import disk_shortage
from llamactl_catalog.hardware import InstanceType
from llamactl_catalog.limits import NO_LIMITS, Limits, slowness
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Layout, Memory, Quantization, Speed, whole_answer_s
from llamactl_catalog.replica import Replica
from llamactl_catalog.workload import Workload

# Sums and quotients of loads carry a rounding error; no instance is added for one.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Working:
    """One replica with `in_flight` requests at once, each followed by the next."""

    in_flight: int
    memory: Memory
    speed: Speed
    answer_s: float
    monthly_tokens: float


@dataclass(frozen=True, slots=True)
class Way:
    """One way to build a replica, and what it carries with 1, 2, 3 and more requests in flight."""

    quantization: Quantization
    num_shard: int
    replicas_per_instance: int
    workings: tuple[Working, ...]

    @property
    def monthly_tokens(self) -> float:
        """Give the most that an instance carries."""
        return self.replicas_per_instance * max(each.monthly_tokens for each in self.workings)

    @property
    def error_factor(self) -> float:
        """The factor by which its fullest speed may be off."""
        return max(self.workings, key=lambda each: each.monthly_tokens).speed.error_factor

    def working(self, monthly_tokens: float, instances: int) -> Working:
        """Give the fewest requests in flight on each replica of so many instances for a load.

        By Little's law that many are in flight at that rate of arrivals.
        """
        replicas = instances * self.replicas_per_instance
        share = monthly_tokens / replicas * (1 - _ROUNDING)
        return next(each for each in self.workings if each.monthly_tokens >= share)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every instance type alike, for one model."""

    model: Model
    context_tokens: int
    load: Load
    limits: Limits
    quantizations: tuple[Quantization, ...]
    arithmetic: Arithmetic
    layout: Layout

    def workload(self, in_flight: int) -> Workload:
        """Give the work of one replica with so many requests at once."""
        load = self.load
        return Workload(load.input_tokens, load.output_tokens, in_flight, self.context_tokens)


def instances_for(monthly_tokens: float, of_one: float) -> int:
    """Count the instances that carry a load, at least one."""
    return max(1, -int(-monthly_tokens / of_one * (1 - _ROUNDING) // 1))


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """Why an instance carries nothing; the less of it is `missing`, the nearer it comes."""

    missing: float
    reason: str


TOO_SLOW, UNUSABLE = -1.0, float("inf")


def ways(
    asked: Question, kind: InstanceType, longest_answer_s: float
) -> tuple[tuple[Way, ...], Refusal]:
    """Find every way to build a replica on an instance, and say why there is none.

    It must have the memory for the requests in flight, keep to the limits of speed, and answer
    before the cloud ends even a streamed answer.
    """
    limits = Limits(None, None, asked.limits.max_ms_per_token, asked.limits.max_ttft_ms)
    alone, reason = _alone(asked, kind, limits)
    found = [_way(asked, kind, each, longest_answer_s) for each in alone]
    answered = tuple(each for each in found if each.workings)
    if not alone:
        fits, _ = _alone(asked, kind, NO_LIMITS)
        memory_bytes = kind.accelerators * kind.accelerator.memory_bytes
        return (), Refusal(TOO_SLOW if fits else 1 / memory_bytes, reason)
    seconds = min(whole_answer_s(each.speed, asked.load.output_tokens) for each in alone)
    late = f"an answer takes {seconds:.0f} s, it is ended after {longest_answer_s:.0f} s"
    return answered, Refusal(TOO_SLOW, late)


def stored(
    asked: Question, kind: InstanceType, found: Sequence[Way]
) -> tuple[tuple[Way, ...], str | None]:
    """Keep the ways whose files an instance's disk has room for, and say what it lacks."""
    needed = [asked.arithmetic.disk_bytes(asked.model, each.quantization) for each in found]
    short = [disk_shortage(each, kind) for each in needed]
    able = tuple(way for way, lack in zip(found, short, strict=True) if lack is None)
    return able, disk_shortage(min(needed, default=0), kind)


def instances_preferred(found: Sequence[Way], monthly_tokens: float) -> tuple[int, Way]:
    """Choose the fewest instances, then most bits of the weights, then the faster way."""
    fewest = min(instances_for(monthly_tokens, each.monthly_tokens) for each in found)

    def key(each: Way) -> tuple[float, ...]:
        working = each.working(monthly_tokens, fewest)
        return -BITS[each.quantization], working.speed.ms_per_token, each.num_shard

    able = [each for each in found if instances_for(monthly_tokens, each.monthly_tokens) == fewest]
    return fewest, min(able, key=key)


def _alone(asked: Question, kind: InstanceType, limits: Limits) -> tuple[list[Candidate], str]:
    return candidates(
        asked.model,
        kind.accelerator,
        kind.accelerators,
        asked.workload(1),
        limits,
        asked.quantizations,
        asked.arithmetic,
        layout=asked.layout,
    )


def _way(asked: Question, kind: InstanceType, alone: Candidate, longest_answer_s: float) -> Way:
    workings = []
    for in_flight in range(1, asked.arithmetic.most_in_flight + 1):
        working = _working(asked, kind, alone, in_flight)
        if not working.memory.fits:
            break
        speed = working.speed
        tokens_per_s = speed.tokens_per_s
        if working.answer_s <= longest_answer_s and not slowness(asked.limits, speed, tokens_per_s):
            workings.append(working)
    return Way(alone.quantization, alone.num_shard, alone.replicas_per_instance, tuple(workings))


def _working(asked: Question, kind: InstanceType, alone: Candidate, in_flight: int) -> Working:
    workload, load = asked.workload(in_flight), asked.load
    replica = Replica(asked.model, alone.quantization, kind.accelerator, alone.num_shard)
    memory = asked.arithmetic.memory(replica, workload)
    speed = asked.arithmetic.speed(replica, workload, memory.max_kv_tokens)
    requests_per_s = speed.tokens_per_s / load.output_tokens
    return Working(
        in_flight=in_flight,
        memory=memory,
        speed=speed,
        answer_s=whole_answer_s(speed, load.output_tokens),
        monthly_tokens=requests_per_s * load.seconds_per_month * load.request_tokens / load.peak,
    )
