"""What holds of the memory of every model on every GPU."""

from dataclasses import replace
from typing import get_args

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalog.gpus import GPUS
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.memory import (
    largest_context,
    memory,
    shard_memory,
    tokens_in_flight,
)
from llamactl_catalog.placement import Quantization
from llamactl_catalog.replica import Replica
from llamactl_catalog.sharding import shard_counts
from llamactl_catalog.workload import Workload

QUANTIZATIONS = get_args(Quantization)

models = st.sampled_from(load_catalog().models)
gpus = st.sampled_from(GPUS)
quantizations = st.sampled_from(QUANTIZATIONS)
workloads = st.builds(
    Workload,
    input_tokens=st.integers(1, 20_000),
    output_tokens=st.integers(0, 4_000),
    concurrency=st.integers(1, 256),
    context_tokens=st.integers(1, 131_072),
)
many = settings(max_examples=60, deadline=None)


def taken_by(shard):
    return shard.weights_bytes + shard.kv_cache_bytes + shard.overhead_bytes


def needed(model, quantization, gpu, num_shard, workload):
    return taken_by(shard_memory(Replica(model, quantization, gpu, num_shard), workload))


@given(models, quantizations, gpus, workloads, st.integers(0, 9_999))
@many
def test_more_context_never_needs_fewer_bytes(model, quantization, gpu, workload, more):
    longer = replace(workload, context_tokens=workload.context_tokens + more)

    before = shard_memory(Replica(model, quantization, gpu, 1), workload)
    after = shard_memory(Replica(model, quantization, gpu, 1), longer)

    assert taken_by(after) >= taken_by(before)
    assert after.max_kv_tokens <= before.max_kv_tokens


@given(models, quantizations, gpus, workloads, st.integers(0, 99))
@many
def test_more_requests_never_need_fewer_bytes(model, quantization, gpu, workload, more):
    busier = replace(workload, concurrency=workload.concurrency + more)

    assert needed(model, quantization, gpu, 1, busier) >= needed(
        model, quantization, gpu, 1, workload
    )


@given(models, quantizations, gpus, workloads)
@many
def test_more_shards_never_need_more_of_each_gpu(model, quantization, gpu, workload):
    counts = shard_counts(model, quantization, 16)
    shards = [shard_memory(Replica(model, quantization, gpu, each), workload) for each in counts]

    # But for the buffers to talk to each other, and a row of padding and norms on each.
    alone = [taken_by(each) - each.communication_bytes - each.copies_bytes for each in shards]
    assert alone == sorted(alone, reverse=True)
    assert [each.max_kv_tokens for each in shards if each.max_kv_tokens] == sorted(
        each.max_kv_tokens for each in shards if each.max_kv_tokens
    )


@given(models, quantizations, gpus, workloads)
@many
def test_fewer_bits_never_need_more_bytes(model, quantization, gpu, workload):
    counts = shard_counts(model, quantization, 8)
    assume(counts)

    for num_shard in counts:
        assert needed(model, quantization, gpu, num_shard, workload) <= needed(
            model, "none", gpu, num_shard, workload
        )


@given(models, quantizations, gpus, workloads, st.integers(0, 10**11))
@many
def test_a_larger_gpu_never_holds_fewer_tokens(model, quantization, gpu, workload, more_bytes):
    larger = replace(gpu, memory_bytes=gpu.memory_bytes + more_bytes)

    tokens = [
        memory(Replica(model, quantization, each, 1), workload).max_kv_tokens
        for each in (gpu, larger)
    ]

    assert tokens == sorted(tokens)


@given(models, quantizations, gpus, workloads)
@many
def test_it_fits_where_the_tokens_in_flight_are_at_most_those_that_have_room(
    model, quantization, gpu, workload
):
    for num_shard in shard_counts(model, quantization, 8):
        shard = shard_memory(Replica(model, quantization, gpu, num_shard), workload)
        whole = memory(Replica(model, quantization, gpu, num_shard), workload)

        taken = whole.weights_bytes + whole.kv_cache_bytes + whole.overhead_bytes
        assert taken == num_shard * taken_by(shard)
        assert whole.fits == (taken_by(shard) <= gpu.memory_bytes)
        assert whole.fits == (tokens_in_flight(model, workload) <= whole.max_kv_tokens)


@given(models, quantizations, gpus, st.integers(1, 64))
@settings(max_examples=25, deadline=None)
def test_the_largest_context_fits_and_the_next_does_not(model, quantization, gpu, concurrency):
    most = largest_context(Replica(model, quantization, gpu, 1), concurrency)

    def holds(context):
        replica = Replica(model, quantization, gpu, 1)
        return memory(replica, Workload(context, 0, concurrency, context)).fits

    assert most == 0 or holds(most)
    assert most == model.architecture.context_tokens or not holds(most + 1)
