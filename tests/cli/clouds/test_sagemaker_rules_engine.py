"""Deployments on SageMaker under the provider's own rules: the order of what is done, and its end.

By the real `pulumi` over the strict stand-ins. The tests of the first part share one deployment,
which each of them changes and leaves in service; those of the second have one each.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from cli.clouds.sagemaker_room import SMALL, Room, aws_room
from llamactl_catalog.errors import LlamactlError, NoQuota, Unhealthy
from llamactl_infra.spec import SageMakerSpec, Schedule
from standins.aws.faults import failed_health, out_of_quota, slow_end, slow_start, taken_back

pytestmark = pytest.mark.engine
SCALED = replace(SMALL, min_instances=1, max_instances=3)
NEW_BEFORE_OLD = [
    "CreateModel",
    "CreateEndpointConfig",
    "UpdateEndpoint",
    "DeleteEndpointConfig",
    "DeleteModel",
]
FLEET = ("CreateModel", "CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint", "DeleteModel")
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/chat/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One deployment that scales, for all tests of the first part."""
    yield from _room(tmp_path_factory.mktemp("shared"), deployed=SCALED)


@pytest.fixture
def standing(shared):
    """The shared deployment; it is left as one, whole and in service."""
    yield shared
    assert shared.aws.problems == []
    assert live(shared.aws)["EndpointStatus"] == "InService"
    kinds = ("endpoint", "configuration", "model")
    assert [count(shared.aws, each) for each in kinds] == [1, 1, 1]


@pytest.fixture
def room(tmp_path):
    """An account with nothing in it."""
    yield from _room(tmp_path)


def _room(folder, deployed=None) -> Iterator[Room]:
    with aws_room(folder) as room:
        if deployed is not None:
            room.deploy(deployed)
        yield room


@pytest.fixture
def short_wait(monkeypatch):
    """A provider that waits a second for an endpoint, in the place of an hour."""
    monkeypatch.setenv("AWS_STANDIN_WAIT_S", "1")


def live(aws):
    return aws.client("sagemaker").describe_endpoint(EndpointName="chat")


def count(aws, kind):
    return sum(each.startswith(f"{kind} ") for each in aws.everything())


def target(aws):
    (found,) = aws.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker"
    )["ScalableTargets"]
    return found["MinCapacity"], found["MaxCapacity"]


def test_what_stands_is_left_alone(standing):
    standing.changed()

    assert standing.done() == []


@pytest.mark.engine_smoke
def test_new_is_made_before_old_goes_also_with_other_tags(standing):
    standing.updated(owner="jane")

    done = standing.done()
    assert [each for each in done if each.startswith(FLEET)] == NEW_BEFORE_OLD
    assert {"AddTags", "TagRole", "TagResource"} <= set(done)


def test_tags_bounds_and_alarms_touch_no_fleet(standing):
    standing.changed(tags={"team": "nlp"}, log_days=7, max_instances=4, alarms=False)
    without = count(standing.aws, "alarm")
    done = standing.done()
    standing.changed(alarms=True)

    assert not [each for each in [*done, *standing.done()] if each.startswith(FLEET)]
    assert done.count("RegisterScalableTarget") == 1
    assert (without, count(standing.aws, "alarm")) == (1, 3)


@pytest.mark.parametrize("update", ["canary", "linear", "rolling"])
def test_an_update_in_parts_has_the_same_order(standing, update):
    standing.updated(update=update, instances=2)

    assert [each for each in standing.done() if each.startswith(FLEET)] == NEW_BEFORE_OLD


def test_how_an_update_goes_can_change_alone(standing):
    standing.changed(sagemaker=SageMakerSpec(bake_s=60))

    assert [each for each in standing.done() if each.startswith(FLEET)] == ["UpdateEndpoint"]


@pytest.mark.parametrize("back_s", [0.0, 2.0], ids=["unseen", "rolling back"])
def test_an_update_that_is_taken_back_keeps_what_runs_and_is_tried_again(standing, back_s):
    aws, before = standing.aws, live(standing.aws)["EndpointConfigName"]
    aws.faults.append(taken_back(delay_s=0.5, back_s=back_s))

    with pytest.raises(Unhealthy, match="did not pass the ping health check"):
        standing.updated()

    assert not [each for each in standing.done("Delete") if each.startswith(FLEET)]
    assert (live(aws)["EndpointStatus"], live(aws)["EndpointConfigName"]) == ("InService", before)
    standing.changed()
    assert standing.done("Update", "Delete") == NEW_BEFORE_OLD[2:]


@pytest.mark.engine_smoke
def test_an_update_that_is_refused_is_tried_again_by_the_same_command(standing):
    standing.aws.faults.append(out_of_quota(operation="UpdateEndpoint"))
    with pytest.raises(NoQuota):
        standing.updated()

    standing.changed()

    assert standing.done("Update", "Delete") == NEW_BEFORE_OLD[2:]


