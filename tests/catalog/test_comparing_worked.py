"""Llama 2 on both clouds with the bundled prices, worked by hand.

512 tokens in, 256 out: of 100 million tokens a month a third are output. They are 130,208 requests,
one in 20 seconds: an instance carries that many times over, and costs its price times 730.
"""

from datetime import date

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.clouds import clouds
from llamactl_catalog.comparing.comparing import Subject, compare
from llamactl_catalog.comparing.comparison import ApiPrice, Load
from llamactl_catalog.offers import load_hardware, load_prices, offers
from llamactl_catalog.regions import load_regions
from llamactl_catalog.selection import Selection

CATALOG = load_catalog()
OFFERS = offers(load_hardware(), load_prices())
SMALL = Load(100e6, 512, 256, peak=2)
API = ApiPrice("other", 10, 20)


def sides(model, regions, instance_types=(), load=SMALL, quantizations=("none",)):
    chosen = Selection(regions=regions, instance_types=instance_types).of(OFFERS)
    found = compare(
        [Subject(CATALOG.model(model), 4096)],
        chosen,
        load,
        clouds=[*clouds().values()],
        regions=load_regions(),
        today=date(2026, 11, 22),
        version="1.0",
        apis=[API],
        quantizations=quantizations,
    )
    return found.models[0].sides


def test_13b_on_both_clouds_for_a_small_load():
    aws, azure = sides(
        "llama-2-13b-chat",
        ("us-east-1", "eastus"),
        ("ml.g5.12xlarge", "Standard_NC24ads_A100_v4"),
    )

    # $7.09 and $3.673 an hour, 730 hours; over 100 million tokens, and over a third of them.
    assert aws.at_load.usd_per_month == pytest.approx(5175.70)
    assert azure.at_load.usd_per_month == pytest.approx(2681.29)
    assert azure.at_load.usd_per_million_tokens == pytest.approx(26.8129)
    assert azure.at_load.usd_per_million_output_tokens == pytest.approx(80.4387)
    # (512 x $10 + 256 x $20) / 768 = $13.333 a million: 5175.70 buys 388.2 million of them.
    assert aws.break_evens[0].first_monthly_tokens == pytest.approx(388.18e6, rel=1e-4)
    assert azure.break_evens[0].first_monthly_tokens == pytest.approx(201.10e6, rel=1e-4)
    assert azure.break_evens[0].at_load == pytest.approx(2681.29 / 1333.33, rel=1e-4)


def test_quota_of_13b_on_both_clouds():
    aws, azure = sides(
        "llama-2-13b-chat",
        ("us-east-1", "eastus"),
        ("ml.g5.12xlarge", "Standard_NC24ads_A100_v4"),
    )

    assert (aws.quota.name, aws.quota.code) == ("ml.g5.12xlarge for endpoint usage", "L-65C4BD00")
    assert (aws.quota.needed, aws.quota.needed_to_update) == (1, 2)
    # 24 cores each; this family keeps no reserve.
    assert (azure.quota.needed, azure.quota.needed_to_update) == (24, 48)


def test_4_bit_carries_a_small_load_on_one_small_gpu():
    # $1.515 an hour for one A10G: $1,105.95 a month, where 16 bit needs four of them.
    aws, _ = sides(
        "llama-2-13b-chat", ("us-east-1",), ("ml.g5.2xlarge",), quantizations=("none", "awq")
    )

    assert aws.at_load.placement.quantization == "awq"
    assert aws.at_load.usd_per_month == pytest.approx(1105.95)


def test_70b_takes_two_a100_of_80_gb():
    _, azure = sides("llama-2-70b", ("eastus",), ("Standard_NC48ads_A100_v4",))

    assert azure.at_load.placement.num_shard == 2
    assert azure.at_load.usd_per_month == pytest.approx(730 * 7.346)


def test_replicas_follow_the_speed_model():
    # Whatever a full replica carries, ten times that takes ten, and costs as much a token.
    _, one = sides("llama-2-7b", ("eastus",), ("Standard_NC24ads_A100_v4",))
    full = Load(10 * one.at_load.full_monthly_tokens, 512, 256, peak=2)
    _, ten = sides("llama-2-7b", ("eastus",), ("Standard_NC24ads_A100_v4",), full)

    assert one.at_load.placement.replicas == 1
    assert ten.at_load.placement.replicas == 10
    assert ten.break_evens[0].at_load == pytest.approx(one.break_evens[0].at_full)


def test_a_region_alone_compares_one_cloud_and_says_why_not_the_other():
    aws, azure = sides("llama-2-7b", ("eu-west-1",))

    assert aws.at_load is not None
    assert azure.reason == (
        "no price is known of what was asked for; llamactl catalog refresh may bring one"
    )
