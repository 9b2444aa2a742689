"""Reading speed, replicas per instance and shards: what ranks last, and what fills an instance."""

import pytest

from catalog.planning_values import (
    Easy,
    accelerator,
    names,
    offer,
    planned,
    with_concurrency,
)
from llamactl_catalog.limits import Limits
from llamactl_catalog.placement import Layout

BIG = accelerator("big", 4000)


def test_what_is_slower_than_people_read_comes_last_and_is_marked():
    # On one GPU a token takes 200 ms and one more for each request; on eight it takes a few.
    slow = offer("slow", 1.0)
    fast = offer("fast", 9.0, gpus=8, gpu=BIG)

    found = planned(slow, fast, workload=with_concurrency(1), arithmetic=Easy(ms=200.0))

    assert names(found) == ["fast", "slow"]
    assert [each.is_slow for each in found.placements] == [False, True]
    assert found.placements[1].warnings == ("slow: 201 ms per token; people read one in 200 ms",)


def test_a_limit_of_speed_says_itself_what_is_fast_enough():
    slow, fast = offer("slow", 1.0), offer("fast", 9.0, gpus=8, gpu=BIG)

    found = planned(
        slow,
        fast,
        workload=with_concurrency(1),
        arithmetic=Easy(ms=200.0),
        limits=Limits(max_ms_per_token=250),
    )

    assert names(found) == ["slow", "fast"]
    assert not any(each.is_slow for each in found.placements)


def test_instances_are_added_up_to_reading_speed():
    # Two requests on each of two instances take 200.5 ms a token, one on each of four 199.5.
    (placement,) = planned(offer(), arithmetic=Easy(ms=198.5)).placements

    assert (placement.instances, placement.is_slow) == (4, False)


def test_what_has_no_budget_for_reading_speed_is_slow_and_not_rejected():
    (placement,) = planned(
        offer(), arithmetic=Easy(ms=198.5), limits=Limits(max_usd_per_hour=3)
    ).placements

    assert (placement.instances, placement.is_slow) == (2, True)


def test_instances_that_are_asked_for_stay_so_many():
    (placement,) = planned(offer(), arithmetic=Easy(ms=198.5), instances=3).placements

    assert (placement.instances, placement.is_slow) == (3, True)


def test_an_engine_that_holds_several_replicas_fills_the_gpus_of_an_instance():
    # Four GPUs are four replicas: a request on each at 9 ms a token. Split four ways one replica
    # would carry all four at 6 ms, which gives more tokens.
    several = Easy(holds_several=True)
    (placement,) = planned(offer(gpus=4), arithmetic=several, layout=Layout(1)).placements

    assert (placement.instances, placement.replicas_per_instance, placement.replicas) == (1, 4, 4)
    assert placement.usd_per_hour == 1.0
    assert placement.speed.ms_per_token == 9
    assert placement.tokens_per_s == pytest.approx(4 * 1000 / 9)


def test_replicas_are_counted_over_all_instances():
    # Room for two requests in each of four replicas: nine take a second instance, and are two on
    # one replica and one on each of seven.
    (placement,) = planned(
        offer(gpus=4),
        workload=with_concurrency(9),
        arithmetic=Easy(holds_several=True),
        layout=Layout(num_shard=1),
    ).placements

    assert (placement.instances, placement.replicas) == (2, 8)
    assert placement.tokens_per_s == pytest.approx(200 + 7 * 1000 / 9)


def test_a_layout_is_taken_as_it_is_asked_for():
    layout = Layout(num_shard=2, replicas_per_instance=2)
    found = planned(offer(gpus=8), offer("two", gpus=2), layout=layout)

    (placement,) = found.placements
    assert (placement.num_shard, placement.replicas_per_instance) == (2, 2)
    (rejection,) = found.rejected
    assert rejection.reason == "2 replicas of 2 shards need 4 GPUs, this has 2 GPUs"


def test_shards_that_the_engine_does_not_have_are_the_reason():
    found = planned(offer(gpus=4), layout=Layout(num_shard=3))

    assert found.rejected[0].reason == "3 shards are asked for; with 4 GPUs it is 1, 2, 4"
