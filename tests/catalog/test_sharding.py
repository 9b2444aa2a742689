"""The numbers of GPUs that TGI splits a model over."""

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.sharding import refusal, shard_counts

MODELS = {model.id: model for model in load_catalog().models}


@pytest.mark.parametrize(
    ("model_id", "counts"),
    [
        ("llama-2-7b", (1, 2, 4, 8, 16)),
        ("llama-2-13b", (1, 2, 4, 8)),
        ("llama-2-70b", (1, 2, 4, 8)),
        ("codellama-34b", (1, 2, 4, 8)),
        ("llama-guard-7b", (1, 2, 4, 8, 16)),
        ("llama-3.1-8b", (1, 2, 4, 8)),
        ("llama-3.2-1b", (1, 2, 4, 8)),
        ("llama-3.2-3b", (1, 2, 4, 8)),
        ("mistral-7b-v0.1", (1, 2, 4, 8)),
        ("falcon-7b", (1,)),
        ("falcon-40b", (1, 2, 4, 8)),
        ("falcon-180b", (1, 2, 4, 8)),
        ("mpt-7b", (1, 2, 4, 8, 16)),
        ("mpt-30b", (1, 2, 4, 8, 16)),
        ("smollm2-135m-instruct", (1, 3)),
    ],
)
def test_16_bit_on_up_to_16_gpus(model_id, counts):
    assert shard_counts(MODELS[model_id], "none", 16) == counts


@pytest.mark.parametrize("quantization", ["gptq", "awq"])
@pytest.mark.parametrize(
    ("model_id", "counts"),
    [
        ("llama-2-7b", (1, 2)),  # 11,008 / 128 = 86 groups
        ("llama-2-13b", (1, 2, 4)),  # 13,824 / 128 = 108 groups
        ("llama-2-70b", (1, 2, 4, 8)),  # 28,672 / 128 = 224 groups
        ("codellama-34b", (1, 2, 4)),  # 22,016 / 128 = 172 groups
        ("falcon-180b", (1, 2, 4)),  # 14,848 / 128 = 116 groups
        ("falcon-7b", ()),  # 4,544 / 128 = 35.5 groups
        ("mpt-7b", ()),
    ],
)
def test_groups_of_4_bit_weights_stay_whole(model_id, counts, quantization):
    assert shard_counts(MODELS[model_id], quantization, 8) == counts


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_what_tgi_quantizes_itself_splits_as_16_bit_does(model):
    counts = {shard_counts(model, each, 8) for each in ("none", "bitsandbytes-nf4", "eetq", "fp8")}

    assert len(counts) == 1


def test_no_more_shards_than_gpus():
    assert shard_counts(MODELS["llama-2-70b"], "none", 1) == (1,)
    assert shard_counts(MODELS["llama-2-70b"], "none", 6) == (1, 2, 4)


@pytest.mark.parametrize(
    ("model_id", "quantization", "num_shard", "words"),
    [
        ("llama-2-7b", "none", 3, "32 heads do not split evenly over 3 shards"),
        ("llama-2-70b", "none", 16, "8 key-value heads do not split evenly over 16 shards"),
        # Both kinds of heads would.
        ("llama-2-13b", "none", 5, "13,824 feed-forward channels do not split evenly over 5"),
        ("falcon-7b", "none", 2, "71 heads do not split evenly over 2 shards"),
        ("llama-2-7b", "gptq", 4, "2,752 inputs a shard (down) are 21.5 groups"),
        ("mpt-7b", "awq", 1, "no awq weights for the MPT"),
    ],
)
def test_a_refusal_has_its_numbers(model_id, quantization, num_shard, words):
    assert words in refusal(MODELS[model_id], quantization, num_shard)


def test_what_is_accepted_is_not_refused():
    assert refusal(MODELS["llama-2-13b"], "gptq", 4) is None


def test_there_are_no_more_shards_than_heads_whatever_the_gpus():
    assert shard_counts(MODELS["llama-2-7b"], "none", 10**9) == (1, 2, 4, 8, 16, 32)
