"""The speed of one replica: worked by hand with round coefficients, and what must always hold."""

from dataclasses import replace
from itertools import pairwise, product

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.hardware_tables import load_accelerators
from llamactl_catalog.replica import Replica
from llamactl_catalog.sharding import shard_counts
from llamactl_catalog.speed import estimate
from llamactl_catalog.speed.calibration import Fitted, Kernel, load_calibration
from llamactl_catalog.speed.estimates import times
from llamactl_catalog.speed.passes import passes_of
from llamactl_catalog.workload import Workload

CATALOG = load_catalog()
LLAMA_7B, LLAMA_13B, LLAMA_70B = (CATALOG.model(f"llama-2-{size}") for size in ("7b", "13b", "70b"))
ACCELERATORS = load_accelerators()
SHIPPED = load_calibration("tgi")
# 1 TB/s of which half is reached, 100 TFLOPS of which 40 % are; no link.
ROUND_GPU = replace(
    ACCELERATORS["a10g"],
    id="round",
    bandwidth_bytes_per_s=1e12,
    fp16_flops=1e14,
    link_bytes_per_s=None,
)
ROUND = replace(
    SHIPPED,
    fitted=Fitted(
        bandwidth_share=0.5,
        row_share=0.05,
        onboarding=3.0,
        link_bytes_per_s=10e9,
        host_bytes_per_s=3e9,
    ),
    host_ms_per_layer={"round": 0.5},
    kernels={"none": Kernel(1.0, 0.0, 0.0, 1.0), "gptq": Kernel(2.0, 0.1, 3.0, 1.25)},
)
GRID = list(
    product(
        (LLAMA_7B, LLAMA_13B, LLAMA_70B, CATALOG.model("llama-3.2-1b")),
        ("none", "gptq", "awq", "bitsandbytes-nf4", "eetq", "fp8"),
        ("a10g", "l4", "a100-sxm-40gb", "h100-sxm-80gb"),
        (1, 4, 8),
        ((10, 50), (1000, 200), (3000, 5)),
    )
)


def by_round(workload, batch_size=None):
    return times(ROUND, Replica(LLAMA_7B, "none", ROUND_GPU, 1), workload, batch_size)


def load(users=1, input_tokens=10, output_tokens=50):
    return Workload(input_tokens, output_tokens, users, 4096)


def test_one_user_of_7b_worked_by_hand():
    # Read: 6,738,415,616 - 32,000 x 4096 weights, 2 bytes each, at 500 GB/s: 26.4294 ms.
    # Cache: 35 tokens x 524,288 bytes: 0.0367 ms. Host: 32 x 0.5 = 16 ms.
    # Step: sqrt(26.4661^2 + 16^2) = 30.9266 ms. Prompt: sqrt(26.4294^2 + 48^2) = 54.7946 ms.
    first_token_ms, ms_per_token, request_ms = by_round(load())

    assert first_token_ms == pytest.approx(54.7946, rel=1e-4)
    assert ms_per_token == pytest.approx(30.9266, rel=1e-4)
    assert request_ms == pytest.approx(54.7946 + 49 * 30.9266, rel=1e-4)


def test_five_users_of_7b_worked_by_hand():
    # Four more rows: 4 x 0.05 x 26.4294 = 5.2859 ms, and 5 x 0.0367 of cache.
    # Step: sqrt(31.8988^2 + 16^2) = 35.6864 ms. The engine takes two of five prompts at a time:
    # one's own with another, the rest in 1.5 interruptions of 54.7946 ms, 1.6438 ms a token.
    first_token_ms, ms_per_token, request_ms = by_round(load(5))

    assert ms_per_token == pytest.approx(35.6864 + 1.6438, rel=1e-4)
    assert first_token_ms == pytest.approx(35.6864 / 2 + 54.7946, rel=1e-4)
    assert request_ms == pytest.approx(35.6864 / 2 + 54.7946 + 49 * 37.3302, rel=1e-4)


def test_gptq_takes_longer_for_each_row_until_unpacking_is_quicker():
    # In layers: 6,476,271,616 weights, unpacked by 3 bytes each at 500 GB/s: 38.8576 ms.
    passes = passes_of(ROUND, Replica(LLAMA_7B, "gptq", ROUND_GPU, 1))
    alone = passes.weights_ms

    assert passes.unpacked_ms == pytest.approx(38.8576, rel=1e-4)
    assert alone * 1.9 < passes.unpacked_ms < alone * 4
    assert passes.decode_ms(2, 0) > passes.decode_ms(1, 0) * 1.05


def test_a_long_prompt_takes_the_time_of_its_arithmetic():
    # 2 x 6,476,271,616 x 4000 / (1e14 x 0.4) = 1295.25 ms; the host's 48 ms hide behind it.
    passes = passes_of(ROUND, Replica(LLAMA_7B, "none", ROUND_GPU, 1))

    assert passes.prefill_ms(4000) == pytest.approx((1295.25**2 + 48**2) ** 0.5, rel=1e-4)


