"""Llama 2 7B, 13B and 70B on both clouds, in 16 and in 4 bit, worked by hand.

One request of 512 + 256 tokens at a time, context 2048. Weights in 16 bit are 2 bytes a parameter:
13.5, 26.0 and 138.0 GB. An A10G has 24.1 GB and an A100 85.9 GB, a tenth of which TGI leaves free;
its own needs are around 1.5 GB a GPU. So 16 bit takes one A10G for 7B, at least two for 13B, and
more than four for 70B: 34.5 GB for each of four do not fit. Two A100 of 80 GB carry 69 GB each. In
4 bit the layers take 4.156 bits a weight (a scale and a zero for 128): 13B has 7.25 GB, 70B 36.6.
"""

from datetime import date

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.offers import load_hardware, load_prices, offers
from llamactl_catalog.planning import plan
from llamactl_catalog.workload import Workload

CATALOG = load_catalog()
OFFERS = offers(load_hardware(), load_prices())
ALONE = Workload(512, 256, concurrency=1, context_tokens=2048)
EVERY = {(each.price.region, each.instance_type.name): each for each in OFFERS}
PARAMETERS = {
    "llama-2-7b": 6_738_415_616,
    "llama-2-13b": 13_015_864_320,
    "llama-2-70b": 68_976_648_192,
}


def planned(model, region, instance_type, quantization="none", workload=ALONE):
    chosen = [EVERY[region, instance_type]]
    return plan(CATALOG.model(model), chosen, workload, quantizations=(quantization,))


@pytest.mark.parametrize(
    ("model", "region", "instance_type", "num_shard"),
    [
        ("llama-2-7b", "us-east-1", "ml.g5.2xlarge", 1),
        ("llama-2-13b", "us-east-1", "ml.g5.12xlarge", 4),
        ("llama-2-70b", "us-east-1", "ml.g5.48xlarge", 8),
        ("llama-2-7b", "eastus", "Standard_NC24ads_A100_v4", 1),
        ("llama-2-13b", "eastus", "Standard_NC24ads_A100_v4", 1),
        ("llama-2-70b", "eastus", "Standard_NC48ads_A100_v4", 2),
    ],
)
def test_16_bit_fits(model, region, instance_type, num_shard):
    (placement,) = planned(model, region, instance_type).placements

    assert placement.replicas == 1
    assert placement.num_shard == num_shard
    assert placement.memory.weights_bytes == 2 * PARAMETERS[model]


@pytest.mark.parametrize(
    ("model", "region", "instance_type", "words"),
    [
        ("llama-2-13b", "us-east-1", "ml.g5.2xlarge", ("1 shard of 3", "24.1 GB")),
        ("llama-2-70b", "us-east-1", "ml.g5.12xlarge", ("weights 34.5", "24.1 GB")),
        ("llama-2-70b", "eastus", "Standard_NC24ads_A100_v4", ("weights 138.0", "85.9 GB")),
        (
            "llama-2-7b",
            "us-east-1",
            "ml.g4dn.xlarge",
            ("T4 has", "no kernels"),
        ),
        (
            "llama-2-7b",
            "us-west-2",
            "ml.p3.2xlarge",
            ("V100 16 GB has", "no kernels"),
        ),
    ],
)
def test_16_bit_does_not_fit(model, region, instance_type, words):
    found = planned(model, region, instance_type)

    assert found.placements == ()
    (rejection,) = found.rejected
    assert [word for word in words if word not in rejection.reason] == []


# A layer's matrices, hidden x (queries, keys and values; output; gate and up) and down:
#   7B   4096 x (12,288 + 4,096 + 22,016) + 11,008 x 4096 = 202,375,168, 32 of them
#   13B  5120 x (15,360 + 5,120 + 27,648) + 13,824 x 5120 = 317,194,240, 40 of them
#   70B  8192 x (10,240 + 8,192 + 57,344) + 28,672 x 8192 = 855,638,016, 80 of them
# take 128 x 4 + 16 + 4 = 532 bits for 128 weights, 532/1024 of a byte each; the rest stays 16 bit.
FOUR_BIT_BYTES = {
    "llama-2-7b": 6_476_005_376 // 1024 * 532 + 2 * 262_410_240,
    "llama-2-13b": 12_687_769_600 // 1024 * 532 + 2 * 328_094_720,
    "llama-2-70b": 68_451_041_280 // 1024 * 532 + 2 * 525_606_912,
}
# A token in the cache, key and value of each layer in 16 bit; 70B has 8 heads of them, not 64.
TOKEN_BYTES = {
    "llama-2-7b": 2 * 32 * 4096 * 2,
    "llama-2-13b": 2 * 40 * 5120 * 2,
    "llama-2-70b": 2 * 80 * 1024 * 2,
}


@pytest.mark.parametrize(
    ("model", "region", "instance_type", "num_shard", "weights_bytes"),
    [
        ("llama-2-7b", "us-east-1", "ml.g5.2xlarge", 1, 3_889_307_648),
        ("llama-2-13b", "us-east-1", "ml.g5.2xlarge", 1, 7_247_882_240),
        ("llama-2-70b", "us-east-1", "ml.g5.12xlarge", 4, 36_613_668_864),
        ("llama-2-7b", "eastus", "Standard_NC24ads_A100_v4", 1, 3_889_307_648),
        ("llama-2-13b", "eastus", "Standard_NC24ads_A100_v4", 1, 7_247_882_240),
        ("llama-2-70b", "eastus", "Standard_NC24ads_A100_v4", 1, 36_613_668_864),
    ],
)
def test_4_bit_fits(model, region, instance_type, num_shard, weights_bytes):
    (placement,) = planned(model, region, instance_type, "awq").placements

    assert placement.num_shard == num_shard
    assert placement.memory.weights_bytes == weights_bytes == FOUR_BIT_BYTES[model]


