"""Hand-made values for the planner's tests: a model, GPUs, offers, and arithmetic that is easy."""

from dataclasses import dataclass, replace
from datetime import date

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.hardware import Accelerator, InstanceType, Offer, Price
from llamactl_catalog.placement import Memory, Speed
from llamactl_catalog.planning import plan
from llamactl_catalog.workload import Workload

TODAY = date(2026, 11, 22)
WORKLOAD = Workload(input_tokens=100, output_tokens=50, concurrency=4, context_tokens=200)
MODEL = load_catalog().model("llama-2-13b-chat")
BASE_MODEL = load_catalog().model("llama-2-7b")


def accelerator(name="small", memory_bytes=1000):
    return Accelerator(name, f"NVIDIA {name}", memory_bytes, 1e9, 1e12, (8, 0), None, "test", TODAY)


def offer(  # noqa: PLR0913 - what a test may vary
    name="type-a",
    usd_per_hour=1.0,
    *,
    cloud="aws",
    region="near",
    gpu=None,
    gpus=1,
    basis="published",
    dated=TODAY,
    unusable_because=None,
    unavailable_because=None,
    disk_bytes=None,
):
    instance_type = InstanceType(
        cloud=cloud,
        name=name,
        accelerator=gpu if gpu is not None else accelerator(),
        accelerators=gpus,
        vcpus=8,
        memory_bytes=10**9,
        disk_bytes=disk_bytes,
        quota_name="quota",
        quota_code=None,
        quota_units=1,
        reserve=0.0,
        unusable_because=unusable_because,
        source="test",
        checked_on=TODAY,
    )
    price = Price(cloud, region, name, usd_per_hour, basis, dated, "test")
    return Offer(instance_type, price, unavailable_because)


@dataclass(frozen=True)
class Easy:
    """Arithmetic to follow in the head.

    Weights are 600 bytes, or 150 in 4 bit; a request takes a byte a token of its context. With N
    shards a token takes `ms / N + 1` for each request at once, and the first one ten times that.
    """

    ms: float = 8.0
    most_shards: int = 8
    calibration: str = "measured by hand"
    holds_several: bool = False
    most_in_flight: int = 128

    def unavailable_because(self, model, quantization, accelerator):
        needs_newer = quantization == "fp8" and accelerator.compute_capability < (8, 0)
        return f"{accelerator.name} is too old for fp8" if needs_newer else None

    def shard_counts(self, model, quantization, accelerators):
        return tuple(
            count for count in (1, 2, 4, 8) if count <= min(accelerators, self.most_shards)
        )

    def replicas_per_instance(self, num_shard, accelerators):
        return accelerators // num_shard if self.holds_several else 1

    def memory(self, replica, workload):
        weights = 600 if replica.quantization == "none" else 150
        available = replica.accelerator.memory_bytes * replica.num_shard
        cache = workload.concurrency * workload.context_tokens
        return Memory(weights, cache, 0, available, max(0, available - weights))

    def disk_bytes(self, model, quantization):
        return 60 * 10**9 if quantization == "none" else 20 * 10**9

    def shortage(self, replica, workload):
        memory = self.memory(replica, workload)
        return f"needs {memory.weights_bytes + memory.kv_cache_bytes}, has {memory.available_bytes}"

    def speed(self, replica, workload, max_kv_tokens):
        ms = self.ms / replica.num_shard + workload.concurrency
        tokens_per_s = 1000 * workload.concurrency / ms
        return Speed(10 * ms, 20 * ms, ms, tokens_per_s, self.calibration, 1.15)


def with_concurrency(count):
    return replace(WORKLOAD, concurrency=count)


def planned(*offers, workload=WORKLOAD, arithmetic=None, **options):
    """Plan the hand-made model on some offers, by arithmetic to follow in the head."""
    chosen = arithmetic if arithmetic is not None else Easy()
    return plan(MODEL, offers, workload, arithmetic=chosen, today=TODAY, **options)


def names(found):
    """Name the instance types of a plan's placements, best first."""
    return [each.offer.instance_type.name for each in found.placements]
