"""What is declared can be made: in AWS's stand-in, in the order that the program gives."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.sagemaker.creation import Creator
from infra.sagemaker.declared import declared, spec_of
from infra.sagemaker.declared_goldens import SPECS
from standins.aws import Aws


@pytest.fixture
def creator():
    """An account with nothing in it."""
    with Aws() as aws:
        aws.endpoints.delay_s = 0
        yield Creator(aws)
        assert aws.problems == []


@pytest.mark.parametrize("name", SPECS)
def test_what_is_declared_is_made(creator, name):
    spec = SPECS[name]

    declared(spec, creator)

    sagemaker = creator.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=spec.name)
    configuration = sagemaker.describe_endpoint_config(
        EndpointConfigName=endpoint["EndpointConfigName"]
    )
    (variant,) = configuration["ProductionVariants"]
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    assert endpoint["EndpointStatus"] == "InService"
    assert variant["InstanceType"] == spec.instance_type
    assert model["PrimaryContainer"]["Image"] == spec.image


def test_things_are_made_after_what_they_need(creator):
    declared(spec_of(min_instances=1, max_instances=3), creator)

    order = [operation for operation, _ in creator.requests]
    needed = [
        "CreateRole",
        "PutRolePolicy",
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
        "RegisterScalableTarget",
        "PutScalingPolicy",
    ]
    assert sorted(needed, key=order.index) == needed
    assert order.index("CreateLogGroup") < order.index("CreateEndpoint")
    assert order.index("PutMetricAlarm") < order.index("CreateEndpoint")


def test_the_model_runs_under_the_role_that_was_made(creator):
    declared(spec_of(), creator)

    ((_, request),) = [each for each in creator.requests if each[0] == "CreateModel"]
    role = creator.client("iam").get_role(RoleName="llamactl-chat-us-east-1")
    assert request["ExecutionRoleArn"] == role["Role"]["Arn"]
    assert creator.client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 30
