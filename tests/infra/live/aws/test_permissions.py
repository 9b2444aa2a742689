"""IAM simulates what a deployment asks for, on the deployment's own resources."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.live.aws.checked import found
from infra.sagemaker.declared import spec_of
from llamactl_catalog.errors import NoPermission
from llamactl_infra.spec import SageMakerSpec
from standins.aws import ACCOUNT
from standins.aws.faults import denied


def test_what_is_denied_fails_and_is_named(aws, live):
    aws.policies.denied |= {"sagemaker:CreateEndpoint", "iam:PassRole"}

    told = found(live, spec_of())["permissions"]

    assert told.text == (
        f"arn:aws:iam::{ACCOUNT}:user/deployer may not: sagemaker:CreateEndpoint, iam:PassRole"
    )
    assert isinstance(told.error, NoPermission)
    assert "docs/aws.md" in told.error.hint


def test_each_action_is_simulated_on_the_deployments_own_resource(aws, live):
    found(live, spec_of(min_instances=1, max_instances=2))

    asked = [told for name, told in aws.requests if name == "SimulatePrincipalPolicy"]
    by_action = {each: told for told in asked for each in told["ActionNames"]}
    endpoint = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/chat"
    role = f"arn:aws:iam::{ACCOUNT}:role/llamactl-chat-us-east-1"
    assert by_action["sagemaker:CreateEndpoint"]["ResourceArns"] == [endpoint]
    assert by_action["iam:PassRole"]["ResourceArns"] == [role]
    said = by_action["iam:PassRole"]["ContextEntries"]
    assert {each["ContextKeyName"] for each in said} == {
        "iam:PassedToService",
        "aws:RequestedRegion",
    }
    assert "application-autoscaling:PutScalingPolicy" in by_action


def test_with_a_given_role_none_is_made(aws, live):
    given = f"arn:aws:iam::{ACCOUNT}:role/given"
    aws.policies.denied.add("iam:CreateRole")

    told = found(live, spec_of(sagemaker=SageMakerSpec(execution_role=given)))["permissions"]

    asked = [told for name, told in aws.requests if name == "SimulatePrincipalPolicy"]
    passed = [each for each in asked if "iam:PassRole" in each["ActionNames"]]
    assert told.state == "ok"
    assert [each["ResourceArns"] for each in passed] == [[given]]


def test_where_simulation_is_denied_it_is_unknown(aws, live):
    aws.faults.append(denied("SimulatePrincipalPolicy"))

    told = found(live, spec_of())["permissions"]

    assert told.state == "unknown"
    assert "iam:SimulatePrincipalPolicy" in told.text


def test_of_the_root_user_it_is_unknown(aws, live):
    aws.policies.principal = f"arn:aws:iam::{ACCOUNT}:root"

    assert found(live, spec_of())["permissions"].state == "unknown"


def test_of_a_session_the_policies_of_its_role_count(aws, live):
    aws.client("iam").create_role(
        RoleName="Admin", Path="/teams/nlp/", AssumeRolePolicyDocument="{}"
    )
    aws.policies.principal = f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/me@example.com"

    told = found(live, spec_of())["permissions"]

    assert f"of arn:aws:iam::{ACCOUNT}:role/teams/nlp/Admin, simulated" in told.text


def test_of_a_session_whose_role_may_not_be_read_the_name_suffices(aws, live):
    aws.faults.append(denied("GetRole"))
    aws.policies.principal = f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/me"

    simulated = [
        told["PolicySourceArn"]
        for _ in [found(live, spec_of())]
        for name, told in aws.requests
        if name == "SimulatePrincipalPolicy"
    ]

    assert set(simulated) == {f"arn:aws:iam::{ACCOUNT}:role/Admin"}
