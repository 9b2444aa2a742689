"""Weights in fewer bits: what each way stores, what stays in 16 bit, and where TGI has it.

TGI means text-generation-inference 3.3.6; files are named below server/text_generation_server.
"""

from functools import lru_cache
from typing import assert_never

from llamactl_catalog.hardware import Accelerator
from llamactl_catalog.matrices import Matrix, layer_matrices
from llamactl_catalog.model import Architecture, Model
from llamactl_catalog.placement import Quantization

SIXTEEN_BIT_BYTES = 2
# Weights that share one scale and zero, as nearly all published GPTQ and AWQ weights have it.
GROUP = 128
_GROUP_BITS = 4 * GROUP + 16 + 4  # the weights, a 16-bit scale and a 4-bit zero
# NF4 with double quantization: 4 bits a weight, an 8-bit scale for 64 weights, a 32-bit scale for
# 256 scales. Source: bitsandbytes Params4bit, compress_statistics=True; layers/bnb.py.
_NF4_BLOCK, _NF4_SCALES = 64, 256

PREPARED: frozenset[Quantization] = frozenset({"gptq", "awq"})
"""The ways that need weights quantized beforehand; TGI applies the others as it loads 16 bit.

Source: text-generation-inference, docs/source/conceptual/quantization.md.
"""

_NATIVE_FP8_FROM = (9, 0)
_MARLIN_TILES = ((128, 64), (64, 128))


def weights_bytes(
    model: Model, quantization: Quantization, *, whole_layers_fp8: bool = False
) -> int:
    """Size of the model's weights: every weight once, with the scales of quantized ones.

    Embeddings, output head and norms stay in 16 bit always. So do, by the way TGI loads them:
    with fp8, a Llama's attention and its first and last layer (`no_fp8` in
    flash_llama_modeling.py); with any, the attention's inputs of an MPT (`load_col` in
    mpt_modeling.py gives a bare tensor). `whole_layers_fp8`: of an engine that quantizes every
    matrix of every layer, as vLLM does.
    """
    quantized, stored = quantized_weights(
        model.architecture, quantization, whole_layers_fp8=whole_layers_fp8
    )
    return SIXTEEN_BIT_BYTES * (model.parameters - quantized) + stored


def file_bytes(model: Model, quantization: Quantization) -> int:
    """Give the size of the files that are fetched: of 16 bit, where TGI quantizes as it loads."""
    return weights_bytes(model, quantization) if quantization in PREPARED else model.weights_bytes


def matrix_bytes(inputs: int, outputs: int, quantization: Quantization) -> int:
    """Give the size of a matrix that is quantized, with its scales."""
    weights = inputs * outputs
    match quantization:
        case "none":
            return SIXTEEN_BIT_BYTES * weights
        case "gptq" | "awq":
            return -(-weights * _GROUP_BITS // (8 * GROUP))
        case "bitsandbytes-nf4":
            scales = -(-weights // _NF4_BLOCK)
            return -(-weights // 2) + scales + 4 * -(-scales // _NF4_SCALES)
        case "eetq":  # a 16-bit scale an output: layers/eetq.py
            return weights + 2 * outputs
        case "fp8":  # a 32-bit scale an output: layers/fp8.py, use_per_token_if_dynamic
            return weights + 4 * outputs
    assert_never(quantization)


def is_quantized(
    shape: Architecture,
    matrix: Matrix,
    quantization: Quantization,
    *,
    whole_layers_fp8: bool = False,
) -> bool:
    """Whether a matrix of an inner layer is stored in fewer bits."""
    if quantization == "none" or (shape.kind == "mpt" and matrix.part == "qkv"):
        return False
    only_feed_forward = quantization == "fp8" and shape.kind == "llama" and not whole_layers_fp8
    return matrix.part in {"up", "down"} or not only_feed_forward


def unavailable_because(
    model: Model, quantization: Quantization, accelerator: Accelerator, num_shard: int = 1
) -> str | None:
    """Say why TGI's kernels cannot hold the model so on such GPUs, or None where they can.

    Whether it has kernels for the GPU at all is told by `compatibility.gpu_refusal`; how many
    shards the model itself allows, by `sharding.refusal`.
    """
    if quantization in PREPARED and model.architecture.kind == "mpt":
        return f"TGI reads no {quantization} weights for the MPT architecture"
    is_native = accelerator.compute_capability >= _NATIVE_FP8_FROM
    if quantization in PREPARED or (quantization == "fp8" and not is_native):
        return misfit(model.architecture, quantization, num_shard)
    return None


def misfit(shape: Architecture, quantization: Quantization, num_shard: int) -> str | None:
    """Say which matrix the kernel for 4-bit or fp8 weights cannot hold, or None if it holds all.

    A shard of each must have whole groups, and measure a multiple of 128 by 64 or of 64 by 128.
    Source: layers/marlin/gptq.py, repack_gptq_for_marlin and _check_valid_shape.
    """
    for matrix in layer_matrices(shape):
        if not is_quantized(shape, matrix, quantization):
            continue
        inputs, outputs = matrix.shard(num_shard)
        if quantization in PREPARED and inputs % GROUP:
            return (
                f"{quantization} keeps groups of {GROUP} weights whole, and {inputs:,} inputs "
                f"a shard ({matrix.part}) are {inputs / GROUP:g} groups"
            )
        if not any(inputs % a == 0 and outputs % b == 0 for a, b in _MARLIN_TILES):
            return (
                f"the {quantization} kernel takes no matrix of {inputs:,} by {outputs:,} "
                f"({matrix.part}); it must measure a multiple of 128 by 64, or of 64 by 128"
            )
    return None


def computes_in_16_bit(quantization: Quantization, accelerator: Accelerator) -> bool:
    """Tell whether TGI widens the weights to 16 bit to compute: memory is saved, arithmetic is not.

    fp8 is computed natively from compute capability 9.0. On 8.x TGI takes its Marlin kernel, which
    keeps weights in 8 bit and computes in 16; on 8.9 too, which has fp8 arithmetic, because it
    found Marlin faster there. Source: layers/fp8.py, get_fp8_linear.
    """
    return quantization != "fp8" or accelerator.compute_capability < _NATIVE_FP8_FROM


@lru_cache(maxsize=1024)
def quantized_weights(
    shape: Architecture, quantization: Quantization, *, whole_layers_fp8: bool = False
) -> tuple[int, int]:
    """Count the weights of all layers that are quantized, and the bytes that they take."""
    matrices = [
        each
        for each in layer_matrices(shape)
        if is_quantized(shape, each, quantization, whole_layers_fp8=whole_layers_fp8)
    ]
    is_partial = quantization == "fp8" and shape.kind == "llama" and not whole_layers_fp8
    outer = 2 if is_partial else 0
    layers = max(0, shape.layers - outer)
    stored = sum(matrix_bytes(each.inputs, each.outputs, quantization) for each in matrices)
    return layers * sum(each.parameters for each in matrices), layers * stored
