"""How long one pass of a model over its shards takes: a decode step, and a prompt."""

from dataclasses import dataclass
from math import hypot

from llamactl_catalog.memory import kv_bytes_per_token
from llamactl_catalog.quantization import SIXTEEN_BIT_BYTES, weights_bytes
from llamactl_catalog.replica import Replica
from llamactl_catalog.speed.calibration import Calibration

_MS = 1e3
_MS_PER_US = 1e-3
# Attention's output and the feed-forward block's: each layer adds up twice over all shards.
# Source: Shoeybi and others, Megatron-LM (arXiv 1909.08053), section 3.
_ALL_REDUCES_PER_LAYER = 2
# A multiplication and an addition.
_FLOPS_PER_WEIGHT = 2


@dataclass(frozen=True, slots=True)
class AllReduce:
    """What the sums over shards cost in one pass, over all layers; without shards all is zero."""

    bytes_per_row: float = 0.0
    small_bytes: float = 0.0
    small_ms_per_byte: float = 0.0
    large_ms_per_byte: float = 0.0
    hops_ms: float = 0.0

    def ms(self, rows: float) -> float:
        """Give the time that the bytes of so many rows take."""
        message = rows * self.bytes_per_row
        if message <= self.small_bytes:
            return message * self.small_ms_per_byte
        beyond = message - self.small_bytes
        return self.small_bytes * self.small_ms_per_byte + beyond * self.large_ms_per_byte


@dataclass(frozen=True, slots=True)
class Passes:
    """The parts of a pass on one replica, in milliseconds; docs/speed-model.md has the formulas."""

    weights_ms: float
    next_row_share: float
    unpacked_ms: float
    row_ms: float
    kv_ms_per_token: float
    host_ms: float
    onboarding_ms: float
    compute_ms_per_token: float
    all_reduce: AllReduce

    def decode_ms(self, rows: int, context_tokens: float) -> float:
        """Give the time of a step that adds a token to each of `rows` requests.

        `context_tokens` is what each has in the cache. The host prepares while the GPU works:
        the root of the squares is near the longer of the two, and above it where they are alike.
        """
        more = rows - 1
        weights = min(self.weights_ms * (1 + self.next_row_share * more), self.unpacked_ms)
        cache = rows * context_tokens * self.kv_ms_per_token
        gpu = weights + more * self.row_ms + cache + self.all_reduce.hops_ms
        return hypot(gpu, self.host_ms) + self.all_reduce.ms(rows)

    def prefill_ms(self, tokens: float) -> float:
        """Give the time to read prompts of so many tokens together, and to take them in."""
        gpu = max(self.unpacked_ms, tokens * self.compute_ms_per_token) + self.all_reduce.hops_ms
        return hypot(gpu, self.onboarding_ms) + self.all_reduce.ms(tokens)


def passes_of(
    calibration: Calibration,
    replica: Replica,
) -> Passes:
    """Work out the parts of a pass from the model's shape, the data sheet and the calibration."""
    model, quantization, num_shard = replica.model, replica.quantization, replica.num_shard
    accelerator = replica.accelerator
    fitted, shape = calibration.fitted, model.architecture
    kernel = calibration.kernels[quantization]
    table = shape.vocab * shape.hidden
    # The input embedding is looked up, not read; a tied one is read once, as the output's matrix.
    looked_up = 0 if shape.tied_embeddings else table
    read = model.parameters - looked_up
    in_layers = read - table
    ms_per_byte = _MS / (accelerator.bandwidth_bytes_per_s * fitted.bandwidth_share * num_shard)
    read_bytes = weights_bytes(model, quantization) - looked_up * SIXTEEN_BIT_BYTES
    weights_ms = read_bytes * ms_per_byte * kernel.first_row
    unpacked_ms = in_layers * kernel.unpack_bytes_per_weight * ms_per_byte
    flops_per_s = accelerator.fp16_flops * calibration.assumed.prefill_flops_share * num_shard
    host_ms = shape.layers * calibration.host_ms(accelerator.id)
    return Passes(
        weights_ms=weights_ms,
        next_row_share=kernel.next_row,
        unpacked_ms=max(weights_ms, unpacked_ms),
        row_ms=read * SIXTEEN_BIT_BYTES * fitted.row_share * ms_per_byte,
        kv_ms_per_token=kv_bytes_per_token(model) * ms_per_byte,
        host_ms=host_ms,
        onboarding_ms=host_ms * fitted.onboarding,
        compute_ms_per_token=_MS * _FLOPS_PER_WEIGHT * in_layers / flops_per_s,
        all_reduce=_all_reduce(calibration, replica),
    )


def _all_reduce(calibration: Calibration, replica: Replica) -> AllReduce:
    """Work out the sums over shards, in a ring: each shard sends 2 (n - 1) / n of the message.

    Linked shards send at the same time; through the host, all send over the same path.
    Source of the ring's volume: nccl-tests, doc/PERFORMANCE.md, "AllReduce".
    """
    accelerator, num_shard = replica.accelerator, replica.num_shard
    if num_shard == 1:
        return AllReduce()
    fitted, assumed = calibration.fitted, calibration.assumed
    shape = replica.model.architecture
    times = _ALL_REDUCES_PER_LAYER * shape.layers
    hops = 2 * (num_shard - 1)
    if accelerator.link_bytes_per_s is None:
        volume: float = hops
        small, large = fitted.host_bytes_per_s, assumed.large_host_bytes_per_s
        hop_us = assumed.host_hop_us
    else:
        volume = hops / num_shard
        small = fitted.link_bytes_per_s
        large = accelerator.link_bytes_per_s * assumed.large_link_share
        hop_us = assumed.link_hop_us
    return AllReduce(
        bytes_per_row=shape.hidden * SIXTEEN_BIT_BYTES,
        small_bytes=assumed.small_message_bytes,
        small_ms_per_byte=times * volume * _MS / small,
        large_ms_per_byte=times * volume * _MS / large,
        hops_ms=times * hops * hop_us * _MS_PER_US,
    )
