"""A refresh makes neither drift of a schedule nor peace of a failure."""

from infra.stacks.conftest import spec_of
from llamactl_infra.spec import Schedule
from llamactl_infra.stacks.refreshed import as_declared, with_errors_of

NIGHT = Schedule("night", "0 22 * * *", 2, 2)
SPEC = spec_of(min_instances=1, max_instances=4, schedules=(NIGHT,))


def target(least, most):
    bounds = {"minCapacity": least, "maxCapacity": most}
    return {
        "urn": "u::target",
        "type": "aws:appautoscaling/target:Target",
        "inputs": bounds | {"resourceId": "r"},
        "outputs": bounds | {"arn": "a"},
    }


def test_bounds_of_a_schedule_are_told_as_the_declared_ones():
    before = {"resources": [target(2, 2)]}

    assert as_declared(before, SPEC) == {"resources": [target(1, 4)]}
    assert before == {"resources": [target(2, 2)]}


def test_bounds_that_others_have_set_stay_as_they_were_read():
    assert as_declared({"resources": [target(3, 9)]}, SPEC) == {"resources": [target(3, 9)]}


def test_without_schedules_nothing_is_told_otherwise():
    plain = spec_of(min_instances=1, max_instances=4)

    assert as_declared({"resources": [target(2, 2)]}, plain) == {"resources": [target(2, 2)]}


def test_what_was_half_made_stays_so_if_it_is_the_same():
    broken = {"urn": "u", "id": "1", "type": "t", "initErrors": ["failed"]}
    read = {"urn": "u", "id": "1", "type": "t", "outputs": {"state": "failed"}}
    another = {"urn": "u", "id": "2", "type": "t"}

    told = with_errors_of({"resources": [broken]}, {"resources": [read, another]})

    assert told == {"resources": [read | {"initErrors": ["failed"]}, another]}
