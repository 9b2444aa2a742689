"""Before a change the state says what there is; a run waits for a cloud at work, and goes on."""

import pytest

pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
from infra.stacks.conftest import spec_of
from llamactl.pipeline.reconciling import apply, reconcile
from llamactl_catalog.errors import NoQuota, StillBusy, Unhealthy, WaitEnded
from llamactl_catalog.progress import silent
from llamactl_infra.live.cloud import LiveEndpoint, Orphan
from standins.deploying import GroundStandIn, StackStandIn
from standins.live_cloud import RUNNING

SPEC = spec_of()
ABSENT, DELETING = LiveEndpoint("absent"), LiveEndpoint("deleting")
CREATING, UPDATING = LiveEndpoint("creating"), LiveEndpoint("updating")
FAILED = LiveEndpoint("failed", reason="InsufficientInstanceCapacity")
LOST = Orphan("t", "chat-endpoint", "chat", {"name": "chat"})


@pytest.fixture
def ground():
    return GroundStandIn()


def reconciled(ground, *seen):
    ground.cloud.seen = list(seen)
    reconcile(ground, StackStandIn(ground, "chat"), SPEC, silent)
    return ground.happened


def applied(ground, *ups, seen=(RUNNING,), is_update=True):
    ground.ups, ground.cloud.seen = list(ups), list(seen)
    return apply(ground, StackStandIn(ground, "chat"), SPEC, silent, is_update=is_update)


def test_what_is_as_it_was_asked_for_is_left_alone(ground):
    assert reconciled(ground, RUNNING) == []


def test_what_differs_is_read_again(ground):
    ground.cloud.differs = ("there is no endpoint chat",)

    assert reconciled(ground, ABSENT) == ["refresh"]


def test_a_failed_endpoint_is_removed_and_waited_for(ground):
    assert reconciled(ground, FAILED) == ["remove failed"]


def test_one_that_is_being_deleted_is_waited_for_and_read(ground):
    assert reconciled(ground, DELETING, DELETING, ABSENT) == ["refresh"]
    assert ground.paused_s > 0


def test_a_failed_one_that_no_state_has_is_deleted_by_the_cloud(ground):
    ground.is_lost, ground.cloud.lost = True, LOST

    assert reconciled(ground, FAILED, FAILED, DELETING, ABSENT) == []
    assert "remove orphan" in ground.cloud.asked


def test_one_that_came_up_after_all_is_taken_over(ground):
    ground.is_lost, ground.cloud.lost = True, LOST

    assert reconciled(ground, CREATING, CREATING, RUNNING) == ["adopt"]
    assert ground.paused_s > 0


def test_a_creation_that_outlasts_the_provider_is_waited_for_and_taken_over(ground):
    ground.is_lost, ground.cloud.lost = True, LOST

    applied(ground, WaitEnded("timeout"), seen=[CREATING, RUNNING], is_update=False)

    assert ground.happened == ["up", "adopt", "up"]


def test_a_creation_that_fails_in_the_end_is_told_by_its_reason(ground):
    ground.is_lost, ground.cloud.lost = True, LOST

    with pytest.raises(Unhealthy, match="InsufficientInstanceCapacity"):
        applied(ground, WaitEnded("timeout"), seen=[CREATING, FAILED], is_update=False)

    assert ground.happened == ["up"]


def test_an_update_that_outlasts_the_provider_is_waited_for_and_not_begun_again(ground):
    applied(ground, WaitEnded("timeout"), seen=[UPDATING, UPDATING, RUNNING])

    assert ground.happened == ["up", "up"]
    assert ground.paused_s > 0


def test_the_update_of_another_run_is_waited_for_and_read(ground):
    applied(ground, StillBusy("in-progress"), seen=[UPDATING, RUNNING])

    assert ground.happened == ["up", "refresh", "up"]


def test_one_that_never_comes_to_rest_ends_the_run(ground):
    with pytest.raises(StillBusy):
        applied(ground, *[StillBusy("in-progress")] * 5)

    assert ground.happened.count("up") == 3


def test_what_runs_is_read_back_after_an_update_that_failed(ground):
    with pytest.raises(Unhealthy):
        applied(ground, Unhealthy("RollingBack"), seen=[UPDATING, UPDATING, RUNNING])

    assert ground.happened == ["up", "refresh"]


def test_nothing_is_read_back_of_a_creation_that_failed(ground):
    with pytest.raises(NoQuota):
        applied(ground, NoQuota("none"), is_update=False)

    assert ground.happened == ["up"]
