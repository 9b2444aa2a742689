"""The memory that vLLM takes on each GPU of a replica, and the GPUs that it can split a model over.

vLLM means 0.33.0 where nothing else is said; its files are named below vllm/. Read, not run: no
printed "GPU KV cache size" was at hand to compare with.
"""

from dataclasses import dataclass

from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.matrices import layer_matrices
from llamactl_catalog.memory import kv_bytes_per_token
from llamactl_catalog.model import Architecture, Model
from llamactl_catalog.placement import Memory, Quantization
from llamactl_catalog.quantization import (
    PREPARED,
    SIXTEEN_BIT_BYTES,
    misfit,
    quantized_weights,
    weights_bytes,
)
from llamactl_catalog.replica import Replica
from llamactl_catalog.units import GIB, MIB
from llamactl_catalog.workload import Workload

# Source: config/cache.py: 0.9 up to 0.19.1, 0.92 from 0.20.2 on.
_UTILIZATION_FROM = ((0, 0), 0.90), ((0, 20), 0.92)
# Source: config/cache.py.
_BLOCK_TOKENS = 16
# Prompt tokens of one pass, and sequences at once, of the server; the larger ones on GPUs of at
# least 70 GiB but A100. Source: engine/arg_utils.py, get_batch_defaults.
_LARGE_FROM_BYTES = 70 * GIB
_SMALL_BATCH, _LARGE_BATCH = (2048, 256), (8192, 1024)
# CUDA's context and kernels, as PyTorch's on TGI. Source: NVIDIA AIConfigurator, systems/*.yaml at
# 095f58a (2026-08-21), `other_mem` 551 MB and `nccl_mem` 342 MB (2 GPUs), 392 MB (more).
_CONTEXT_BYTES = 551 * MIB
_NCCL_PAIR_BYTES, _NCCL_BYTES = 342 * MIB, 392 * MIB
# CUDA graphs; an estimate between the 0.5 and 1 GiB that vLLM's logs usually say (from memory).
_GRAPH_BYTES = 768 * MIB
_QUANTIZED_FROM = (7, 5)
# Logits in 32 bit, and their copy as probabilities. Source: v1/sample/sampler.py.
_LOGITS_BYTES = 2 * 4


@dataclass(frozen=True, slots=True)
class VllmMemory:
    """The arithmetic of one version: the share of a GPU's memory that it takes."""

    version: tuple[int, ...]

    @property
    def utilization(self) -> float:
        """gpu_memory_utilization, as the version has it by default."""
        return next(share for since, share in reversed(_UTILIZATION_FROM) if self.version >= since)

    def memory(self, replica: Replica, workload: Workload) -> Memory:
        """The bytes that one replica takes for a workload over all its GPUs, and has.

        `overhead_bytes` contains what vLLM leaves of each GPU.
        """
        n, accelerator = replica.num_shard, replica.accelerator
        stored = weights_bytes(replica.model, replica.quantization, whole_layers_fp8=True)
        held = self._held_bytes(replica)
        token = _kv_bytes_per_token_and_gpu(replica)
        left = int(accelerator.memory_bytes * self.utilization) - held
        return Memory(
            weights_bytes=stored,
            kv_cache_bytes=n * tokens_in_flight(workload) * token,
            overhead_bytes=n * (accelerator.memory_bytes - max(0, left)) - stored,
            available_bytes=n * accelerator.memory_bytes,
            max_kv_tokens=max(0, left) // token // _BLOCK_TOKENS * _BLOCK_TOKENS,
        )

    def _held_bytes(self, replica: Replica) -> int:
        """All but the cache, on one GPU."""
        shape, n = replica.model.architecture, replica.num_shard
        batch_tokens, sequences = batch_defaults(replica.accelerator)
        logits = sequences * shape.vocab * _LOGITS_BYTES
        return (
            _weights_per_gpu_bytes(replica)
            + _CONTEXT_BYTES
            + (0 if n == 1 else _NCCL_PAIR_BYTES if n == 2 else _NCCL_BYTES)  # noqa: PLR2004
            + _GRAPH_BYTES
            + max(_activation_bytes(shape, n, batch_tokens), logits)
        )


