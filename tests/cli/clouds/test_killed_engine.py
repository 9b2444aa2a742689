"""A run that is killed at any stage is resumed by the same command, and nothing is made twice."""

import pytest

from cli.clouds.conftest import DEPLOY, whole_deployment

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
pytestmark = pytest.mark.engine
OTHER = ("--context", "2048")
# Each is a stage: what had been asked of the cloud when the run was killed.
CREATING = {
    "aws": [
        "CreateRole",
        "CreateLogGroup",
        "PutMetricAlarm",
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
    ],
    "azure": [
        "PUT resourceGroups",
        "PUT workspaces",
        "PUT roleAssignments",
        "PUT versions",
        "PUT onlineEndpoints",
        "PUT deployments",
    ],
}
UPDATING = {
    "aws": ["UpdateEndpoint", "DeleteEndpointConfig", "DeleteModel"],
    "azure": ["PUT deployments", "PUT onlineEndpoints", "DELETE deployments"],
}


def stages(of):
    return pytest.mark.parametrize(
        ("user", "operation"),
        [(cloud, operation) for cloud, operations in of.items() for operation in operations],
        indirect=["user"],
    )


def resumed(user, *more):
    """Run the command again that was killed."""
    done = user(*DEPLOY[user.name], *more, "--unlock")
    assert done.code == 0, done.err
    whole_deployment(user)


def destroyed(user):
    done = user("destroy", "chat", "--yes", "--weights")
    assert done.code == 0, done.err
    assert user.remains() == []


@stages(CREATING)
def test_a_creation_that_was_killed_is_resumed_and_then_destroyed(user, operation):
    user.kill(user.start_until(operation, *DEPLOY[user.name]))

    resumed(user)

    if user.name == "aws":
        assert user.cloud.operations().count("CreateEndpoint") == 1
    destroyed(user)


@stages(UPDATING)
def test_an_update_that_was_killed_is_resumed_and_then_destroyed(user, operation):
    assert user(*DEPLOY[user.name]).code == 0
    user.cloud.requests.clear()
    user.kill(user.start_until(operation, *DEPLOY[user.name], *OTHER))

    resumed(user, *OTHER)

    destroyed(user)
