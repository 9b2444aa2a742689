"""The memory that TGI takes on each GPU of a replica, part by part, and what is there.

A shard's bytes = its share of the weights + copies the engine makes + keys and values of the tokens
in flight + CUDA's context and workspace + buffers to talk to other shards + the working set of the
prefill + the reserve. A constant or a function names its source.

TGI means text-generation-inference 3.3.6; its files are named below server/text_generation_server.
The numbers hold where it is started with MAX_TOTAL_TOKENS of the workload's context and
MAX_BATCH_PREFILL_TOKENS of `prefill.prefill_tokens`; for MPT also MAX_BATCH_TOTAL_TOKENS of
`Memory.max_kv_tokens`, which TGI finds by itself for the others.
"""

from dataclasses import dataclass
from functools import lru_cache

from llamactl_catalog import quantization as quantizing
from llamactl_catalog.matrices import layer_matrices
from llamactl_catalog.model import Architecture, Model
from llamactl_catalog.placement import Memory
from llamactl_catalog.prefill import prefill_bytes
from llamactl_catalog.quantization import SIXTEEN_BIT_BYTES
from llamactl_catalog.replica import Replica
from llamactl_catalog.units import GB, MIB
from llamactl_catalog.workload import Workload

RESERVE = 0.10
"""The share of a GPU's memory that TGI leaves free: CUDA graphs and fragments of memory live there.

Source: models/globals.py, TGI_WIGGLE_ROOM 0.90; models/flash_causal_lm.py, warmup.
"""
# PyTorch's CUDA context and kernels. Source: NVIDIA AIConfigurator, systems/*.yaml at 095f58a
# (2026-08-21), `other_mem`: 551 MB were observed.
_CONTEXT_BYTES = 551 * MIB
# Source: layers/attention/flashinfer.py, get_workspace.
_FLASHINFER_BYTES = 128 * MIB
# NCCL's buffers on a GPU, of 2 and of more shards. Source: the same files, `nccl_mem`.
_NCCL_PAIR_BYTES, _NCCL_BYTES = 342 * MIB, 392 * MIB
# Head sizes of flashinfer; others, and Falcon, take flash-decoding, with a cache cut into blocks.
# Source: launcher/src/main.rs, resolve_attention; models/globals.py, BLOCK_SIZE.
_FLASHINFER_HEADS = frozenset({64, 128, 256})
_FLASH_DECODING_BLOCK = 256

weights_bytes = quantizing.weights_bytes


@dataclass(frozen=True, slots=True)
class ShardMemory:
    """Bytes on one GPU of a replica; `available_bytes` is what its driver reports."""

    weights_bytes: int
    copies_bytes: int
    kv_cache_bytes: int
    runtime_bytes: int
    communication_bytes: int
    prefill_bytes: int
    reserve_bytes: int
    available_bytes: int
    max_kv_tokens: int

    @property
    def overhead_bytes(self) -> int:
        """Add up all that is neither weights nor cache."""
        return (
            self.copies_bytes
            + self.runtime_bytes
            + self.communication_bytes
            + self.prefill_bytes
            + self.reserve_bytes
        )


def memory(
    replica: Replica,
    workload: Workload,
) -> Memory:
    """Give the bytes that one replica takes for a workload over all its GPUs, and has.

    `overhead_bytes` contains the reserve, so that `available_bytes` is all that drivers report.
    """
    shard = shard_memory(replica, workload)
    num_shard = replica.num_shard
    stored = weights_bytes(replica.model, replica.quantization)
    rounding = num_shard * shard.weights_bytes - stored
    return Memory(
        weights_bytes=stored,
        kv_cache_bytes=num_shard * shard.kv_cache_bytes,
        overhead_bytes=num_shard * shard.overhead_bytes + rounding,
        available_bytes=num_shard * shard.available_bytes,
        max_kv_tokens=shard.max_kv_tokens,
    )


