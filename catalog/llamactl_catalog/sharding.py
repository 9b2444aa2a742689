"""The numbers of GPUs that TGI can split a model over."""

from functools import lru_cache

from llamactl_catalog.model import Architecture, Model
from llamactl_catalog.placement import Quantization
from llamactl_catalog.quantization import PREPARED, misfit


def shard_counts(model: Model, quantization: Quantization, accelerators: int) -> tuple[int, ...]:
    """Give the numbers of shards that TGI accepts, up to `accelerators`, smallest first."""
    return _shard_counts(model.architecture, quantization, accelerators)


def refusal(model: Model, quantization: Quantization, num_shard: int) -> str | None:
    """Say why TGI does not split the model in so many shards, or None where it does."""
    return _refusal(model.architecture, quantization, num_shard)


@lru_cache(maxsize=4096)
def _shard_counts(
    shape: Architecture, quantization: Quantization, accelerators: int
) -> tuple[int, ...]:
    counts = range(1, min(accelerators, shape.heads) + 1)  # a shard has a head at least
    return tuple(each for each in counts if _refusal(shape, quantization, each) is None)


def _refusal(shape: Architecture, quantization: Quantization, num_shard: int) -> str | None:
    """Check what each shard gets: whole heads, an equal part of the feed-forward width, groups.

    TGI never copies a key-value head to several shards; embeddings it pads, so that the vocabulary
    need not divide. Source: text-generation-inference 3.3.6, flash_llama_modeling.py,
    flash_rw_modeling.py (Falcon: groups of heads), mpt_modeling.py, and `get_sharded` in
    utils/weights.py, which asserts that a split dimension divides.
    """
    for name, count in (
        ("heads", shape.heads),
        ("key-value heads", shape.kv_heads),
        ("feed-forward channels", shape.intermediate),
    ):
        if count % num_shard:
            return f"{count:,} {name} do not split evenly over {num_shard} shards"
    if quantization in PREPARED:
        if shape.kind == "mpt":
            return f"TGI reads no {quantization} weights for the MPT architecture"
        return misfit(shape, quantization, num_shard)
    return None
