"""The real engine on AWS's stand-in: made, left alone, moved, taken back, failed, taken away."""

import os
from dataclasses import replace

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")

from infra.sagemaker.declared import READY, spec_of
from llamactl_catalog.errors import LlamactlError, NoCapacity, NoPermission, NoQuota, Unhealthy
from llamactl_infra.stacks.place import stack_place
from llamactl_infra.stacks.stack import open_stack
from standins.aws import Aws
from standins.aws.faults import denied, failed_health, out_of_capacity, out_of_quota, taken_back
from standins.providers.plugins import FORGOTTEN, engine_environment

pytestmark = pytest.mark.engine

SMALL = spec_of(
    model="mistral-7b-instruct-v0.2",
    weights="mistralai/Mistral-7B-Instruct-v0.2",
    image=READY,
    license_acceptance=None,
)
SCALED = replace(SMALL, min_instances=1, max_instances=3)
BIGGER = replace(SMALL, instance_type="ml.g5.12xlarge", num_shard=4)


@pytest.fixture
def aws():
    with Aws() as running:
        yield running
        assert running.problems == []


@pytest.fixture
def stack(tmp_path, aws, monkeypatch):
    """The stack of a deployment; its provider is the stand-in's, its home is empty."""
    for name, value in {**engine_environment(tmp_path, aws=("aws",)), **aws.environment}.items():
        monkeypatch.setenv(name, value)
    for name in FORGOTTEN:
        monkeypatch.delenv(name, raising=False)
    place = stack_place(tmp_path / "state", tmp_path, os.environ, lambda _step: None)
    return open_stack("chat", place)


def up(stack, spec):
    stack.configure(spec)
    return stack.up("aws")


def live(aws):
    """The endpoint as SageMaker tells it."""
    return aws.client("sagemaker").describe_endpoint(EndpointName="chat")


def test_a_preview_makes_nothing(stack, aws):
    stack.configure(SCALED)

    preview = stack.preview("aws")

    assert "chat-endpoint" in preview.text
    assert aws.everything() == []


def test_a_second_up_changes_nothing(stack, aws):
    assert up(stack, SCALED) != ()
    there = aws.everything()

    assert up(stack, SCALED) == ()

    assert aws.everything() == there
    assert live(aws)["EndpointStatus"] == "InService"


def test_a_refresh_of_what_nobody_changed_finds_nothing(stack):
    up(stack, SCALED)

    assert stack.refresh("aws") == ()
    assert up(stack, SCALED) == ()


def test_another_instance_type_is_another_configuration_and_the_old_one_goes(stack, aws):
    up(stack, SMALL)
    before = live(aws)["EndpointConfigName"]

    up(stack, BIGGER)

    assert live(aws)["EndpointConfigName"] != before
    assert sum(each.startswith("configuration ") for each in aws.everything()) == 1


def test_what_others_changed_is_seen_and_put_right(stack, aws):
    up(stack, SMALL)
    group = "/aws/sagemaker/Endpoints/chat"
    aws.client("logs").put_retention_policy(logGroupName=group, retentionInDays=1)

    drift = stack.refresh("aws")
    up(stack, SMALL)

    (found,) = aws.client("logs").describe_log_groups()["logGroups"]
    assert [each.resource.words for each in drift] == ["log group"]
    assert found["retentionInDays"] == SMALL.log_days


def test_an_update_that_is_taken_back_is_seen_by_a_refresh(stack, aws):
    up(stack, SMALL)
    before = live(aws)["EndpointConfigName"]
    aws.faults.append(taken_back())

    up(stack, BIGGER)
    drift = stack.refresh("aws")

    assert live(aws)["EndpointConfigName"] == before
    assert live(aws)["EndpointStatus"] == "InService"
    assert [each.resource.words for each in drift] == ["endpoint"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (out_of_quota(), NoQuota),
        (out_of_capacity(), NoCapacity),
        (failed_health(), Unhealthy),
        (denied("CreateEndpoint"), NoPermission),
    ],
)
def test_a_fault_is_told_by_its_cause(stack, aws, fault, error):
    aws.faults.append(fault)

    with pytest.raises(error) as told:
        up(stack, SMALL)
    assert "chat-endpoint" in told.value.message
    assert "Traceback" not in told.value.message


def test_what_was_refused_is_made_by_the_next_run(stack, aws):
    aws.faults.append(out_of_quota())
    with pytest.raises(LlamactlError):
        up(stack, SMALL)

    up(stack, SMALL)

    assert live(aws)["EndpointStatus"] == "InService"


def test_an_endpoint_that_failed_is_kept_in_the_state_and_taken_away_by_destroy(stack, aws):
    aws.faults.append(failed_health())
    with pytest.raises(Unhealthy):
        up(stack, SMALL)
    assert live(aws)["EndpointStatus"] == "Failed"

    stack.destroy("aws")

    assert aws.everything() == []


def test_destroy_leaves_nothing(stack, aws):
    up(stack, SCALED)

    stack.destroy("aws")

    assert aws.everything() == []


def test_zz(stack, aws):
    aws.faults.append(failed_health())
    with pytest.raises(Unhealthy):
        up(stack, SMALL)
    print("SECOND", up(stack, SMALL), live(aws)["EndpointStatus"])
    try:
        print("THIRD", up(stack, BIGGER))
    except LlamactlError as e:
        print("THIRD", e)
    aws.client("sagemaker").delete_endpoint(EndpointName="chat")
    print(stack.refresh("aws"))
    print("4", up(stack, BIGGER),live(aws)["EndpointStatus"])
