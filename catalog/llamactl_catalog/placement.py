"""A model on an offer, with its memory, speed and cost; the plan that ranks such placements."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from llamactl_catalog.hardware import Offer
from llamactl_catalog.model import Model
from llamactl_catalog.workload import Workload

# 16-bit, or a way to store weights in fewer bits, by TGI's names.
Quantization = Literal["none", "gptq", "awq", "bitsandbytes-nf4", "eetq", "fp8"]
Objective = Literal["cost", "latency", "throughput"]
_MS_PER_S = 1000


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes over all shards of one replica, and what is there.

    `max_kv_tokens` is the largest number of tokens in flight that the rest has room for.
    """

    weights_bytes: int
    kv_cache_bytes: int
    overhead_bytes: int
    available_bytes: int
    max_kv_tokens: int

    @property
    def needed_bytes(self) -> int:
        """All that the replica takes."""
        return self.weights_bytes + self.kv_cache_bytes + self.overhead_bytes

    @property
    def fits(self) -> bool:
        """Whether the replica has the bytes that it takes."""
        return self.needed_bytes <= self.available_bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """How replicas are laid out on an instance: what is asked for; None: whatever is best."""

    num_shard: int | None = None
    replicas_per_instance: int | None = None


@dataclass(frozen=True, slots=True)
class Speed:
    """What one user sees, and what the replica does, at `concurrency` requests at once.

    The first token comes after `time_to_first_token_ms` where requests arrive evenly, and after
    `time_to_first_token_at_once_ms` where all come at the same moment. `calibration` names the
    measured rows behind it and what they do not cover; `error_factor` is the factor, at least 1,
    that holds either way in 8 of 10 cases.
    """

    time_to_first_token_ms: float
    time_to_first_token_at_once_ms: float
    ms_per_token: float
    tokens_per_s: float
    calibration: str
    error_factor: float


def whole_answer_s(speed: Speed, output_tokens: int) -> float:
    """Give how long a whole answer takes: the first token, and then one by one."""
    answer_ms = speed.time_to_first_token_ms + (output_tokens - 1) * speed.ms_per_token
    return answer_ms / _MS_PER_S


@dataclass(frozen=True, slots=True)
class Placement:
    """A model on an offer, ready to be deployed.

    Each of the `instances` holds `replicas_per_instance` replicas. `speed` is that of one replica
    under its share of the load; `tokens_per_s` is of all replicas. `is_slow`: a user reads faster
    than one token in `speed.ms_per_token`.
    """

    model: Model
    offer: Offer
    instances: int
    replicas_per_instance: int
    engine: str
    quantization: Quantization
    num_shard: int
    memory: Memory
    speed: Speed
    tokens_per_s: float
    usd_per_hour: float
    usd_per_month: float
    usd_per_million_tokens: float
    is_slow: bool
    warnings: tuple[str, ...]

    @property
    def replicas(self) -> int:
        """The copies of the model on all instances."""
        return self.instances * self.replicas_per_instance


@dataclass(frozen=True, slots=True)
class Rejection:
    """An offer that cannot serve the model, and why, in words with numbers."""

    cloud: str
    region: str
    instance_type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The ranked placements of a model for a workload, best first, and the rejected offers."""

    model: Model
    workload: Workload
    objective: Objective
    placements: tuple[Placement, ...]
    rejected: tuple[Rejection, ...]
    prices_as_of: date
