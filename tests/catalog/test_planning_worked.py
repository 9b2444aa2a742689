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
        ("llama-2-7b", "us-east-1", "ml.g4dn.xlarge", ("no kernels in TGI 3 for the T4",)),
        ("llama-2-7b", "us-west-2", "ml.p3.2xlarge", ("no kernels in TGI for the V100",)),
    ],
)
def test_16_bit_does_not_fit(model, region, instance_type, words):
    found = planned(model, region, instance_type)

    assert found.placements == ()
    (rejection,) = found.rejected
    assert [word for word in words if word not in rejection.reason] == []


@pytest.mark.parametrize(
    ("model", "region", "instance_type", "num_shard", "gb"),
    [
        ("llama-2-13b", "us-east-1", "ml.g5.2xlarge", 1, 7.25),
        ("llama-2-70b", "us-east-1", "ml.g5.12xlarge", 4, 36.6),
        ("llama-2-13b", "eastus", "Standard_NC24ads_A100_v4", 1, 7.25),
        ("llama-2-70b", "eastus", "Standard_NC24ads_A100_v4", 1, 36.6),
    ],
)
def test_4_bit_fits(model, region, instance_type, num_shard, gb):
    (placement,) = planned(model, region, instance_type, "awq").placements

    assert placement.num_shard == num_shard
    assert placement.memory.weights_bytes / 1e9 == pytest.approx(gb, rel=0.01)


def test_the_prices_of_a_placement_by_hand():
    # $3.673 an hour in eastus: $2,681.29 in 730 hours.
    (placement,) = planned("llama-2-13b", "eastus", "Standard_NC24ads_A100_v4").placements

    assert placement.usd_per_hour == 3.673
    assert placement.usd_per_month == pytest.approx(2681.29)
    assert placement.usd_per_million_tokens == pytest.approx(
        3.673 / (placement.tokens_per_s * 3600) * 1e6
    )


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