def test_an_update_that_outlasts_the_wait_is_waited_for_in_the_same_run(standing, short_wait):
    standing.aws.faults.append(slow_start(delay_s=6))

    standing.updated()

    assert [each for each in standing.done() if each.startswith(FLEET)] == NEW_BEFORE_OLD


def test_one_that_is_taken_back_after_the_wait_is_told_and_then_tried_again(standing, short_wait):
    standing.aws.faults.append(taken_back(delay_s=6))
    with pytest.raises(Unhealthy, match="did not pass the ping health check"):
        standing.updated()
    assert standing.done("Update") == ["UpdateEndpoint"]

    standing.changed()

    assert standing.done("Update", "Delete") == NEW_BEFORE_OLD[2:]


def test_a_scaled_endpoint_changes_its_type_without_its_target_which_then_is_back(standing):
    standing.changed(instance_type="ml.g5.12xlarge", num_shard=4, instances=2)

    order = standing.done("Deregister", "Register", "UpdateEndpoint", "PutScalingPolicy")
    assert order == [
        "DeregisterScalableTarget",
        "UpdateEndpoint",
        "RegisterScalableTarget",
        "PutScalingPolicy",
    ]
    assert live(standing.aws)["ProductionVariants"][0]["CurrentInstanceCount"] == 2


@pytest.mark.engine_smoke
def test_an_endpoint_that_was_deleted_by_hand_is_made_again_by_one_run(standing):
    before = standing.aws.everything()
    standing.aws.client("sagemaker").delete_endpoint(EndpointName="chat")

    standing.changed()

    assert standing.aws.everything() == before


def test_bounds_that_were_set_by_hand_are_set_back(standing):
    bounds = target(standing.aws)
    scaling = standing.aws.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=9)

    standing.changed()

    assert target(standing.aws) == bounds


def test_what_a_schedule_has_set_stays_and_new_bounds_are_set(standing):
    standing.changed(schedules=(Schedule("night", "0 22 * * *", 2, 2),))
    scaling = standing.aws.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=2)
    standing.stack("chat", standing.report).refresh("aws")

    standing.changed(owner="jo")
    left = target(standing.aws)
    standing.changed(max_instances=5)

    assert (left, target(standing.aws)) == ((2, 2), (1, 5))


def test_a_scaled_endpoint_becomes_a_fixed_one_of_another_type(standing):
    standing.changed(
        instance_type="ml.g5.2xlarge",
        num_shard=1,
        instances=2,
        min_instances=None,
        max_instances=None,
        schedules=(),
    )

    assert count(standing.aws, "scalable target") == 0


def test_all_of_it_goes_and_the_role_after_the_endpoint(shared):
    shared.aws.faults.append(slow_end(delay_s=3))

    shared.destroy()

    assert shared.aws.everything() == []
    assert shared.aws.problems == []


def test_a_creation_that_outlasts_the_wait_is_waited_for_and_taken_over(room, short_wait):
    room.aws.faults.append(slow_start(delay_s=6))

    room.deploy(SMALL)

    assert room.done("CreateEndpoint", "DeleteEndpoint") == [
        "CreateEndpointConfig",
        "CreateEndpoint",
    ]
    room.changed()
    assert room.done() == []


@pytest.mark.engine_smoke
def test_an_endpoint_whose_creation_failed_is_replaced_by_the_same_command(room):
    room.aws.faults += [failed_health(), slow_end(delay_s=2)]
    with pytest.raises(Unhealthy, match="did not pass the ping health check"):
        room.deploy(SMALL)

    room.changed()

    assert room.done("CreateEndpoint", "Delete") == ["DeleteEndpoint", "CreateEndpoint"]
    assert live(room.aws)["EndpointStatus"] == "InService"


def test_one_of_that_name_without_our_tag_is_not_touched_and_ours_goes_with_the_rest(room):
    room.aws.faults += [failed_health(), slow_end(delay_s=2)]
    with pytest.raises(LlamactlError):
        room.deploy(SMALL)
    sagemaker, arn = room.aws.client("sagemaker"), live(room.aws)["EndpointArn"]
    tag = {"Key": "llamactl:deployment", "Value": "chat"}
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=[tag["Key"]])

    with pytest.raises(LlamactlError, match="already existing"):
        room.changed()

    assert "DeleteEndpoint" not in room.aws.operations()
    sagemaker.add_tags(ResourceArn=arn, Tags=[tag])
    room.destroy()
    assert room.aws.everything() == []


def test_an_endpoint_that_is_left_of_an_empty_stack_goes_too(room):
    room.aws.faults.append(failed_health())
    with pytest.raises(LlamactlError):
        room.deploy(SMALL)
    room.stack("chat", room.report).destroy("aws", forget=False)
    assert count(room.aws, "endpoint") == 1
    room.aws.problems.clear()  # so the role of an endpoint went, as `pulumi destroy` does it

    room.destroy()

    assert room.aws.everything() == []