def shard_memory(
    replica: Replica,
    workload: Workload,
) -> ShardMemory:
    """Give the bytes of each part on one GPU of a replica; `num_shard` must be one TGI accepts."""
    model, num_shard = replica.model, replica.num_shard
    shape, memory_bytes = model.architecture, replica.accelerator.memory_bytes
    weights = -(-weights_bytes(model, replica.quantization) // num_shard)
    copies = _copies_bytes(shape, num_shard, model.parameters)
    runtime = _CONTEXT_BYTES + (_FLASHINFER_BYTES if _block_tokens(shape) == 1 else 0)
    communication = _communication_bytes(num_shard)
    prefill = prefill_bytes(shape, replica.quantization, num_shard, workload.context_tokens)
    reserve = round(RESERVE * memory_bytes)
    taken = weights + copies + runtime + communication + prefill + reserve
    token = kv_bytes_per_token(model) // num_shard
    return ShardMemory(
        weights_bytes=weights,
        copies_bytes=copies,
        kv_cache_bytes=tokens_in_flight(model, workload) * token,
        runtime_bytes=runtime,
        communication_bytes=communication,
        prefill_bytes=prefill,
        reserve_bytes=reserve,
        available_bytes=memory_bytes,
        max_kv_tokens=_whole_blocks(shape, max(0, memory_bytes - taken) // token),
    )


def shortage(memory: Memory, num_shard: int) -> str:
    """Say what a replica needs and has, in GB a GPU, with the parts of the need."""
    parts = ", ".join(
        f"{name} {_gb(size / num_shard)}"
        for name, size in (
            ("weights", memory.weights_bytes),
            ("cache", memory.kv_cache_bytes),
            ("overhead", memory.overhead_bytes),
        )
    )
    shards = "1 shard" if num_shard == 1 else f"{num_shard} shards"
    need = f"needs {shards} of {_gb(memory.needed_bytes / num_shard)} GB ({parts})"
    has = f"{num_shard} × {_gb(memory.available_bytes / num_shard)} GB"  # noqa: RUF001 - as read
    return f"{need}, has {has}"


def largest_context(
    replica: Replica,
    concurrency: int,
) -> int:
    """Give the most tokens that each of `concurrency` requests may fill at once; 0 where none fit.

    At most the model's own context.
    """

    def has_room(context_tokens: int) -> bool:
        full = Workload(context_tokens, context_tokens, concurrency, context_tokens)
        return memory(replica, full).fits

    low, high = 0, replica.model.architecture.context_tokens
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if has_room(middle) else (low, middle - 1)
    return low


def kv_bytes_per_token(model: Model, cache_bytes: int = SIXTEEN_BIT_BYTES) -> int:
    """Memory of one cached token over all layers and shards; `cache_bytes` is one number's.

    A key and a value, each [key-value heads, head size] a layer. Source: models/flash_causal_lm.py,
    total_cache_size. Llama 2 7B: 2 x 32 x 32 x 128 x 2 = 524,288 bytes.
    """
    shape = model.architecture
    return 2 * shape.layers * shape.kv_heads * shape.head_dim * cache_bytes


def tokens_in_flight(model: Model, workload: Workload) -> int:
    """Give the tokens that a replica must have room for.

    TGI takes room for a request's prompt and whole answer as it admits it: `concurrency` times
    both, at most `context_tokens` each. Never less than one whole context: TGI does not start with
    less than MAX_TOTAL_TOKENS. Source: backends/v3/src/queue.rs and main.rs (launcher's checks).
    """
    request = min(workload.context_tokens, workload.input_tokens + workload.output_tokens)
    block = _block_tokens(model.architecture)
    blocks = max(workload.concurrency * -(-request // block), -(-workload.context_tokens // block))
    return blocks * block


@lru_cache(maxsize=4096)
def _copies_bytes(shape: Architecture, num_shard: int, parameters: int) -> int:
    """What a shard holds beyond its share of the weights.

    The output head again where it is tied to the embeddings, whole where the vocabulary does not
    divide; a row of padding; the norms, which every shard has.
    Source: layers/tensor_parallel.py; `tie_word_embeddings` in flash_llama_modeling.py.
    """
    table = shape.vocab * shape.hidden
    matrices = shape.layers * sum(each.parameters for each in layer_matrices(shape))
    norms = max(0, parameters - matrices - table * (1 if shape.tied_embeddings else 2))
    embedding = (-(-shape.vocab // num_shard) + 1) * shape.hidden
    head = table if shape.vocab % num_shard else table // num_shard
    held = embedding + head + norms
    shared = (table * (1 if shape.tied_embeddings else 2) + norms) // num_shard
    return SIXTEEN_BIT_BYTES * max(0, held - shared)


def _communication_bytes(num_shard: int) -> int:
    if num_shard == 1:
        return 0
    return _NCCL_PAIR_BYTES if num_shard == 2 else _NCCL_BYTES  # noqa: PLR2004 - a pair


def _block_tokens(shape: Architecture) -> int:
    """How many tokens the cache is cut into; MPT's is not cut."""
    if shape.kind == "mpt" or (shape.kind != "falcon" and shape.head_dim in _FLASHINFER_HEADS):
        return 1
    return _FLASH_DECODING_BLOCK


def _whole_blocks(shape: Architecture, tokens: int) -> int:
    block = _block_tokens(shape)
    return tokens // block * block


def _gb(size_bytes: float) -> str:
    return f"{size_bytes / GB:.1f}"
