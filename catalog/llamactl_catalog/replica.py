"""A replica: one copy of a model, spread over some GPUs of one instance."""

from dataclasses import dataclass

from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Quantization


@dataclass(frozen=True, slots=True)
class Replica:
    """How one replica is built: its weights as they are stored, on so many shards of a GPU.

    `cache_bytes` is what one number of the KV cache takes: 2, or 1 where the cache is FP8.
    """

    model: Model
    quantization: Quantization
    accelerator: Accelerator
    num_shard: int
    cache_bytes: int = 2
