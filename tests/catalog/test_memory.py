"""The memory of a replica, part by part: worked by hand, and against published figures."""

import pytest

from catalog.gpus import A10G, A100_40, A100_80, H100_NVL, L4
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.memory import (
    kv_bytes_per_token,
    largest_context,
    memory,
    shard_memory,
    shortage,
    tokens_in_flight,
)
from llamactl_catalog.prefill import prefill_bytes, prefill_tokens
from llamactl_catalog.replica import Replica
from llamactl_catalog.units import GIB, MIB
from llamactl_catalog.workload import Workload

MODELS = {model.id: model for model in load_catalog().models}
# One request that may fill a context of 4096.
ONE = Workload(input_tokens=3072, output_tokens=1024, concurrency=1, context_tokens=4096)


def test_llama_2_7b_on_one_a10g_worked_by_hand():
    shard = shard_memory(Replica(MODELS["llama-2-7b"], "none", A10G, 1), ONE)

    assert shard.available_bytes == 23_028 * MIB
    assert shard.weights_bytes == 2 * 6_738_415_616
    assert shard.copies_bytes == 2 * 4096  # one row of padding
    assert shard.kv_cache_bytes == 4096 * 2 * 32 * 32 * 128 * 2
    assert shard.runtime_bytes == (551 + 128) * MIB
    assert shard.communication_bytes == 0
    # 4096 tokens of 4 x 11,008 and 3 x 4096 channels in 16 bit.
    assert shard.prefill_bytes == 4096 * (4 * 11_008 + 3 * 4096) * 2 == 461_373_440
    assert shard.reserve_bytes == round(0.1 * 23_028 * MIB)
    # 21,731,737,600 usable, less 13.477, 0.712 and 0.461 GB: 7,081.5 MB of 524,288 bytes a token.
    assert shard.max_kv_tokens == 13_507


def test_before_activations_7b_leaves_15700_tokens_on_an_a10g():
    shard = shard_memory(Replica(MODELS["llama-2-7b"], "none", A10G, 1), ONE)

    room = shard.available_bytes - shard.reserve_bytes - shard.weights_bytes
    assert room // kv_bytes_per_token(MODELS["llama-2-7b"]) == pytest.approx(15_700, rel=0.005)


