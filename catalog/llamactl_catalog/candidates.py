"""The ways to serve a model on some GPUs: quantization, shards, and replicas for the load."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.limits import Limits, slowness
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Layout, Memory, Objective, Quantization, Speed
from llamactl_catalog.replica import Replica
from llamactl_catalog.workload import Workload

# Bits that a weight keeps: of two ways that cost the same, the one that keeps more is better.
# Source: text-generation-inference, docs/source/conceptual/quantization.md, 3.3.5.
BITS: dict[Quantization, int] = {
    "none": 16,
    "fp8": 8,
    "eetq": 8,
    "gptq": 4,
    "awq": 4,
    "bitsandbytes-nf4": 4,
}

ANY_LAYOUT = Layout()


class Arithmetic(Protocol):
    """What an engine can do and needs: quantizations, shards, memory, and speed under a load."""

    @property
    def most_in_flight(self) -> int:
        """The most requests that a replica has in flight where it is not told."""

    def unavailable_because(
        self, model: Model, quantization: Quantization, accelerator: Accelerator
    ) -> str | None:
        """Say why the engine cannot serve the model so on such a GPU; None: it can."""

    def shard_counts(
        self, model: Model, quantization: Quantization, accelerators: int
    ) -> tuple[int, ...]:
        """Give the numbers of shards that the engine accepts, up to `accelerators`."""

    def replicas_per_instance(self, num_shard: int, accelerators: int) -> int:
        """Give how many replicas of so many shards the engine runs on one instance, at least 1."""

    def memory(self, replica: Replica, workload: Workload) -> Memory:
        """Give the bytes that one replica takes for a workload, and has."""

    def disk_bytes(self, model: Model, quantization: Quantization) -> int:
        """Give what a replica's disk holds: the files of the weights, and the engine's image."""

    def shortage(self, replica: Replica, workload: Workload) -> str:
        """Say what is missing, in words with numbers."""

    def speed(self, replica: Replica, workload: Workload, max_kv_tokens: int) -> Speed:
        """Estimate what one replica does under a workload, with room for so many cached tokens."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to serve the load; `speed` is the busiest replica's, `tokens_per_s` that of all."""

    quantization: Quantization
    num_shard: int
    replicas_per_instance: int
    instances: int
    memory: Memory
    speed: Speed
    tokens_per_s: float
    is_slow: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    """So many replicas on an instance under a load, and the arithmetic that answers for each."""

    replica: Replica
    per_instance: int
    workload: Workload
    arithmetic: Arithmetic
    known: dict[int, Memory] = field(default_factory=dict)

    def share(self, instances: int) -> Workload:
        """Give the load of the busiest replica of so many instances."""
        return self._loaded(-(-self.workload.concurrency // (instances * self.per_instance)))

    def memory(self, load: Workload) -> Memory:
        """Give the memory of a replica under a load."""
        if load.concurrency not in self.known:
            self.known[load.concurrency] = self.arithmetic.memory(self.replica, load)
        return self.known[load.concurrency]

    def has_room(self, instances: int) -> bool:
        """Tell whether the busiest replica of so many instances has the memory for its share."""
        return self.memory(self.share(instances)).fits

    def shortage(self) -> str:
        """Say what one request alone is short of."""
        return self.arithmetic.shortage(self.replica, self._loaded(1))

    def candidate(self, instances: int) -> Candidate:
        """Serve the load with so many instances, each replica with as even a share as there is."""
        load = self.share(instances)
        speed = self._speed(load)
        replicas = instances * self.per_instance
        less_busy = replicas * load.concurrency - self.workload.concurrency
        tokens_per_s = (replicas - less_busy) * speed.tokens_per_s
        if less_busy and load.concurrency > 1:
            lighter = self._loaded(load.concurrency - 1)
            tokens_per_s += less_busy * self._speed(lighter).tokens_per_s
        return Candidate(
            self.replica.quantization,
            self.replica.num_shard,
            self.per_instance,
            instances,
            self.memory(load),
            speed,
            tokens_per_s,
        )

    def _loaded(self, concurrency: int) -> Workload:
        work = self.workload
        if concurrency == work.concurrency:
            return work
        # Written out, for it is asked tens of thousands of times: `replace` takes 7 times as long.
        return Workload(
            work.input_tokens,
            work.output_tokens,
            concurrency,
            work.context_tokens,
            work.utilization,
        )

    def _speed(self, load: Workload) -> Speed:
        return self.arithmetic.speed(self.replica, load, self.memory(load).max_kv_tokens)


def candidates(  # noqa: PLR0913, PLR0917 - one question, and what it depends on
    model: Model,
    accelerator: Accelerator,
    accelerators: int,
    workload: Workload,
    limits: Limits,
    quantizations: Sequence[Quantization],
    arithmetic: Arithmetic,
    instances: int | None = None,
    layout: Layout = ANY_LAYOUT,
) -> tuple[list[Candidate], str]:
    """Find every way to carry the load within the limits, and say why there is none.

    Each has the fewest instances that have the memory and keep to the limits of speed, or just so
    many as are asked for. Without a limit of ms per token a way is there twice where more instances
    bring it to reading speed: so, and with fewer as slow. The words are those of the way that came
    nearest; they count only without any way.
    """
    found: list[Candidate] = []
    too_few: list[int] = []
    too_slow: list[tuple[float, str]] = []
    too_small: list[tuple[int, int, _Way]] = []
    unavailable: list[str] = []
    for quantization in quantizations:
        refused = arithmetic.unavailable_because(model, quantization, accelerator)
        if refused is not None:
            unavailable.append(refused)
            continue
        counts = arithmetic.shard_counts(model, quantization, accelerators)
        laid_out = [*_laid_out(counts, accelerators, layout, arithmetic)]
        if not laid_out and counts:
            unavailable.append(_not_laid_out(counts, accelerators, layout))
        for num_shard, per_instance in laid_out:
            replica = Replica(model, quantization, accelerator, num_shard)
            way = _Way(replica, per_instance, workload, arithmetic)
            fewest = _fewest(way.has_room, 1, workload.concurrency)
            if fewest is None:
                too_small.append((BITS[quantization], -num_shard, way))
                continue
            best, slow = _fast_enough(way, fewest, limits)
            if slow is not None:
                too_slow.append((best.speed.ms_per_token, slow))
            elif instances is None:
                found += _at_reading_speed(way, best, limits)
            elif best.instances <= instances:
                found.append(_marked(way.candidate(instances), limits))
            else:
                too_few.append(best.instances)
    if too_few:
        most = workload.concurrency
        return found, f"needs {min(too_few)} instances for {most} requests at once, not {instances}"
    return found, _reason(too_slow, too_small, unavailable)


def preference(objective: Objective) -> Callable[[Candidate], tuple[float, ...]]:
    """Give the sort key that puts the best of several ways on the same instance first."""

    def key(each: Candidate) -> tuple[float, ...]:
        built = (-BITS[each.quantization], -each.tokens_per_s, each.num_shard)
        cost = (each.is_slow, each.instances, *built)
        match objective:
            case "cost":
                return cost
            case "latency":
                return (each.speed.ms_per_token, each.speed.time_to_first_token_ms, *cost)
            case "throughput":
                return (each.is_slow, -each.tokens_per_s, *cost)

    return key


def _laid_out(
    counts: Sequence[int], accelerators: int, layout: Layout, arithmetic: Arithmetic
) -> Iterator[tuple[int, int]]:
    """Give the numbers of shards, each with the replicas per instance, that are asked for."""
    for num_shard in counts:
        if layout.num_shard not in {None, num_shard}:
            continue
        asked = layout.replicas_per_instance
        if asked is None:
            yield num_shard, arithmetic.replicas_per_instance(num_shard, accelerators)
        elif asked * num_shard <= accelerators:
            yield num_shard, asked


def _not_laid_out(counts: Sequence[int], accelerators: int, layout: Layout) -> str:
    gpus = "1 GPU" if accelerators == 1 else f"{accelerators} GPUs"
    if layout.num_shard is not None and layout.num_shard not in counts:
        splits = ", ".join(map(str, counts))
        return f"{layout.num_shard} shards are asked for; with {gpus} it is {splits}"
    shards = layout.num_shard or min(counts)
    replicas = layout.replicas_per_instance or 1
    needed = shards * replicas
    return f"{replicas} replicas of {shards} shards need {needed} GPUs, this has {gpus}"


def _at_reading_speed(way: _Way, best: Candidate, limits: Limits) -> Iterator[Candidate]:
    """Give a way as it is, and where it is slow also with the instances that make it faster."""
    yield _marked(best, limits)
    if limits.is_slow(best.speed):
        faster, slow = _fast_enough(way, best.instances, limits.at_reading_speed())
        if slow is None:
            yield faster


def _marked(candidate: Candidate, limits: Limits) -> Candidate:
    return replace(candidate, is_slow=True) if limits.is_slow(candidate.speed) else candidate


def _fast_enough(way: _Way, fewest: int, limits: Limits) -> tuple[Candidate, str | None]:
    """Add instances until each user is served fast enough; beyond one a user, none helps."""
    tried: dict[int, Candidate] = {}

    def slow(instances: int) -> str | None:
        tried[instances] = way.candidate(instances)
        return slowness(limits, tried[instances].speed, tried[instances].tokens_per_s)

    most = max(fewest, -(-way.workload.concurrency // way.per_instance))
    enough = _fewest(lambda count: slow(count) is None, fewest, most)
    return (tried[enough], None) if enough is not None else (tried[most], slow(most))


def _fewest(enough: Callable[[int], bool], least: int, most: int) -> int | None:
    """Find the smallest number from `least` to `most` that is enough, where more is never worse."""
    if enough(least):
        return least
    if least == most or not enough(most):
        return None
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if enough(middle) else (middle, most)
    return most


def _reason(
    too_slow: Sequence[tuple[float, str]],
    too_small: Sequence[tuple[int, int, _Way]],
    unavailable: Sequence[str],
) -> str:
    if too_slow:
        return min(too_slow)[1]
    if too_small:
        _, _, way = min(too_small, key=lambda each: each[:2])
        return way.shortage()
    if unavailable:
        return unavailable[0]
    return "the engine accepts no number of shards for this model"