def test_shards_add_up_through_the_host_one_after_the_other():
    # 80 layers x 2 sums x 2 (4 - 1) messages of 8192 x 2 bytes at 3 GB/s: 5.2429 ms a row.
    passes = passes_of(ROUND, Replica(LLAMA_70B, "none", ROUND_GPU, 4))

    assert passes.all_reduce.ms(1) == pytest.approx(5.2429, rel=1e-4)
    assert passes.all_reduce.ms(20) == pytest.approx(20 * 5.2429, rel=1e-4)


def test_linked_shards_add_up_at_the_same_time():
    # 80 x 2 x 2 (4 - 1) / 4 messages of 16,384 bytes at 10 GB/s: 0.39322 ms a row.
    linked = replace(ROUND_GPU, link_bytes_per_s=600e9)

    passes = passes_of(ROUND, Replica(LLAMA_70B, "none", linked, 4))

    assert passes.all_reduce.ms(1) == pytest.approx(0.39322, rel=1e-4)


def test_large_messages_move_faster_than_small_ones():
    passes = passes_of(ROUND, Replica(LLAMA_70B, "none", ROUND_GPU, 4))

    assert passes.all_reduce.ms(3000) < 3000 * passes.all_reduce.ms(1) / 2


def test_one_shard_has_nothing_to_add_up():
    assert passes_of(ROUND, Replica(LLAMA_7B, "none", ROUND_GPU, 1)).all_reduce.ms(1000) == 0


def test_users_beyond_the_batch_wait_and_add_no_throughput():
    _, full_ms, full_request_ms = by_round(load(8))
    first_token_ms, ms_per_token, request_ms = by_round(load(16), batch_size=8)

    assert ms_per_token == full_ms
    assert 16 / request_ms == pytest.approx(8 / full_request_ms)
    assert first_token_ms > full_request_ms


def test_a_tied_embedding_is_read_as_the_output():
    tied = CATALOG.model("llama-3.2-1b")
    passes = passes_of(ROUND, Replica(tied, "none", ROUND_GPU, 1))

    assert passes.weights_ms == pytest.approx(2 * tied.parameters / 500e9 * 1e3)


def test_more_bandwidth_arithmetic_or_links_are_never_slower():
    for model, quantization, gpu, shards, (prompt, answer) in GRID:
        slow = ACCELERATORS[gpu]
        before = estimate(Replica(model, quantization, slow, shards), load(8, prompt, answer))
        for better in (
            replace(slow, bandwidth_bytes_per_s=slow.bandwidth_bytes_per_s * 1.5),
            replace(slow, fp16_flops=slow.fp16_flops * 1.5),
            replace(slow, link_bytes_per_s=900e9),
        ):
            after = estimate(Replica(model, quantization, better, shards), load(8, prompt, answer))

            assert after.ms_per_token <= before.ms_per_token
            assert after.time_to_first_token_ms <= before.time_to_first_token_ms
            assert after.tokens_per_s >= before.tokens_per_s


def test_more_users_never_lower_the_throughput_or_quicken_an_answer():
    for model, quantization, gpu, shards, (prompt, answer) in GRID:
        speeds = [
            estimate(
                Replica(model, quantization, ACCELERATORS[gpu], shards), load(users, prompt, answer)
            )
            for users in (1, 2, 3, 4, 5, 8, 13, 20, 21, 50, 128)
        ]
        for fewer, more in pairwise(speeds):
            assert more.tokens_per_s >= fewer.tokens_per_s
            assert more.ms_per_token >= fewer.ms_per_token
            assert more.time_to_first_token_ms >= fewer.time_to_first_token_ms


def test_longer_prompts_are_never_quicker():
    for model, quantization, gpu, shards, (_, answer) in GRID:
        speeds = [
            estimate(
                Replica(model, quantization, ACCELERATORS[gpu], shards), load(4, prompt, answer)
            )
            for prompt in (1, 100, 1000, 4000)
        ]
        for shorter, longer in pairwise(speeds):
            assert longer.time_to_first_token_ms >= shorter.time_to_first_token_ms
            assert longer.ms_per_token >= shorter.ms_per_token
            assert longer.tokens_per_s <= shorter.tokens_per_s


def test_a_larger_model_is_never_quicker():
    for users in (1, 20):
        speeds = [
            estimate(Replica(model, "none", ACCELERATORS["a100-sxm-40gb"], 8), load(users))
            for model in (LLAMA_7B, LLAMA_13B, LLAMA_70B)
        ]

        assert sorted(each.ms_per_token for each in speeds) == [
            each.ms_per_token for each in speeds
        ]


def test_every_model_has_a_speed_on_every_gpu():
    for model, gpu in product(CATALOG.models, ACCELERATORS.values()):
        for quantization in ("none", "gptq", "awq", "bitsandbytes-nf4", "eetq", "fp8"):
            for shards in shard_counts(model, quantization, 8):
                speed = estimate(Replica(model, quantization, gpu, shards), load(4))

                assert 0 < speed.ms_per_token < 1e5
                assert 0 < speed.time_to_first_token_ms < 1e6
                assert 0 < speed.tokens_per_s < 1e5
