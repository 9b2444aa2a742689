"""Hours, discounts and idle time in a comparison, worked by hand."""

from dataclasses import replace

import pytest

from catalog.comparing_values import MONTH_S, compared, load, only_side
from catalog.planning_values import accelerator, offer
from llamactl_catalog.errors import InvalidInput

BIG = accelerator("big", 4000)


def test_fewer_hours_cost_less_and_are_busier():
    # 5 requests/s over the month are 10 in half of its hours: 8 in flight answer 10, for $365.
    half = replace(load(5), hours_per_month=365)
    it = only_side(offer(gpu=BIG), at=half).at_load

    assert half.requests_per_s == pytest.approx(10)
    assert (it.placement.instances, it.in_flight) == (1, 8)
    assert it.usd_per_month == pytest.approx(365)
    assert it.full_monthly_tokens == pytest.approx(13.6 * MONTH_S / 2 * 150)


def test_regions_and_growth_have_the_same_hours():
    side = only_side(offer(gpu=BIG), at=replace(load(1), hours_per_month=100))

    assert side.regions[0].usd_per_month == pytest.approx(100)
    assert {point.usd_per_month for point in side.growth if point.instances == 1} == {100}


@pytest.mark.parametrize("hours", [0, -1, 731, float("nan")])
def test_hours_that_a_month_does_not_have_are_refused(hours):
    with pytest.raises(InvalidInput, match="hours a month"):
        compared(offer(gpu=BIG), at=replace(load(1), hours_per_month=hours))


def test_a_discount_is_of_one_cloud_and_is_said():
    found = compared(
        offer(gpu=BIG),
        offer(gpu=BIG, cloud="azure"),
        at=load(5),
        discounts={"aws": 30.0},
    )

    aws, azure = (side.at_load.usd_per_month for side in found.models[0].sides)
    assert (aws, azure) == (pytest.approx(511), pytest.approx(730))
    assert any(
        text.startswith("30 % is taken off every price of aws") for text in found.assumptions
    )
    assert not any("Discounts" in text for text in found.assumptions)


def test_a_discount_moves_growth_and_regions_alike():
    side = only_side(offer(gpu=BIG), at=load(1), discounts={"aws": 50.0})

    assert side.regions[0].usd_per_month == pytest.approx(365)
    assert side.growth[0].usd_per_month == pytest.approx(365)


@pytest.mark.parametrize("percent", [-1.0, 100.0, float("nan")])
def test_a_discount_that_is_none_is_refused(percent):
    with pytest.raises(InvalidInput, match="discount"):
        compared(offer(gpu=BIG), at=load(5), discounts={"aws": percent})