def batch_defaults(accelerator: Accelerator) -> tuple[int, int]:
    """The prompt tokens of one pass and the sequences at once that vLLM chooses for a GPU."""
    is_large = accelerator.memory_bytes >= _LARGE_FROM_BYTES
    return _LARGE_BATCH if is_large and "a100" not in accelerator.id else _SMALL_BATCH


def shard_counts(model: Model, quantization: Quantization, accelerators: int) -> tuple[int, ...]:
    """The numbers of GPUs that vLLM splits a model over, up to `accelerators`, smallest first."""
    counts = range(1, min(accelerators, model.architecture.heads) + 1)
    return tuple(each for each in counts if refusal(model.architecture, quantization, each) is None)


def unavailable_because(
    model: Model, quantization: Quantization, accelerator: Accelerator
) -> str | None:
    """Why vLLM's kernels cannot hold the model so on such a GPU; None: they can.

    Source: model_executor/layers/quantization, get_min_capability; Marlin's from 7.5 in practice.
    """
    if quantization != "none" and accelerator.compute_capability < _QUANTIZED_FROM:
        least, own = (
            ".".join(map(str, each)) for each in (_QUANTIZED_FROM, accelerator.compute_capability)
        )
        return (
            f"vLLM has {quantization} from compute capability {least}; {accelerator.name} has {own}"
        )
    return misfit(model.architecture, quantization, 1) if quantization in PREPARED else None


def refusal(shape: Architecture, quantization: Quantization, num_shard: int) -> str | None:
    """Why vLLM does not split the model over so many GPUs; None: it does.

    Fewer key-value heads than GPUs are copied. Source: config/model.py,
    verify_with_parallel_config; layers/linear.py, QKVParallelLinear.
    """
    for name, count in (("heads", shape.heads), ("feed-forward channels", shape.intermediate)):
        if count % num_shard:
            return f"{count:,} {name} do not split evenly over {num_shard} GPUs"
    larger, smaller = max(shape.kv_heads, num_shard), min(shape.kv_heads, num_shard)
    if larger % smaller:
        return f"{shape.kv_heads:,} key-value heads do not split evenly over {num_shard} GPUs"
    return misfit(shape, quantization, num_shard) if quantization in PREPARED else None


def tokens_in_flight(workload: Workload) -> int:
    """The tokens that a replica must have room for so that no request waits, in whole blocks.

    vLLM does not start with room for less than one whole context. Source:
    v1/core/kv_cache_utils.py, check_enough_kv_cache_memory.
    """
    request = min(workload.context_tokens, workload.input_tokens + workload.output_tokens)
    blocks = max(
        workload.concurrency * -(-request // _BLOCK_TOKENS),
        -(-workload.context_tokens // _BLOCK_TOKENS),
    )
    return blocks * _BLOCK_TOKENS


def _kv_bytes_per_token_and_gpu(replica: Replica) -> int:
    """Each GPU holds its share of the key-value heads, and never less than one head."""
    shape = replica.model.architecture
    whole = kv_bytes_per_token(replica.model, replica.cache_bytes)
    return whole // min(replica.num_shard, shape.kv_heads)


def _weights_per_gpu_bytes(replica: Replica) -> int:
    """A GPU's share of the matrices, with copied key-value heads and the norms whole."""
    model, n = replica.model, replica.num_shard
    shape = model.architecture
    quantized, stored = quantized_weights(shape, replica.quantization, whole_layers_fp8=True)
    sixteen_bit = SIXTEEN_BIT_BYTES * (model.parameters - quantized)
    copies = max(0, n - shape.kv_heads) * 2 * shape.head_dim * shape.hidden * shape.layers
    return -(-(sixteen_bit + stored + SIXTEEN_BIT_BYTES * copies) // n)


def _activation_bytes(shape: Architecture, num_shard: int, tokens: int) -> int:
    """The peak of a pass: gate, up and the activated gate (split), three of the full width."""
    up = next(each for each in layer_matrices(shape) if each.part == "up")
    widths = (up.outputs + shape.intermediate) // num_shard + 3 * shape.hidden
    return SIXTEEN_BIT_BYTES * tokens * widths
