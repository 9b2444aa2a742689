"""One value answers how many instances there may be, for whoever asks: worked, and for any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.stacks.conftest import spec_of
from llamactl_infra.capacity import Capacity, Schedule
from llamactl_infra.spec import Spec

DAY = Schedule("day", "0 8 * * 1-5", 40, 40)
NIGHT = Schedule("night", "0 20 * * *", 1, 2)
counts = st.integers(1, 60)
schedules = st.lists(
    st.builds(Schedule, st.just("day"), st.just("0 8 * * *"), counts, counts), max_size=3
).map(tuple)
capacities = st.builds(Capacity.of, counts, st.none() | counts, st.none() | counts, schedules)


@pytest.mark.parametrize(
    ("capacity", "lowest", "peak", "is_scaled", "words"),
    [
        (Capacity.of(1), 1, 1, False, "1 instance"),
        (Capacity.of(3), 3, 3, False, "3 instances"),
        (Capacity.of(1, 1, 4), 1, 4, True, "1 to 4 instances"),
        (Capacity.of(2, None, 4), 2, 4, True, "2 to 4 instances"),
        (Capacity.of(2, 1), 1, 2, True, "1 to 2 instances"),
        (Capacity.of(1, schedules=(DAY,)), 1, 40, True, "1 to 40 instances"),
        (Capacity.of(5, 3, 6, (NIGHT,)), 1, 6, True, "1 to 6 instances"),
        (Capacity.of(2, 2, 2, (Schedule("s", "0 8 * * *", 2, 2),)), 2, 2, True, "2 instances"),
    ],
)
def test_what_may_run_is_worked_out(capacity, lowest, peak, is_scaled, words):
    assert (capacity.lowest, capacity.peak, capacity.is_scaled) == (lowest, peak, is_scaled)
    assert str(capacity) == words


def test_the_cost_at_the_peak_is_that_of_every_instance():
    capacity = Capacity.of(2, schedules=(DAY,))

    assert capacity.peak_usd_per_hour(2 * 1.12675) == pytest.approx(45.07)
    assert spec_of(instances=2, usd_per_hour=3.0).peak_usd_per_hour == pytest.approx(3.0)
    assert spec_of(instances=2).peak_usd_per_hour is None


def test_a_schedule_alone_makes_it_scale_and_keeps_what_it_has_set():
    capacity = Capacity.of(1, schedules=(DAY,))

    assert [capacity.within(count) for count in (0, 1, 17, 40, 41)] == [1, 1, 17, 40, 40]


@pytest.mark.parametrize(
    ("capacity", "problem"),
    [
        (Capacity.of(3, 3, 2), "min_instances: 3 is above max_instances, 2"),
        (Capacity.of(5, 1, 3), "instances: 5 is not within 1 to 3 instances"),
        (
            Capacity.of(1, schedules=(Schedule("s", "0 8 * * *", 3, 2),)),
            "schedules: s has min_instances 3, above its max_instances, 2",
        ),
    ],
)
def test_counts_that_contradict_each_other_are_named(capacity, problem):
    assert problem in list(capacity.problems())


@given(capacities)
def test_no_count_that_may_be_in_force_is_outside_of_lowest_and_peak(capacity):
    for least, most in capacity.bounds:
        assert capacity.lowest <= least
        assert most <= capacity.peak
    assert capacity.initial <= capacity.peak


@given(capacities, st.integers(0, 99))
def test_a_live_count_is_never_moved_beyond_the_peak(capacity, count):
    assert capacity.within(count) <= capacity.peak
    assert capacity.within(capacity.within(count)) == capacity.within(count)


@given(capacities, schedules)
def test_another_schedule_never_lowers_the_peak(capacity, more):
    wider = Capacity(
        capacity.initial, capacity.minimum, capacity.maximum, capacity.schedules + more
    )

    assert wider.peak >= capacity.peak
    assert wider.lowest <= capacity.lowest


def test_a_stack_config_of_before_is_read_as_ever():
    config = {
        "name": "chat",
        "model": "llama-2-7b-chat",
        "cloud": "aws",
        "engine": "tgi",
        "weights": "meta-llama/Llama-2-7b-chat-hf",
        "context_tokens": "4096",
        "parallel": "4",
        "instances": "2",
        "min_instances": "1",
        "max_instances": "3",
        "usd_per_hour": "3.03",
        "schedules": (
            '[{"name": "day", "cron": "0 8 * * 1-5", "min_instances": 4, "max_instances": 6}]'
        ),
    }

    spec = Spec.from_config(config)

    day = Schedule("day", "0 8 * * 1-5", 4, 6)
    assert spec.capacity == Capacity(initial=2, minimum=1, maximum=3, schedules=(day,))
    assert {*config} <= {*spec.to_config()}
    assert Spec.from_config(spec.to_config()) == spec
