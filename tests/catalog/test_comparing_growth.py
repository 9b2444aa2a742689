"""How cost grows with the load, and where it meets a price per token."""

from dataclasses import replace
from math import inf, isclose

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catalog.comparing_values import compared, load, only_side
from catalog.planning_values import accelerator, offer
from llamactl_catalog.comparing.break_even import break_even, first_load, last_load, lasting_load
from llamactl_catalog.comparing.capacity import instances_for
from llamactl_catalog.comparing.comparison import ApiPrice
from llamactl_catalog.comparing.growth import LARGEST, MULTIPLES, SMALLEST, Stair, cheapest, growth
from llamactl_catalog.limits import Limits

BIG, BIGGER = accelerator("big", 4000), accelerator("bigger", 8000)
# $100 a month for each million tokens that a replica may carry.
SMALL = Stair("small", 100.0, 1e6)
LARGE = Stair("large", 250.0, 4e6)

stairs = st.lists(
    st.builds(
        Stair,
        instance_type=st.sampled_from(["a", "b", "c"]),
        usd_per_month=st.floats(10, 1e5),
        monthly_tokens=st.floats(1e5, 1e10),
        most=st.one_of(st.just(inf), st.integers(1, 60)),
    ),
    min_size=1,
    max_size=4,
)
loads = st.floats(1e3, 1e12)
prices = st.floats(1e-8, 1e-3)


def cost(found, monthly_tokens):
    point = cheapest(found, monthly_tokens)
    return None if point is None else point.usd_per_month


def test_the_cheapest_of_two_stairs_by_hand():
    # Small ones cost 100, 200, 300 for 1, 2, 3 million tokens; a large one 250 for 4 million.
    costs = [cost([SMALL, LARGE], tokens) for tokens in (1, 1e6, 1.5e6, 2e6, 2.1e6, 4e6, 4.1e6)]

    assert costs == [100, 100, 200, 200, 250, 250, 500]


def test_a_budget_ends_the_stairs():
    one = replace(SMALL, most=1)

    assert cost([one], 1e6) == 100
    assert cost([one], 1.1e6) is None


def test_growth_has_the_load_its_multiples_and_both_sides_of_every_step():
    points = growth([SMALL, LARGE], 1e6)
    loads_of = [each.monthly_tokens for each in points]

    assert loads_of == sorted(loads_of)
    assert (loads_of[0], loads_of[-1]) == (1e6 * SMALLEST, 1e6 * LARGEST)
    assert {1e6 * each for each in MULTIPLES} <= set(loads_of)
    at = loads_of.index(2e6)
    assert (points[at].usd_per_month, points[at + 1].usd_per_month) == (200, 250)
    assert (points[at].instance_type, points[at + 1].instance_type) == ("small", "large")
    assert points[at + 1].monthly_tokens == pytest.approx(2e6, rel=1e-5)


def test_growth_ends_where_the_budget_does():
    points = growth([replace(SMALL, most=3)], 1e6)

    assert points[-1].monthly_tokens == pytest.approx(3e6)
    assert points[-1].instances == 3


def test_break_even_within_one_replica_is_its_price_over_the_price_of_a_token():
    # $100 a month at $200 a million tokens: half a million tokens; at full load half as dear.
    assert first_load([SMALL], 200e-6) == pytest.approx(0.5e6)
    assert lasting_load([SMALL], 200e-6) == pytest.approx(0.5e6)


def test_break_even_for_good_waits_for_the_replicas_that_follow():
    # $150 a million: 0.667 million at first. The second replica costs 200 from 1 million tokens on,
    # which are 150 worth: paid off at 1.333 million. The third costs 300 from 2 million: 300 worth.
    assert first_load([SMALL], 150e-6) == pytest.approx(2e6 / 3)
    assert lasting_load([SMALL], 150e-6) == pytest.approx(4e6 / 3)


def test_break_even_is_never_where_a_full_replica_costs_more():
    assert first_load([SMALL], 99e-6) is None
    assert lasting_load([SMALL], 99e-6) is None
    # At exactly $100 a million it is as dear wherever it is full, and never for good.
    assert first_load([SMALL], 100e-6) == pytest.approx(1e6)
    assert lasting_load([SMALL], 100e-6) is None


