"""The weight matrices of a decoder layer, by architecture: what is quantized and what is split."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from llamactl_catalog.model import Architecture

Part = Literal["qkv", "output", "up", "down"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A weight matrix of `inputs` by `outputs`, as the engine holds it.

    Tensor parallelism splits `qkv` and `up` by outputs, `output` and `down` by inputs.
    """

    part: Part
    inputs: int
    outputs: int

    @property
    def parameters(self) -> int:
        """Count its weights; none of these architectures has a bias."""
        return self.inputs * self.outputs

    def shard(self, num_shard: int) -> tuple[int, int]:
        """Give the inputs and outputs of one shard's piece."""
        if self.part in {"output", "down"}:
            return self.inputs // num_shard, self.outputs
        return self.inputs, self.outputs // num_shard


@lru_cache(maxsize=256)
def layer_matrices(shape: Architecture) -> tuple[Matrix, ...]:
    """Give the four matrices of one layer; queries, keys and values are held as one.

    Llama and Mistral gate their feed-forward part: gate and up are one matrix of twice the width.
    Source: text-generation-inference 3.3.6, flash_llama_modeling.py, flash_mistral_modeling.py,
    flash_rw_modeling.py (Falcon) and mpt_modeling.py.
    """
    attention = shape.heads * shape.head_dim
    keys_and_values = 2 * shape.kv_heads * shape.head_dim
    gated = 2 if shape.kind in {"llama", "mistral"} else 1
    return (
        Matrix("qkv", shape.hidden, attention + keys_and_values),
        Matrix("output", attention, shape.hidden),
        Matrix("up", shape.hidden, gated * shape.intermediate),
        Matrix("down", shape.intermediate, shape.hidden),
    )
