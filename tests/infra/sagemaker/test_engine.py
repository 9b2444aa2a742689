"""The real engine on AWS's stand-in: made, left alone, moved, taken back, failed, taken away."""

import os
import shutil
import subprocess
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


def configurations(aws):
    """The endpoint configurations and the models that there are."""
    kinds = ("configuration ", "model ")
    return {each for each in aws.everything() if each.startswith(kinds)}


def taken_back_once(stack, aws):
    """Run an update that SageMaker takes back."""
    aws.faults.append(taken_back())
    with pytest.raises(Unhealthy) as told:
        up(stack, BIGGER)
    return told.value


def test_an_update_that_is_taken_back_fails_with_the_reason_and_what_runs_stays(stack, aws):
    up(stack, SMALL)
    before, there = live(aws)["EndpointConfigName"], configurations(aws)

    error = taken_back_once(stack, aws)

    assert "SageMaker has taken the update back" in error.message
    assert "did not pass the ping health check" in error.message
    assert "Traceback" not in error.message
    assert (error.exit_code, "llamactl logs" in error.hint) == (8, True)
    assert (live(aws)["EndpointConfigName"], live(aws)["EndpointStatus"]) == (before, "InService")
    assert there < configurations(aws)


def test_what_runs_outlives_a_second_try_and_goes_when_one_is_well(stack, aws):
    up(stack, SMALL)
    there = configurations(aws)
    taken_back_once(stack, aws)
    taken_back_once(stack, aws)
    outlived = there < configurations(aws)

    up(stack, BIGGER)

    assert outlived
    assert not there & configurations(aws)
    assert f"configuration {live(aws)['EndpointConfigName']}" in configurations(aws)
    assert up(stack, BIGGER) == ()


def test_the_engines_own_command_keeps_what_runs_too(stack, aws):
    up(stack, SMALL)
    there, program = configurations(aws), shutil.which("pulumi")
    stack.configure(BIGGER)
    aws.faults.append(taken_back())

    first, second = (
        subprocess.run(
            [program, "up", "--yes", "--skip-preview", "--non-interactive", "--stack", "chat"],
            cwd=stack.place.folder,
            env={**os.environ, **stack.place.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        for _ in range(2)
    )

    assert first.returncode != 0
    assert "SageMaker has taken the update back" in first.stdout + first.stderr
    assert second.returncode == 0, second.stdout + second.stderr
    assert not there & configurations(aws)
    assert up(stack, BIGGER) == ()


def test_after_an_update_was_taken_back_one_can_go_back_oneself(stack, aws):
    up(stack, SMALL)
    before, there = live(aws)["EndpointConfigName"], configurations(aws)
    taken_back_once(stack, aws)
    asked = len(aws.requests)

    up(stack, SMALL)

    assert live(aws)["EndpointConfigName"] == before
    assert configurations(aws) == there
    assert "UpdateEndpoint" not in aws.operations()[asked:]
    assert up(stack, SMALL) == ()


def test_all_of_a_deployment_goes_whose_update_was_taken_back(stack, aws):
    up(stack, SCALED)
    aws.faults.append(taken_back())
    with pytest.raises(Unhealthy):
        up(stack, replace(SCALED, environment={"MAX_BATCH_SIZE": "4"}))

    stack.destroy("aws")

    assert aws.everything() == []


def test_another_configuration_that_others_have_set_is_seen_and_put_right(stack, aws):
    up(stack, SMALL)
    before = live(aws)["EndpointConfigName"]
    sagemaker = aws.client("sagemaker")
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=before)["ProductionVariants"]
    sagemaker.create_endpoint_config(EndpointConfigName="other", ProductionVariants=variants)
    sagemaker.update_endpoint(EndpointName="chat", EndpointConfigName="other")
    while live(aws)["EndpointStatus"] != "InService":
        pass

    drift = stack.refresh("aws")
    up(stack, SMALL)

    assert {each.resource.words for each in drift} == {"endpoint", "endpoint verification"}
    assert live(aws)["EndpointConfigName"] == before
    assert up(stack, SMALL) == ()


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


def test_destroy_leaves_nothing(stack, aws):
    up(stack, SCALED)

    stack.destroy("aws")

    assert aws.everything() == []


def test_a_failed_creation_leaves_an_endpoint_that_no_state_knows(stack, aws):
    aws.faults.append(failed_health())
    with pytest.raises(Unhealthy):
        up(stack, SMALL)
    assert live(aws)["EndpointStatus"] == "Failed"

    with pytest.raises(LlamactlError, match="already exist"):
        up(stack, SMALL)
    aws.client("sagemaker").delete_endpoint(EndpointName="chat")
    stack.refresh("aws")
    up(stack, BIGGER)

    assert live(aws)["EndpointStatus"] == "InService"
