"""The size of weights in fewer bits, worked by hand and against published files."""

from typing import get_args

import pytest

from catalog.gpus import A10G, H100_NVL, L4
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.matrices import layer_matrices
from llamactl_catalog.placement import Quantization
from llamactl_catalog.quantization import (
    computes_in_16_bit,
    matrix_bytes,
    misfit,
    unavailable_because,
    weights_bytes,
)

MODELS = {model.id: model for model in load_catalog().models}
QUANTIZATIONS = get_args(Quantization)


def test_llama_2_7b_in_4_bit_worked_by_hand():
    # Linear: 32 layers of 4 x 4096² + 3 x 4096 x 11,008 weights, each of 4 bits and 20 in 128 more.
    linear = 32 * (67_108_864 + 135_266_304)
    # In 16 bit: two tables of 32,000 x 4096, and 65 norms of 4096.
    kept = 2 * 32_000 * 4_096 + 65 * 4_096

    assert weights_bytes(MODELS["llama-2-7b"], "gptq") == linear * 532 // 1024 + 2 * kept
    assert weights_bytes(MODELS["llama-2-7b"], "gptq") == 3_889_307_648


@pytest.mark.parametrize(
    ("model_id", "quantization", "gb"),
    [
        # Files on the Hub, TheBloke/Llama-2-7B-Chat-GPTQ and TheBloke/Llama-2-70B-AWQ.
        ("llama-2-7b-chat", "gptq", 3.9),
        ("llama-2-70b", "awq", 36.61),
        # Index files on the Hub, less 4 bytes for each of the rotary buffers' 64 values a layer.
        ("llama-2-7b", "none", 13.476831232),
        ("llama-2-70b", "none", 137.953296384),
        ("llama-3.1-70b", "none", 141.107412992),
    ],
)
def test_within_1_percent_of_published_files(model_id, quantization, gb):
    assert weights_bytes(MODELS[model_id], quantization) / 1e9 == pytest.approx(gb, rel=0.01)


def test_nf4_keeps_4_bits_and_an_eighth():
    # QLoRA, arXiv 2305.14314: double quantization leaves 0.127 bits a weight for the scales.
    assert matrix_bytes(4096, 4096, "bitsandbytes-nf4") * 8 / 4096**2 == pytest.approx(4.127, 1e-4)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_16_bit_is_what_the_data_files_say(model):
    assert weights_bytes(model, "none") == model.weights_bytes


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_fewer_bits_are_never_more_bytes(model):
    sizes = {each: weights_bytes(model, each) for each in QUANTIZATIONS}

    assert max(sizes, key=sizes.__getitem__) == "none"


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_matrices_leave_embeddings_and_norms(model):
    shape = model.architecture

    matrices = shape.layers * sum(each.parameters for each in layer_matrices(shape))
    tables = shape.vocab * shape.hidden * (1 if shape.tied_embeddings else 2)
    norms = model.parameters - matrices - tables

    assert 0 < norms <= shape.hidden * (4 * shape.layers + 2)


def test_fp8_leaves_attention_and_the_outer_layers_of_a_llama_in_16_bit():
    llama, mistral = MODELS["llama-3.1-405b"], MODELS["mistral-7b-v0.1"]

    # 124 layers of 3 x 16,384 x 53,248 weights lose a byte, and gain 32 bits an output.
    saved = 124 * (3 * 16_384 * 53_248 - 4 * (2 * 53_248 + 16_384))
    assert weights_bytes(llama, "fp8") == llama.weights_bytes - saved
    assert weights_bytes(mistral, "fp8") < 0.52 * mistral.weights_bytes


def test_mpt_keeps_its_attention_inputs_in_16_bit():
    mpt = MODELS["mpt-7b"]

    # 32 layers of out_proj 4096² and two matrices of 4096 x 16,384 lose a byte; 16 bits an output.
    saved = 32 * (4_096**2 + 2 * 4_096 * 16_384 - 2 * (4_096 + 16_384 + 4_096))
    assert weights_bytes(mpt, "eetq") == mpt.weights_bytes - saved


@pytest.mark.parametrize(
    ("model_id", "quantization", "accelerator", "words"),
    [
        ("mpt-7b", "gptq", A10G, "no gptq weights for the MPT"),
        ("mpt-7b", "awq", A10G, "no awq weights for the MPT"),
        ("falcon-7b", "gptq", A10G, "4,544 inputs a shard (qkv) are 35.5 groups"),
        ("falcon-7b", "fp8", A10G, "no matrix of 4,544 by 4,672 (qkv)"),
    ],
)
def test_what_tgi_cannot_serve_is_said_with_its_reason(model_id, quantization, accelerator, words):
    assert words in unavailable_because(MODELS[model_id], quantization, accelerator)


@pytest.mark.parametrize(
    ("model_id", "quantization", "accelerator"),
    [
        ("falcon-7b", "fp8", H100_NVL),
        ("llama-2-13b", "fp8", A10G),
        ("llama-2-7b", "gptq", A10G),
        ("mpt-30b", "bitsandbytes-nf4", A10G),
        ("smollm2-135m-instruct", "eetq", L4),
    ],
)
def test_what_tgi_can_serve_has_no_reason_against_it(model_id, quantization, accelerator):
    assert unavailable_because(MODELS[model_id], quantization, accelerator) is None


def test_fp8_is_computed_natively_from_9_0_only():
    said = {each.name: computes_in_16_bit("fp8", each) for each in (A10G, L4, H100_NVL)}

    assert said == {"A10G": True, "L4": True, "H100 NVL": False}
    assert computes_in_16_bit("awq", H100_NVL)


def test_a_matrix_that_is_not_quantized_need_not_fit_the_kernel():
    shape = MODELS["smollm2-135m-instruct"].architecture

    assert "576 inputs" in misfit(shape, "gptq", 1)
    assert misfit(shape, "fp8", 3) is None
