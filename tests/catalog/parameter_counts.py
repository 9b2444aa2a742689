"""Counting the parameters of a model from its shape, apart from what the data files say.

Each formula names the weights as the model's own code does.
"""

from llamactl_catalog.model import Architecture


def parameters_of(shape: Architecture) -> int:
    """Count every weight of a model of this shape."""
    match shape.kind:
        case "llama" | "mistral":
            return _embeddings(shape) + shape.layers * _llama_layer(shape) + shape.hidden
        case "falcon":
            return _embeddings(shape) + shape.layers * _falcon_layer(shape) + 2 * shape.hidden
        case "mpt":
            return _embeddings(shape) + shape.layers * _mpt_layer(shape) + shape.hidden


def _embeddings(shape: Architecture) -> int:
    """The token table, and the output head where it is a table of its own."""
    return shape.vocab * shape.hidden * (1 if shape.tied_embeddings else 2)


def _attention(shape: Architecture) -> int:
    """The projections to queries, keys and values, and the one back; none has a bias."""
    width = (shape.heads + 2 * shape.kv_heads) * shape.head_dim
    return shape.hidden * width + shape.heads * shape.head_dim * shape.hidden


def _llama_layer(shape: Architecture) -> int:
    """Gate, up and down projections, and two RMS norms of one weight a channel.

    Source: transformers, modeling_llama.py (LlamaMLP, LlamaRMSNorm); Mistral's are the same.
    """
    return _attention(shape) + 3 * shape.hidden * shape.intermediate + 2 * shape.hidden


def _falcon_layer(shape: Architecture) -> int:
    """Up and down projections, and layer norms with weight and bias: one with multi-query
    attention (7B), two in the new decoder (40B, 180B).

    Source: transformers, modeling_falcon.py (FalconMLP, FalconDecoderLayer).
    """
    norms = 1 if shape.kv_heads == 1 else 2
    feed_forward = 2 * shape.hidden * shape.intermediate
    return _attention(shape) + feed_forward + norms * 2 * shape.hidden


def _mpt_layer(shape: Architecture) -> int:
    """Up and down projections, and two norms; no biases (`no_bias` of config.json).

    Source: transformers, modeling_mpt.py (MptMLP, MptBlock).
    """
    return _attention(shape) + 2 * shape.hidden * shape.intermediate + 2 * shape.hidden