def test_llama_2_70b_on_eight_a10g_worked_by_hand():
    shard = shard_memory(Replica(MODELS["llama-2-70b"], "none", A10G, 8), ONE)

    assert shard.weights_bytes == 137_953_296_384 // 8
    # A row of padding of 8192, and 7 eighths of 161 norms that every shard has.
    assert shard.copies_bytes == 2 * (8192 + 161 * 8192 * 7 // 8)
    assert shard.kv_cache_bytes == 4096 * 2 * 80 * 1 * 128 * 2  # a key-value head a shard
    assert shard.communication_bytes == 392 * MIB
    assert shard.prefill_bytes == 4096 * (4 * 28_672 // 8 + 3 * 8192) * 2
    assert shard.max_kv_tokens == 74_308


def test_a_replica_adds_up_its_shards():
    model = MODELS["llama-2-70b"]

    whole = memory(Replica(model, "none", A100_80, 4), ONE)
    shard = shard_memory(Replica(model, "none", A100_80, 4), ONE)

    assert whole.weights_bytes == 137_953_296_384
    assert whole.kv_cache_bytes == 4096 * 327_680
    assert whole.available_bytes == 4 * 80 * GIB
    taken = whole.weights_bytes + whole.kv_cache_bytes + whole.overhead_bytes
    assert taken == 4 * (shard.weights_bytes + shard.kv_cache_bytes + shard.overhead_bytes)
    assert whole.max_kv_tokens == shard.max_kv_tokens


# With room for one request of 4096 tokens. Sources of the minima: advice and default instances of
# Hugging Face (llama2.md at launch), SageMaker JumpStart and AWS LMI, the benchmark of TGI 1.0.3 on
# SageMaker (7B, 13B and 70B ran there), Databricks (70B needs 4 A100 of 40 GB).
@pytest.mark.parametrize(
    ("model_id", "quantization", "gpu", "num_shard", "fitting"),
    [
        ("llama-2-7b", "none", A10G, 1, True),
        ("llama-2-7b", "gptq", A10G, 1, True),
        ("llama-2-13b", "none", A10G, 1, False),
        ("llama-2-13b", "gptq", A10G, 1, True),
        ("llama-2-13b", "none", A10G, 4, True),
        ("llama-2-13b", "none", A100_40, 1, True),
        ("llama-2-70b", "none", A10G, 4, False),
        ("llama-2-70b", "none", A10G, 8, True),
        ("llama-2-70b", "gptq", A10G, 1, False),
        ("llama-2-70b", "gptq", A10G, 4, True),
        ("llama-2-70b", "none", A100_40, 2, False),
        ("llama-2-70b", "none", A100_40, 4, True),
        ("llama-2-70b", "none", A100_40, 8, True),
        ("llama-2-70b", "gptq", A100_40, 1, False),
        ("llama-2-70b", "none", A100_80, 1, False),
        ("llama-2-70b", "awq", A100_80, 1, True),
        ("llama-2-70b", "none", A100_80, 2, True),
        ("llama-2-70b", "none", A100_80, 4, True),
        ("llama-2-70b", "none", H100_NVL, 1, False),
        ("llama-2-70b", "bitsandbytes-nf4", H100_NVL, 1, True),
        ("llama-2-70b", "none", H100_NVL, 2, True),
        ("codellama-34b", "none", A10G, 8, True),
        ("llama-3.1-405b", "fp8", A100_80, 8, True),
        ("llama-3.1-405b", "none", A100_80, 8, False),
    ],
)
def test_what_fits_and_what_does_not(model_id, quantization, gpu, num_shard, fitting):
    assert memory(Replica(MODELS[model_id], quantization, gpu, num_shard), ONE).fits is fitting


@pytest.mark.parametrize(
    ("quantization", "gpu", "num_shard", "fitting"),
    [
        ("none", A100_80, 8, True),  # 640 GB
        ("none", A100_80, 4, False),
        ("none", A100_40, 8, False),
        ("bitsandbytes-nf4", A100_40, 8, True),  # 320 GB
    ],
)
def test_falcon_180b_needs_what_hugging_face_says(quantization, gpu, num_shard, fitting):
    # huggingface/blog, falcon-180b.md.
    load = Workload(1024, 1024, 1, 2048)

    falcon = Replica(MODELS["falcon-180b"], quantization, gpu, num_shard)

    assert memory(falcon, load).fits is fitting


# huggingface/blog, llama31.md; GiB of cache in 16 bit.
@pytest.mark.parametrize(
    ("model_id", "k_tokens", "gib"),
    [
        ("llama-3.1-8b", 1, 0.125),
        ("llama-3.1-8b", 16, 1.95),
        ("llama-3.1-8b", 128, 15.62),
        ("llama-3.1-70b", 1, 0.313),
        ("llama-3.1-70b", 128, 39.06),
        # The post is of the first upload of 405B, with 16 key-value heads: each of the 8 twice.
        ("llama-3.1-405b", 1, 0.984 / 2),
        ("llama-3.1-405b", 128, 123.05 / 2),
    ],
)
def test_cache_as_published(model_id, k_tokens, gib):
    tokens = k_tokens * (1000 if k_tokens > 1 else 1024)

    assert tokens * kv_bytes_per_token(MODELS[model_id]) / GIB == pytest.approx(gib, rel=0.003)


# NVIDIA AIConfigurator 0.12, A100 of 80 GB, batch 1, 512 + 128 tokens: GiB a GPU, less its flat
# 3.5 GiB for "other" and its NCCL. Ours: the same tokens, less runtime and communication.
@pytest.mark.parametrize(
    ("model_id", "num_shard", "gib"),
    [
        ("llama-2-7b", 1, 16.43 - 3.5),
        ("llama-2-13b", 1, 28.30 - 3.5),
        ("llama-2-70b", 4, 36.12 - 3.5 - 392 / 1024),
        ("llama-2-70b", 8, 20.04 - 3.5 - 392 / 1024),
    ],
)
def test_weights_cache_and_working_set_agree_with_nvidias_tool(model_id, num_shard, gib):
    shard = shard_memory(
        Replica(MODELS[model_id], "none", A100_80, num_shard), Workload(512, 128, 1, 640)
    )

    ours = shard.weights_bytes + shard.copies_bytes + shard.kv_cache_bytes + shard.prefill_bytes
    assert ours / GIB == pytest.approx(gib, rel=0.005)


def test_an_l4_holds_the_tokens_that_tgi_claims():
    # TGI 3, docs/source/conceptual/chunking.md: 30k tokens of Llama 3.1 8B on one L4. TGI's own
    # largest prefill there is 121e12 / 15.03e9 = 8046 tokens; llamactl sets 4096.
    model = MODELS["llama-3.1-8b"]
    shard = shard_memory(Replica(model, "none", L4, 1), ONE)

    more = shard.prefill_bytes * (8046 - 4096) // 4096 // kv_bytes_per_token(model)

    assert shard.max_kv_tokens - more == pytest.approx(30_000, rel=0.05)


def test_tokens_in_flight_are_those_of_all_requests():
    model = MODELS["llama-2-7b"]

    assert tokens_in_flight(model, Workload(1000, 200, 8, 4096)) == 8 * 1200
    assert tokens_in_flight(model, Workload(4000, 1000, 8, 4096)) == 8 * 4096


def test_there_is_room_for_a_whole_context():
    assert tokens_in_flight(MODELS["llama-2-7b"], Workload(100, 100, 2, 4096)) == 4096


def test_falcon_takes_its_cache_in_blocks_of_256():
    load = Workload(500, 100, 8, 2048)

    shard = shard_memory(Replica(MODELS["falcon-40b"], "none", A100_80, 2), load)

    assert tokens_in_flight(MODELS["falcon-40b"], load) == 8 * 768
    assert shard.max_kv_tokens % 256 == 0
    assert shard.runtime_bytes == 551 * MIB  # flashinfer's workspace is not there


def test_the_head_of_a_tied_model_is_held_again():
    tied = shard_memory(Replica(MODELS["llama-3.2-1b"], "none", A10G, 1), ONE)

    assert tied.copies_bytes == 2 * 2048 * (128_256 + 1)


def test_mpt_works_on_a_whole_prompt_at_once():
    shape = MODELS["mpt-7b-8k"].architecture

    assert prefill_tokens(shape, 8192) == 8192
    # Two tensors of 32 heads x 8192 x 8192 in 32 bit, and 8192 tokens of channels in 16 bit.
    channels = 8192 * (2 * 16_384 + 3 * 4096) * 2
    assert prefill_bytes(shape, "none", 1, 8192) == 2 * 4 * 32 * 8192**2 + channels


def test_nf4_widens_a_matrix_to_16_bit():
    shape = MODELS["llama-2-70b"].architecture

    more = prefill_bytes(shape, "bitsandbytes-nf4", 4, 4096) - prefill_bytes(shape, "none", 4, 4096)
    assert more == 2 * 8192 * 2 * 28_672 // 4


def test_a_shortage_says_what_is_needed_and_what_is_there():
    said = shortage(memory(Replica(MODELS["llama-2-70b"], "none", A10G, 4), ONE), 4)

    assert said == (
        "needs 4 shards of 38.8 GB (weights 34.5, cache 0.3, overhead 4.0), has 4 × 24.1 GB"  # noqa: RUF001
    )
    assert shortage(memory(Replica(MODELS["llama-2-13b"], "none", A10G, 1), ONE), 1).startswith(
        "needs 1 shard of 33."
    )


def test_the_largest_context_is_the_last_that_fits():
    model = MODELS["llama-3.1-8b"]

    most = largest_context(Replica(model, "none", L4, 1), 4)

    assert 8_000 < most < 9_000
    assert memory(Replica(model, "none", L4, 1), Workload(most, 0, 4, most)).fits
    assert not memory(Replica(model, "none", L4, 1), Workload(most + 1, 0, 4, most + 1)).fits


def test_the_largest_context_is_at_most_the_models_own_and_none_where_weights_do_not_fit():
    assert largest_context(Replica(MODELS["llama-2-7b"], "none", A100_80, 1), 1) == 4096
    assert largest_context(Replica(MODELS["llama-2-13b"], "none", A10G, 1), 1) == 0