def test_a_larger_instance_may_pay_off_where_a_small_one_does_not():
    # $80 a million: a large one for 250 pays off at 3.125 million. The second to fourth cost more
    # at first, the fourth 1000 from 12 million (960 worth) to 12.5; the fifth 1250 of 1280.
    assert first_load([SMALL, LARGE], 80e-6) == pytest.approx(250 / 80e-6)
    assert lasting_load([SMALL, LARGE], 80e-6) == pytest.approx(4 * 250 / 80e-6)


def test_break_even_of_a_comparison_is_at_its_mix_of_tokens():
    # 100 tokens in at $3 and 50 out at $9 a million: $5 a million. $730 a month: 146 million.
    api = ApiPrice("other", 3, 9)
    (even,) = only_side(offer(gpu=BIG), at=load(1), apis=[api]).break_evens

    assert api.usd_per_million_tokens(load(1)) == pytest.approx(5)
    assert api.usd_per_month(load(1)) == pytest.approx(5 * 394.2)
    assert even.first_monthly_tokens == pytest.approx(146e6)
    assert even.at_load == pytest.approx(730 / (5 * 394.2))
    assert even.at_full == pytest.approx(730 / (13.6 * 394.2 * 5))


def test_a_budget_bounds_break_even_too():
    limited = replace(SMALL, most=2)

    assert lasting_load([limited], 150e-6) == pytest.approx(4e6 / 3)
    assert break_even([limited], ApiPrice("x", 1, 1), load(1)) is None


def test_break_even_ends_where_only_dearer_instances_are_left():
    # At $80 a million large ones pay off up to the tenth, at 40 million tokens; a huge one carries
    # more, and costs $9000 for what is worth at most 80 x 100 = $8000.
    large = replace(LARGE, most=10)
    huge = Stair("huge", 9000.0, 1e8, most=10)
    price = ApiPrice("x", 80, 80)

    alone = break_even([large], price, load(0.05))
    beside = break_even([large, huge], price, load(0.05))

    assert (alone.until_monthly_tokens, alone.is_all_carried) == (40e6, True)
    assert (beside.until_monthly_tokens, beside.is_all_carried) == (40e6, False)
    assert cost([large, huge], 40e6) < 40e6 * 80e-6
    assert cost([large, huge], 40.1e6) == 9000 > 40.1e6 * 80e-6


def test_break_even_has_no_end_where_there_may_be_any_number_of_instances():
    even = break_even([SMALL], ApiPrice("x", 150, 150), load(0.05))

    assert even.lasting_monthly_tokens == pytest.approx(4e6 / 3)
    assert even.until_monthly_tokens is None


@given(stairs, st.floats(1, 3), st.floats(1.0001, 1000))
def test_above_its_end_break_even_never_holds(found, over_the_least, times):
    found = [replace(each, most=min(each.most, 60)) for each in found]
    rates = [each.usd_per_month / each.monthly_tokens for each in found]
    usd_per_token = over_the_least * min(rates) * (1 + 1e-9)
    last = last_load(found, usd_per_token)

    above = cost(found, last * times)
    assert above is None or above > last * times * usd_per_token * (1 - 1e-6)
    assert cost(found, last) <= last * usd_per_token * (1 + 1e-6)


@given(stairs, loads, loads)
def test_more_load_never_costs_less(found, one, other):
    less, more = sorted((one, other))
    low, high = cost(found, less), cost(found, more)

    assert low is not None or high is None
    assert low is None or high is None or low <= high


@given(stairs, loads)
def test_a_load_costs_at_least_one_replica_and_its_share_of_full_ones(found, tokens):
    usd = cost(found, tokens)

    if usd is not None:
        assert usd >= min(each.usd_per_month for each in found)
        rate = min(each.usd_per_month / each.monthly_tokens for each in found)
        assert usd >= rate * tokens * (1 - 1e-6)


@given(st.permutations([SMALL, LARGE, Stair("huge", 900.0, 2e7), Stair("twin", 100.0, 1e6)]), loads)
def test_the_order_of_stairs_does_not_matter(found, tokens):
    assert cheapest(found, tokens) == cheapest(sorted(found, key=str), tokens)


@given(stairs, prices)
def test_break_even_is_the_exact_crossing(found, usd_per_token):
    first = first_load(found, usd_per_token)

    if first is not None:
        assert isclose(cost(found, first), first * usd_per_token, rel_tol=1e-6)
        for share in (0.001, 0.1, 0.5, 0.9, 0.999):
            below = cost(found, first * share)
            assert below is not None
            assert below > first * share * usd_per_token


