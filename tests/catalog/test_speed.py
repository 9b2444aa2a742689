"""The speed of one replica: worked by hand with round constants, and what must always hold."""

from dataclasses import replace
from itertools import pairwise, product

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.engines import Engine
from llamactl_catalog.hardware_tables import load_accelerators
from llamactl_catalog.replica import Replica
from llamactl_catalog.sharding import shard_counts
from llamactl_catalog.speed import estimate, load_calibration
from llamactl_catalog.speed.calibration import Fitted, Kernel
from llamactl_catalog.speed.estimates import running, times
from llamactl_catalog.speed.kernels import kernel_facts
from llamactl_catalog.speed.passes import passes_of
from llamactl_catalog.workload import Workload

CATALOG = load_catalog()
LLAMA_7B, LLAMA_13B, LLAMA_70B = (CATALOG.model(f"llama-2-{size}") for size in ("7b", "13b", "70b"))
ACCELERATORS = load_accelerators()
TGI = load_calibration("tgi")
ROOM = 10**9
# 1 TB/s and 100 TFLOPS at the shares of most GPUs: 0.83 and 0.80 of the memory's, 0.75 of the
# arithmetic's peak, 0.45 of it in attention; no link: 7.8 GB/s a pair, 11 µs a hop.
ROUND_GPU = replace(
    ACCELERATORS["a10g"],
    id="round",
    bandwidth_bytes_per_s=1e12,
    fp16_flops=1e14,
    link_bytes_per_s=None,
)
ROUND = replace(
    TGI,
    fitted=Fitted(layer_us=100.0, sequence_us=50.0, prompt_share=0.9, admission=0.0),
    machines={},
    kernels={"gptq": Kernel(2.0, 0.1, 3.0)},
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


def load(users=1, input_tokens=10, output_tokens=50):
    return Workload(input_tokens, output_tokens, users, 4096)


def by_round(workload, sequences=None, calibration=ROUND):
    replica = Replica(LLAMA_7B, "none", ROUND_GPU, 1)
    return times(calibration, replica, workload, sequences or workload.concurrency)


def speed(model, quantization, accelerator, shards, workload):
    return estimate(TGI, Replica(model, quantization, accelerator, shards), workload, ROOM)


def test_a_step_of_one_sequence_worked_by_hand():
    # Read: 6,738,415,616 - 32,000 x 4096 weights, 2 bytes each, at 830 GB/s: 15.92128 ms.
    # Multiply: twice as many operations at 75 TFLOPS: 0.17619 ms, which adds nothing beside it.
    # Cache: 35 tokens x 524,288 bytes at 800 GB/s: 0.02294 ms. Layers: 32 x 0.1 = 3.2 ms.
    # Sequence: 0.05 ms.
    found = by_round(load())

    assert found.ms_per_token == pytest.approx(15.92128 + 0.02294 + 3.2 + 0.05, rel=1e-4)
    assert found.tokens_per_s == pytest.approx(50e3 / (50 * 19.19422 + 0.9 * 1.72776), rel=1e-4)


def test_a_first_token_alone_is_its_prompt_and_a_step():
    # Prompt: 2 x 6,476,271,616 x 10 / 75e12 = 1.72701 ms; attention: 2 x 32 x 32 x 128 x 10^2 /
    # 45e12 = 0.0006 ms. The step with 10 tokens in the cache: 19.17783 ms.
    found = by_round(load())

    assert found.first_token_ms == pytest.approx(1.72701 + 0.00058 + 19.17783, rel=1e-4)
    assert found.first_token_at_once_ms == found.first_token_ms


def test_reading_and_multiplying_hide_each_other():
    passes = passes_of(ROUND, Replica(LLAMA_7B, "none", ROUND_GPU, 1))

    reads, multiplies = passes.step_ms(1, 0), passes.step_ms(1000, 0)
    own = passes.layers_ms + 1000 * passes.sequence_ms

    assert reads - passes.layers_ms - passes.sequence_ms == pytest.approx(15.92128, rel=1e-3)
    assert multiplies - own == pytest.approx(1000 * 0.17619, rel=2e-3)
    both = passes.step_ms(90.4, 0) - passes.layers_ms - 90.4 * passes.sequence_ms
    assert both == pytest.approx(15.92 * 2**0.4, rel=1e-2)


def test_other_users_prompts_interrupt_an_answer():
    # A prompt of 1000: 2 x 6,476,271,616 x 1000 / 75e12 + 262,144 x 1e6 / 45e12 = 178.526 ms.
    one, five = by_round(load(1, 1000)), by_round(load(5, 1000))
    passes = passes_of(ROUND, Replica(LLAMA_7B, "none", ROUND_GPU, 1))

    interruptions = 4 / 50 * 0.9 * 178.526

    assert five.ms_per_token == pytest.approx(passes.step_ms(5, 1025) + interruptions, rel=1e-4)
    assert five.first_token_at_once_ms > five.first_token_ms > one.first_token_ms


def test_gptq_takes_longer_for_each_sequence_until_unpacking_is_faster():
    passes = passes_of(ROUND, Replica(LLAMA_7B, "gptq", ROUND_GPU, 1))

    assert passes.read_ms < passes.unpacked_ms
    assert passes.step_ms(2, 0) > passes.step_ms(1, 0) * 1.05
    unpacked = 3 * 6_476_267_520 / 830e9 * 1e3
    assert passes.unpacked_ms > unpacked


def test_fp8_is_multiplied_at_twice_the_peak_where_engine_and_gpu_can():
    vllm, h100 = load_calibration("vllm"), ACCELERATORS["h100-sxm-80gb"]
    plain, fp8 = (passes_of(vllm, Replica(LLAMA_70B, each, h100, 4)) for each in ("none", "fp8"))
    on_a100 = passes_of(vllm, Replica(LLAMA_70B, "fp8", ACCELERATORS["a100-sxm-80gb"], 4))
    a100 = passes_of(vllm, Replica(LLAMA_70B, "none", ACCELERATORS["a100-sxm-80gb"], 4))

    # 0.57 of twice the peak against 0.75 of it; the head stays in 16 bit.
    assert plain.prompt_ms_per_token / fp8.prompt_ms_per_token == pytest.approx(1.52, rel=0.01)
    assert on_a100.prompt_ms_per_token == pytest.approx(a100.prompt_ms_per_token, rel=0.01)
    assert on_a100.read_ms < a100.read_ms * 0.52


def test_shards_add_up_through_the_host_one_pair_after_the_other():
    # 2 x 80 sums of 16,384 bytes a token at 7.8 / 2 GB/s: 0.67216 ms; 160 hops of 11 µs.
    passes = passes_of(ROUND, Replica(LLAMA_70B, "none", ROUND_GPU, 4))

    assert passes.exchange_ms_per_token == pytest.approx(0.67216, rel=1e-4)
    assert passes.hops_ms == pytest.approx(1.76)


def test_linked_shards_add_up_at_the_rate_of_their_kernels():
    h100 = ACCELERATORS["h100-sxm-80gb"]
    four, eight = (passes_of(ROUND, Replica(LLAMA_70B, "none", h100, n)) for n in (4, 8))

    # 2 x 80 sums of 16,384 bytes at 125 GB/s, however many GPUs there are.
    assert four.exchange_ms_per_token == pytest.approx(0.020972, rel=1e-4)
    assert eight.exchange_ms_per_token == four.exchange_ms_per_token


def test_one_shard_has_nothing_to_add_up():
    passes = passes_of(ROUND, Replica(LLAMA_7B, "none", ROUND_GPU, 1))

    assert passes.hops_ms == passes.exchange_ms_per_token == 0


def test_users_beyond_the_batch_wait_and_add_no_throughput():
    full, more = by_round(load(8)), by_round(load(16), sequences=8)

    assert more.ms_per_token == full.ms_per_token
    assert more.tokens_per_s == full.tokens_per_s
    assert more.first_token_ms > full.first_token_ms + 50 * full.ms_per_token / 2


def test_what_runs_at_once_is_bounded_by_cache_and_engine():
    replica = Replica(LLAMA_7B, "none", ACCELERATORS["a10g"], 1)
    vllm = load_calibration("vllm")

    # 100 + 100 tokens: TGI holds all of an answer, vLLM on average 0.6 of it.
    assert running(TGI, replica, load(64, 100, 100), 2000) == 10
    assert running(vllm, replica, load(64, 100, 100), 1600) == 10
    assert running(vllm, replica, load(2000, 100, 100), ROOM) == 256


def test_a_tied_embedding_is_read_as_the_output():
    tied = CATALOG.model("llama-3.2-1b")
    passes = passes_of(ROUND, Replica(tied, "none", ROUND_GPU, 1))

    assert passes.read_ms == pytest.approx(2 * tied.parameters / 830e9 * 1e3)


def test_more_bandwidth_or_arithmetic_is_never_slower():
    for model, quantization, gpu, shards, (prompt, answer) in GRID:
        slow, work = ACCELERATORS[gpu], load(8, prompt, answer)
        before = speed(model, quantization, slow, shards, work)
        for better in (
            replace(slow, bandwidth_bytes_per_s=slow.bandwidth_bytes_per_s * 1.5),
            replace(slow, fp16_flops=slow.fp16_flops * 1.5),
        ):
            after = speed(model, quantization, better, shards, work)

            assert after.ms_per_token <= before.ms_per_token
            assert after.time_to_first_token_ms <= before.time_to_first_token_ms
            assert after.tokens_per_s >= before.tokens_per_s


def test_more_users_never_lower_the_throughput_or_quicken_an_answer():
    for model, quantization, gpu, shards, (prompt, answer) in GRID:
        speeds = [
            speed(model, quantization, ACCELERATORS[gpu], shards, load(users, prompt, answer))
            for users in (1, 2, 3, 4, 5, 8, 13, 20, 21, 50, 128)
        ]
        for fewer, more in pairwise(speeds):
            assert more.tokens_per_s >= fewer.tokens_per_s
            assert more.ms_per_token >= fewer.ms_per_token
            assert more.time_to_first_token_ms >= fewer.time_to_first_token_ms
            assert more.time_to_first_token_at_once_ms >= more.time_to_first_token_ms


def test_longer_prompts_are_never_quicker():
    for model, quantization, gpu, shards, (_, answer) in GRID:
        speeds = [
            speed(model, quantization, ACCELERATORS[gpu], shards, load(4, prompt, answer))
            for prompt in (1, 100, 1000, 4000)
        ]
        for shorter, longer in pairwise(speeds):
            assert longer.time_to_first_token_ms >= shorter.time_to_first_token_ms
            assert longer.ms_per_token >= shorter.ms_per_token
            assert longer.tokens_per_s <= shorter.tokens_per_s


def test_a_larger_model_is_never_quicker():
    for users in (1, 20):
        speeds = [
            speed(model, "none", ACCELERATORS["a100-sxm-40gb"], 8, load(users))
            for model in (LLAMA_7B, LLAMA_13B, LLAMA_70B)
        ]

        assert sorted(each.ms_per_token for each in speeds) == [
            each.ms_per_token for each in speeds
        ]


def test_every_model_has_a_speed_on_every_gpu():
    for model, gpu in product(CATALOG.models, ACCELERATORS.values()):
        for quantization in ("none", "gptq", "awq", "bitsandbytes-nf4", "eetq", "fp8"):
            for shards in shard_counts(model, quantization, 8):
                found = speed(model, quantization, gpu, shards, load(4))

                assert 0 < found.ms_per_token < 1e5
                assert 0 < found.time_to_first_token_ms < 1e6
                assert 0 < found.tokens_per_s < 1e5


@pytest.mark.parametrize("engine", ["tgi", "vllm"])
def test_gpus_rank_by_what_was_measured_of_them(engine):
    # 1,000 tokens in, 200 out, as many users as there is room for: an H100 writes most, then an
    # L40S, then an A10G (public measurements of Llama 3.1 8B, docs/speed-model.md).
    arithmetic = Engine(engine).arithmetic()
    model = CATALOG.model("llama-3.1-8b-instruct")
    work = Workload(1000, 200, 10_000, 2048)

    def at_full_load(gpu):
        replica = Replica(model, "none", ACCELERATORS[gpu], 1)
        room = arithmetic.memory(replica, replace(work, concurrency=1)).max_kv_tokens
        return arithmetic.speed(replica, work, room).tokens_per_s

    rates = [at_full_load(gpu) for gpu in ("a10g", "l40s", "h100-sxm-80gb")]

    assert rates == sorted(rates)
    assert rates[2] > 5 * rates[0]


def test_every_fact_of_a_kernel_names_a_gpu_of_the_catalog():
    for accelerator in ACCELERATORS.values():
        facts = kernel_facts(accelerator)

        assert facts.accelerator in {accelerator.id, "*"}
