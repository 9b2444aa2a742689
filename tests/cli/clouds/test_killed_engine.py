"""A run that is killed at any stage is gone on with by the same command, and leaves one of each."""

import pytest

from cli.clouds.conftest import MODEL

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytestmark = pytest.mark.engine
ON_AWS = ("deploy", MODEL, "--cloud", "aws", "--name", "chat", "--yes")
OTHER = ("--context", "2048")


def one_of_each(user):
    there = user.remains()
    return [sum(each.startswith(f"{kind} ") for each in there) for kind in KINDS]


KINDS = ("endpoint", "configuration", "model", "role", "log group", "dashboard")


@pytest.mark.parametrize(
    "operation",
    [
        "CreateRole",
        "CreateLogGroup",
        "PutMetricAlarm",
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
    ],
)
def test_a_creation_that_was_killed_is_gone_on_with(on_aws, operation):
    on_aws.kill(on_aws.start_until(operation, *ON_AWS))

    done = on_aws(*ON_AWS, "--unlock")

    assert done.code == 0, done.err
    assert one_of_each(on_aws) == [1] * len(KINDS)
    assert on_aws.cloud.operations().count("CreateEndpoint") == 1


@pytest.mark.parametrize("operation", ["UpdateEndpoint", "DeleteEndpointConfig", "DeleteModel"])
def test_an_update_that_was_killed_is_gone_on_with(on_aws, operation):
    assert on_aws(*ON_AWS).code == 0
    on_aws.kill(on_aws.start_until(operation, *ON_AWS, *OTHER))

    done = on_aws(*ON_AWS, *OTHER, "--unlock")

    assert done.code == 0, done.err
    assert one_of_each(on_aws) == [1] * len(KINDS)