@given(stairs, prices, st.floats(1, 1000))
def test_above_lasting_break_even_the_own_endpoint_never_costs_more(found, usd_per_token, times):
    lasting = lasting_load(found, usd_per_token)
    assume(lasting is not None)
    pays = [each for each in found if each.usd_per_month <= each.monthly_tokens * usd_per_token]
    end = max(each.most * each.monthly_tokens for each in pays)
    above = min(lasting * times, end)

    assert cost(found, above) <= above * usd_per_token * (1 + 1e-6)
    assert lasting >= first_load(found, usd_per_token) * (1 - 1e-9)


@given(stairs, prices)
def test_just_below_lasting_break_even_it_costs_more(found, usd_per_token):
    lasting = lasting_load(found, usd_per_token)
    assume(lasting is not None)

    below = lasting * (1 - 1e-6)
    assert cost(found, below) >= below * usd_per_token * (1 - 1e-9)


@given(st.floats(1e-3, 1e9), st.integers(1, 1000))
def test_full_replicas_are_counted_without_rounding_up(of_one, count):
    assert instances_for(of_one * count, of_one) == count
    assert instances_for(of_one * count * 1.0001, of_one) == count + 1


@given(st.floats(0.01, 300), st.floats(0.01, 300))
def test_more_load_never_costs_less_on_any_side(one, other):
    less, more = sorted((one, other))
    mixed = offer("a", 1.0, gpu=BIG), offer("b", 1.7, gpu=BIGGER)

    low, high = (only_side(*mixed, at=load(rate)).at_load.usd_per_month for rate in (less, more))

    assert low <= high


@given(st.permutations(range(4)), st.floats(0.1, 200))
def test_the_order_of_offers_does_not_matter(order, rate):
    mixed = [
        offer("a", 1.0, gpu=BIG),
        offer("a", 1.0, gpu=BIG, region="far"),
        offer("b", 1.7, gpu=BIGGER),
        offer("z", 1.1, gpu=BIG, cloud="azure"),
    ]
    apis = [ApiPrice("other", 1, 2)]
    limits = Limits(max_ms_per_token=40)

    shuffled = compared(*(mixed[each] for each in order), at=load(rate), apis=apis, limits=limits)

    assert shuffled == compared(*mixed, at=load(rate), apis=apis, limits=limits)


@given(st.floats(0.01, 500))
def test_the_curve_at_the_load_is_what_the_side_costs(rate):
    side = only_side(offer("a", 1.0, gpu=BIG), offer("b", 1.7, gpu=BIGGER), at=load(rate))

    (here,) = (each for each in side.growth if each.monthly_tokens == load(rate).monthly_tokens)
    assert here.usd_per_month == pytest.approx(side.at_load.usd_per_month)
    assert here.instances == side.at_load.placement.replicas


def test_the_error_of_the_speed_makes_break_even_a_range():
    # $150 a million. Half as fast, a full instance carries 0.5 million for 100: never worth it.
    # Twice as fast: 100 / 150 million at first, and for good, for the second is worth 300 at once.
    unsure = replace(SMALL, error_factor=2.0)
    even = break_even([unsure], ApiPrice("x", 150, 150), load(0.001))

    assert even.earliest_monthly_tokens == pytest.approx(2e6 / 3)
    assert even.lasting_monthly_tokens == pytest.approx(4e6 / 3)
    assert even.latest_monthly_tokens is None


def test_a_sure_speed_makes_one_number_of_the_range():
    even = break_even([SMALL], ApiPrice("x", 200, 200), load(0.001))

    assert even.earliest_monthly_tokens == even.latest_monthly_tokens == pytest.approx(0.5e6)


def test_break_even_is_never_where_the_highest_speed_does_not_pay_off():
    unsure = replace(SMALL, error_factor=2.0)

    assert break_even([unsure], ApiPrice("x", 49, 49), load(0.001)).earliest_monthly_tokens is None
    assert break_even([unsure], ApiPrice("x", 51, 51), load(0.001)).earliest_monthly_tokens


@given(price=st.floats(1, 1000), error=st.floats(1, 3))
def test_the_range_holds_what_the_estimate_says(price, error):
    stairs = [replace(each, error_factor=error) for each in (SMALL, LARGE)]
    even = break_even(stairs, ApiPrice("x", price, price), load(0.001))

    if even.first_monthly_tokens is not None:
        assert even.earliest_monthly_tokens <= even.first_monthly_tokens * (1 + 1e-9)
    if even.latest_monthly_tokens is not None:
        assert even.latest_monthly_tokens >= even.first_monthly_tokens * (1 - 1e-9)