# Room beside the weights: memory less a tenth, 679 MiB of CUDA and workspace, with four shards and
# more 392 MiB of NCCL, and the working set of 2048 tokens. Of one A10G and one A100, in 4 bit:
#   7B   24,146,608,128 - 3,889,307,648 - 3,357,338,829 = 16,899,961,651, by 524,288: 32,234 tokens
#   13B  85,899,345,920 - 7,247,882,240 - 9,591,334,912 = 69,060,128,768, by 819,200: 84,301 tokens
# Speeds are the formulas of docs/speed-model.md, computed apart from the code, with the bandwidths
# of 600 (A10G) and 1,935 GB/s (A100), 70 and 312 TFLOPS and TGI's constants. So 7B in 16 bit on an
# A10G: 13,214,687,232 bytes read a step by 0.83 x 600 GB/s are 26.54 ms, its cache of 640 tokens at
# 0.80 of it 0.70 ms, 32 layers 1.83 ms, the sequence 0.05 ms: 29.12 ms.
AWS, AZURE = "us-east-1", "eastus"
A100, TWO_A100 = "Standard_NC24ads_A100_v4", "Standard_NC48ads_A100_v4"


@pytest.mark.parametrize(
    ("model", "stored", "region", "instance_type", "max_kv_tokens", "speeds", "usd_per_hour"),
    [
        ("llama-2-7b", "none", AWS, "ml.g5.2xlarge", 13_947, (160.94, 29.119, 33.738), 1.515),
        ("llama-2-13b", "none", AWS, "ml.g5.12xlarge", 68_265, (189.4, 16.609, 57.828), 7.09),
        ("llama-2-70b", "none", AWS, "ml.g5.48xlarge", 78_199, (905.16, 42.289, 21.882), 20.36),
        ("llama-2-7b", "none", AZURE, A100, 119_952, (39.116, 10.329, 95.758), 3.673),
        ("llama-2-13b", "none", AZURE, A100, 61_372, (74.907, 18.686, 52.887), 3.673),
        ("llama-2-70b", "none", AZURE, TWO_A100, 42_268, (374.4, 49.583, 19.659), 7.346),
        ("llama-2-7b", "awq", AWS, "ml.g5.2xlarge", 32_234, (142.7, 10.881, 87.702), 1.515),
        ("llama-2-13b", "awq", AWS, "ml.g5.2xlarge", 16_458, (276.77, 19.317, 49.174), 1.515),
        ("llama-2-70b", "awq", AWS, "ml.g5.12xlarge", 137_150, (719.52, 27.973, 32.566), 7.09),
        ("llama-2-7b", "awq", AZURE, A100, 138_239, (33.46, 4.6737, 208.87), 3.673),
        ("llama-2-13b", "awq", AZURE, A100, 84_301, (63.827, 7.6059, 127.74), 3.673),
        ("llama-2-70b", "awq", AZURE, A100, 120_279, (332.54, 30.563, 31.489), 3.673),
    ],
)
def test_a_placement_by_hand(  # noqa: PLR0913, PLR0917 - a row of the table
    model, stored, region, instance_type, max_kv_tokens, speeds, usd_per_hour
):
    (placement,) = planned(model, region, instance_type, stored).placements
    memory, speed = placement.memory, placement.speed
    found = speed.time_to_first_token_ms, speed.ms_per_token, placement.tokens_per_s

    # One request of 768 tokens, but room for a whole context of 2048.
    assert memory.kv_cache_bytes == 2048 * TOKEN_BYTES[model]
    assert memory.max_kv_tokens == max_kv_tokens
    assert found == pytest.approx(speeds, rel=1e-4)
    assert placement.usd_per_hour == usd_per_hour


def test_the_prices_of_a_placement_by_hand():
    # $3.673 an hour in eastus: $2,681.29 in 730 hours. 52.887 tokens/s are 190,393 in an hour, at
    # $19.29 a million.
    (placement,) = planned("llama-2-13b", "eastus", "Standard_NC24ads_A100_v4").placements

    assert placement.usd_per_hour == 3.673
    assert placement.usd_per_month == pytest.approx(2681.29)
    assert placement.usd_per_million_tokens == pytest.approx(19.29, rel=1e-3)


def test_the_cache_asks_for_replicas():
    # A token of 13B takes 2 x 40 x 40 x 128 x 2 = 819,200 bytes, a request of 768 tokens 0.63 GB.
    # 4-bit weights leave an A10G about 24.1 - 2.4 - 7.25 - 1.3 = 13 GB: 20 or so requests.
    load = Workload(512, 256, concurrency=60, context_tokens=2048)
    (placement,) = planned("llama-2-13b", "us-east-1", "ml.g5.2xlarge", "awq", load).placements

    assert 3 <= placement.replicas <= 4
    assert placement.usd_per_hour == pytest.approx(placement.replicas * 1.515)


def test_every_offer_of_the_price_book_is_placed_or_rejected_with_a_reason():
    found = plan(CATALOG.model("llama-2-70b"), OFFERS, ALONE, today=date(2026, 11, 22))

    assert len(found.placements) + len(found.rejected) == len(OFFERS)
    assert all(each.reason for each in found.rejected)
