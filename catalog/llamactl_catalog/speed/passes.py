"""How long one pass of a model over its shards takes: a decode step, and a prompt.

docs/speed-model.md has the formulas in full, with where each constant is from.
"""

from dataclasses import dataclass

from llamactl_catalog.memory import kv_bytes_per_token
from llamactl_catalog.quantization import SIXTEEN_BIT_BYTES, quantized_weights
from llamactl_catalog.replica import Replica
from llamactl_catalog.speed.calibration import Calibration
from llamactl_catalog.speed.kernels import KernelFacts, kernel_facts

_MS = 1e3
_MS_PER_US = 1e-3
_GB = 1e9
# How sharply the longer of reading and multiplying wins: 1 would be their sum, infinity the longer
# alone. Source: fits of measured matrix products, 1.5 to 2.9 (aiconfigurator-core 0.12.0).
_SMOOTHING = 2.5
# Attention's output and the feed-forward block's: each layer adds up twice over all shards.
# Source: Shoeybi and others, Megatron-LM (arXiv 1909.08053), section 3.
_ALL_REDUCES_PER_LAYER = 2
# A multiplication and an addition.
_FLOPS_PER_WEIGHT = 2


@dataclass(frozen=True, slots=True)
class Passes:
    """The parts of a pass on one replica, in milliseconds."""

    read_ms: float
    next_sequence_share: float
    unpacked_ms: float
    multiply_ms_per_token: float
    prompt_ms_per_token: float
    attention_ms_per_token_squared: float
    cache_ms_per_token: float
    exchange_ms_per_token: float
    hops_ms: float
    layers_ms: float
    sequence_ms: float
    admission_ms: float

    def step_ms(self, sequences: float, context_tokens: float) -> float:
        """Time of a step that adds one token to each of `sequences`.

        `context_tokens` is what each of them has in the cache.
        """
        read = self.read_ms * (1 + self.next_sequence_share * (sequences - 1))
        matrices = _smooth_maximum(
            min(read, self.unpacked_ms), self.multiply_ms_per_token * sequences
        )
        cache = sequences * context_tokens * self.cache_ms_per_token
        exchange = self.hops_ms + sequences * self.exchange_ms_per_token
        return matrices + cache + exchange + self.layers_ms + sequences * self.sequence_ms

    def prefill_ms(self, tokens: float) -> float:
        """Time that one prompt of so many tokens adds."""
        attention = self.attention_ms_per_token_squared * tokens * tokens
        exchange = self.hops_ms + tokens * self.exchange_ms_per_token
        return self.admission_ms + tokens * self.prompt_ms_per_token + attention + exchange


def passes_of(calibration: Calibration, replica: Replica, *, streams: bool = True) -> Passes:
    """Work out the parts of a pass from the model's shape, the kernel facts and the calibration.

    `streams`: answers go out token by token over HTTP; else they are collected, as by an offline
    benchmark.
    """
    model, accelerator = replica.model, replica.accelerator
    shape, facts = model.architecture, kernel_facts(accelerator)
    kernel = calibration.kernel(replica.quantization)
    table = shape.vocab * shape.hidden
    # The input embedding is looked up, not read; a tied one is read once, as the output's matrix.
    looked_up = 0 if shape.tied_embeddings else table
    quantized, stored_bytes = quantized_weights(
        shape, replica.quantization, whole_layers_fp8=calibration.whole_layers_fp8
    )
    plain = model.parameters - looked_up - quantized
    ms_per_byte = _MS / (accelerator.bandwidth_bytes_per_s * replica.num_shard)
    ms_per_weight_byte = ms_per_byte / facts.bandwidth_share
    read_ms = (plain * SIXTEEN_BIT_BYTES + stored_bytes * kernel.first_row) * ms_per_weight_byte
    unpacked_bytes = plain * SIXTEEN_BIT_BYTES + quantized * kernel.unpack_bytes_per_weight
    hops_ms, exchange_ms = _exchange(calibration, replica, facts)
    layers_ms = shape.layers * calibration.layer_us(accelerator.id) * _MS_PER_US
    fitted = calibration.fitted
    sequence_us = fitted.sequence_us * (1 if streams else calibration.offline_share)
    return Passes(
        read_ms=read_ms,
        next_sequence_share=kernel.next_row,
        unpacked_ms=max(read_ms, unpacked_bytes * ms_per_weight_byte),
        multiply_ms_per_token=_multiply_ms(calibration, replica, facts, plain, quantized),
        prompt_ms_per_token=_multiply_ms(calibration, replica, facts, plain - table, quantized),
        attention_ms_per_token_squared=_attention_ms(replica, facts),
        cache_ms_per_token=kv_bytes_per_token(model, replica.cache_bytes)
        * ms_per_byte
        / facts.cache_share,
        exchange_ms_per_token=exchange_ms,
        hops_ms=hops_ms,
        layers_ms=layers_ms,
        sequence_ms=sequence_us * _MS_PER_US,
        admission_ms=fitted.admission * (read_ms + layers_ms),
    )


def _multiply_ms(
    calibration: Calibration, replica: Replica, facts: KernelFacts, plain: float, quantized: float
) -> float:
    """Time of one token through so many weights in 16 bit and so many quantized ones.

    Quantized weights are multiplied in 16 bit; FP8 at twice that peak, where engine and GPU
    multiply in 8 bit.
    """
    accelerator = replica.accelerator
    peak = accelerator.fp16_flops * replica.num_shard
    rate = peak * facts.flops_share
    multiplies_fp8 = accelerator.compute_capability >= calibration.fp8_arithmetic_from
    eight_bit = replica.quantization == "fp8" and multiplies_fp8
    quantized_rate = 2 * peak * facts.fp8_flops_share if eight_bit else rate
    return _MS * _FLOPS_PER_WEIGHT * (plain / rate + quantized / quantized_rate)


def _attention_ms(replica: Replica, facts: KernelFacts) -> float:
    """Time of a prompt's attention, over the square of its tokens.

    Each token meets half of the others, twice (scores, then values): 2 x 2 x heads x head size / 2
    operations a layer.
    """
    shape = replica.model.architecture
    operations = 2 * shape.layers * shape.heads * shape.head_dim
    peak = replica.accelerator.fp16_flops * replica.num_shard
    return _MS * operations / (peak * facts.attention_flops_share)


def _exchange(
    calibration: Calibration, replica: Replica, facts: KernelFacts
) -> tuple[float, float]:
    """Time to add up over all shards: that of any pass, and that of each of its tokens.

    Linked GPUs add up at one rate however many they are; without links all messages pass through
    the host, at a rate that the pairs share.
    """
    num_shard, shape = replica.num_shard, replica.model.architecture
    if num_shard == 1:
        return 0.0, 0.0
    own = calibration.exchange_gb_per_s(replica.accelerator.id)
    rate = (own if own is not None else facts.exchange_gb_per_s) * _GB
    if replica.accelerator.link_bytes_per_s is None:
        rate /= num_shard / 2
    times = _ALL_REDUCES_PER_LAYER * shape.layers
    message_bytes = shape.hidden * SIXTEEN_BIT_BYTES
    return times * facts.hop_us * _MS_PER_US, times * message_bytes * _MS / rate


def _smooth_maximum(one: float, other: float) -> float:
    """About the longer of both, and more where they are alike."""
    longer, shorter = (one, other) if one > other else (other, one)
    corner: float = (1 + (shorter / longer) ** _SMOOTHING) ** (1 / _SMOOTHING)
    return longer * corner
