"""What can be known before anything is spent, each thing with its fix."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.live.aws.checked import found
from infra.live.aws.making import made
from infra.sagemaker.declared import READY, spec_of
from llamactl_catalog.errors import InvalidInput, NoPermission
from llamactl_infra.spec import SageMakerSpec
from standins.aws import ACCOUNT
from standins.aws.faults import ALWAYS, expired, throttled

FROM_HUB = {"image": READY, "weights_uri": None}


def test_where_all_is_well_every_finding_is_ok(live):
    told = list(live.checks(spec_of(**FROM_HUB)))

    assert [(each.check, each.state) for each in told] == [
        ("credentials", "ok"),
        ("names and limits", "ok"),
        ("host image", "ok"),
        ("instance type", "ok"),
        ("names", "ok"),
        ("permissions", "ok"),
        ("quota", "ok"),
    ]
    assert told[0].text == f"account {ACCOUNT}, as arn:aws:iam::{ACCOUNT}:user/deployer"


def test_without_credentials_what_needs_none_is_checked_all_the_same(aws, live, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    told = found(live, spec_of())

    assert isinstance(told["credentials"].error, NoPermission)
    assert "AWS_PROFILE" in told["credentials"].error.hint
    assert set(told) == {"credentials", "names and limits", "host image"}


def test_credentials_that_expired_fail(aws, live):
    aws.faults.append(expired())

    told = found(live, spec_of())

    assert told["credentials"].state == "failed"
    assert "expired" in told["credentials"].text


def test_a_profile_that_is_not_there_fails(live, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    told = found(live, spec_of())

    assert isinstance(told["credentials"].error, NoPermission)
    assert "nobody" in told["credentials"].text


def test_all_that_sagemaker_would_refuse_is_told_at_once(live):
    told = found(live, spec_of(name="a_b", log_days=2, **FROM_HUB))["names and limits"]

    assert told.state == "failed"
    assert "name: 'a_b'" in told.text
    assert "log_days: 2" in told.text


def test_an_image_that_is_yet_to_be_chosen_is_no_failure(live):
    told = found(live, spec_of(image=None, weights_uri=None, engine_version="3.3.6"))

    assert {each.state for each in told.values()} == {"ok"}
    assert "image" not in told
    assert {"names", "permissions", "quota"} <= set(told)


def test_a_host_image_that_is_too_old_for_the_engine_fails(live):
    own = SageMakerSpec(inference_ami="al2-ami-sagemaker-inference-gpu-2")

    told = found(live, spec_of(engine_version="3.3.6", sagemaker=own))["host image"]

    said = "al2-ami-sagemaker-inference-gpu-2 runs CUDA up to 12.2, and tgi 3.3.6 needs CUDA 12.4"
    assert told.error.message == said


def test_a_host_image_that_is_not_on_record_is_unknown(live):
    own = SageMakerSpec(inference_ami="al2030-ami-sagemaker-inference-gpu-9-1")

    assert found(live, spec_of(sagemaker=own))["host image"].state == "unknown"


def test_an_engine_that_no_host_image_is_known_for_fails(live):
    told = found(live, spec_of(engine_version="9.9.9"))["host image"]

    assert told.state == "failed"
    assert "9.9.9" in told.text


def test_an_instance_type_that_sagemaker_never_hosts_on_fails(live):
    told = found(live, spec_of(instance_type="ml.g5.3xlarge"))["instance type"]

    assert told.error.message == "SageMaker hosts no endpoints on ml.g5.3xlarge"


def test_an_instance_type_that_nothing_tells_of_is_unknown(aws, live):
    aws.faults.append(throttled(".*ServiceQuota.*", ALWAYS))

    told = found(live, spec_of(region="ap-southeast-3", image=READY, weights_uri=None))

    assert told["instance type"].state == "unknown"
    assert "AWS slows calls down" in told["instance type"].text


def test_those_of_the_deployment_itself_are_its_own(aws, live):
    made(aws, spec_of())

    assert found(live, spec_of(), standing=spec_of())["names"].text == "they are its own"


def test_those_of_a_stack_that_is_elsewhere_are_taken(aws, live):
    made(aws, spec_of())

    told = found(live, spec_of())["names"]

    assert "the endpoint chat is there, and of a stack that is not here" in told.text
    assert "backend" in told.error.hint


def test_an_endpoint_that_is_not_of_llamactl_is_told(aws, live):
    made(aws, spec_of())
    client = aws.client("sagemaker")
    arn = client.describe_endpoint(EndpointName="chat")["EndpointArn"]
    client.delete_tags(ResourceArn=arn, TagKeys=["llamactl:deployment"])

    told = found(live, spec_of(), standing=spec_of())["names"]

    assert told.text == "the endpoint chat is there, and not of this deployment"
    assert isinstance(told.error, InvalidInput)
    assert told.error.hint == "another --name"


def test_a_log_group_that_was_left_is_told_with_the_command_that_removes_it(aws, live):
    aws.say("chat", "SIGTERM received")

    told = found(live, spec_of())["names"]

    assert told.error.hint == (
        "aws logs delete-log-group --log-group-name /aws/sagemaker/Endpoints/chat "
        "--region us-east-1 removes it with its lines"
    )


def test_a_log_group_that_sagemaker_made_anew_keeps_no_update_back(aws, live):
    made(aws, spec_of())
    group = "/aws/sagemaker/Endpoints/chat"
    aws.client("logs").delete_log_group(logGroupName=group)
    aws.say("chat", "a line")

    assert found(live, spec_of(), standing=spec_of())["names"].state == "ok"
