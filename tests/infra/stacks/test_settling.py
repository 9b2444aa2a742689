"""Trap 20: an update resets the count that scaling has made, so the spec is settled before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.stacks.conftest import spec_of
from llamactl_infra.spec import Schedule
from llamactl_infra.stacks.settling import needs_update, settled

SCALING = {"min_instances": 1, "max_instances": 4}
STORED = spec_of(instances=1, usd_per_hour=1.5, **SCALING)
counts = st.one_of(st.none(), st.integers(0, 9))
specs = st.builds(
    lambda instances, least, more, tokens: spec_of(
        instances=instances,
        min_instances=least,
        max_instances=least + more,
        environment={"MAX_INPUT_TOKENS": str(tokens)},
        usd_per_hour=2.0 * instances,
    ),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from([1024, 2048]),
)


def test_a_first_deployment_is_as_it_is_wanted():
    assert settled(STORED, None, None) is STORED


def test_the_stored_count_stays_while_nothing_else_changes():
    wanted = replace(STORED, instances=2, usd_per_hour=3.0)

    assert settled(wanted, STORED, 3) == STORED


@pytest.mark.parametrize(
    "change",
    [
        {"log_days": 7},
        {"owner": "jane"},
        {"max_instances": 6},
        {"tags": {"team": "nlp"}},
        {"expires_on": "2027-01-31"},
        {"target_concurrency": 3},
        {"schedules": (Schedule("night", "0 22 * * *", 1, 1),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_starts_no_instance_leaves_the_stored_count(change):
    wanted = replace(STORED, **change)

    assert settled(wanted, STORED, 3).instances == 1
    assert not needs_update(wanted, STORED)


def test_an_update_starts_at_the_count_that_runs_and_costs_as_much():
    wanted = replace(STORED, environment={"MAX_INPUT_TOKENS": "2048"})

    found = settled(wanted, STORED, 3)

    assert (found.instances, found.usd_per_hour) == (3, 4.5)


@pytest.mark.parametrize(("live", "count"), [(0, 1), (9, 4), (None, 2)])
def test_an_update_stays_within_its_bounds(live, count):
    wanted = replace(STORED, environment={"MAX_INPUT_TOKENS": "2048"})

    assert settled(wanted, replace(STORED, instances=2), live).instances == count


def test_a_fixed_count_is_the_wanted_one():
    wanted = spec_of(instances=2)

    assert settled(wanted, STORED, 3) == wanted


def test_bounds_that_were_told_by_the_count_alone_do_not_move_with_it():
    wanted = spec_of(instances=1, max_instances=4, environment={"A": "b"})

    found = settled(wanted, spec_of(instances=1, max_instances=4), 3)

    assert (found.instances, found.min_instances, found.max_instances) == (3, 1, 4)


@given(wanted=specs, stored=specs, live=counts)
def test_a_settled_count_is_within_the_bounds_and_its_price_is_of_it(wanted, stored, live):
    found = settled(wanted, stored, live)

    assert wanted.min_instances <= found.instances <= wanted.max_instances
    assert found.usd_per_hour == pytest.approx(2.0 * found.instances)


@given(wanted=specs, stored=specs, live=counts)
def test_what_is_settled_stays_when_it_is_deployed_again(wanted, stored, live):
    first = settled(wanted, stored, live)

    assert settled(first, first, live) == first
    assert not needs_update(settled(wanted, first, live), first)
