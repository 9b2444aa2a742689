"""What is declared can be made: in AWS's stand-in, in the order that the program gives."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.sagemaker.creation import Creator
from infra.sagemaker.declared import declared, spec_of
from infra.sagemaker.declared_goldens import SPECS
from llamactl_catalog.prompts import Message
from llamactl_gateway.sagemaker_endpoint import SageMakerEndpoint
from llamactl_gateway.sampling import Sampling
from llamactl_infra.clouds.aws.places import invocations_url
from standins.aws import Aws
from standins.chat_server import ChatServer


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


def test_the_endpoint_answers_through_its_client(monkeypatch):
    with ChatServer() as server, Aws(server.url) as aws:
        aws.endpoints.delay_s = 0
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        spec = spec_of()
        declared(spec, Creator(aws))
        url = invocations_url(spec.name, spec.region)
        client = SageMakerEndpoint(spec.name, url, spec.region, spec.model)

        pieces = client.chat([Message("user", "Hello?")], Sampling())

        assert "".join(each.text for each in pieces) == "Hello there."


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
