"""The memory that working on prompts takes on a GPU, beside the weights and the cache."""

from functools import lru_cache

from llamactl_catalog.matrices import layer_matrices
from llamactl_catalog.model import Architecture
from llamactl_catalog.placement import Quantization
from llamactl_catalog.quantization import SIXTEEN_BIT_BYTES

# TGI's own default for GPUs that it does not know. Source: text-generation-inference 3.3.6,
# launcher/src/main.rs, default_optimal.
_PREFILL_TOKENS = 4096


def prefill_tokens(shape: Architecture, context_tokens: int) -> int:
    """Give the most prompt tokens that are worked on at once: MAX_BATCH_PREFILL_TOKENS.

    Longer prompts are worked on in pieces; MPT's are not (it has no paged attention in TGI).
    """
    return context_tokens if shape.kind == "mpt" else min(_PREFILL_TOKENS, context_tokens)


@lru_cache(maxsize=4096)
def prefill_bytes(
    shape: Architecture, quantization: Quantization, num_shard: int, context_tokens: int
) -> int:
    """Give the working set of the largest prefill on one GPU, at its peak in the feed-forward part.

    Counted from the 16-bit tensors alive there: gate and up, the activated gate and their product
    (Llama, Mistral: 4 widths a shard), or up and its activation (2); and in full width the
    residual, the norm's output and the result (3; Falcon has attention beside it: 5). Falcon and
    MPT: flash_rw_modeling.py, mpt_modeling.py. Logits are of a prompt's last token only.
    """
    tokens = prefill_tokens(shape, context_tokens)
    gated = shape.kind in {"llama", "mistral"}
    widths = (4 if gated else 2) * shape.intermediate // num_shard
    full = (5 if shape.kind == "falcon" else 3) * shape.hidden
    size = SIXTEEN_BIT_BYTES * tokens * (widths + full)
    if shape.kind == "mpt":
        size += _mpt_scores_bytes(shape, num_shard, tokens)
    if quantization == "bitsandbytes-nf4":
        size += _widened_bytes(shape, num_shard)
    return size


def _mpt_scores_bytes(shape: Architecture, num_shard: int, tokens: int) -> int:
    """Every token against every other, in 32 bit (its bias is), before and after the softmax.

    Source: mpt_modeling.py, scaled_multihead_dot_product_attention.
    """
    return 2 * 4 * (shape.heads // num_shard) * tokens * tokens


def _widened_bytes(shape: Architecture, num_shard: int) -> int:
    """The largest matrix in 16 bit: a long prompt's product is taken so. Source: layers/bnb.py."""
    largest = max(each.parameters for each in layer_matrices(shape))
    return SIXTEEN_BIT_BYTES * largest // num_shard
