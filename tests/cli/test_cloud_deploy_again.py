"""Deploying what stands: Pulumi runs only where it may have something to do."""

from dataclasses import replace

import pytest

from cli.deploying_room import ORDER
from llamactl.pipeline.cloud import deploy_cloud
from llamactl_catalog.errors import Unhealthy
from standins.azure_scoring import KEY, AzureScoring
from standins.chat_server import ChatServer, Reply
from standins.deploying import GroundStandIn
from standins.live_cloud import LiveCloudStandIn


@pytest.fixture
def app(deploying_app):
    return deploying_app


@pytest.fixture
def ground():
    """A cloud that is well, with an endpoint behind its key."""
    with ChatServer(Reply(pieces=("Good", " day."))) as server, AzureScoring(server.url) as front:
        yield GroundStandIn(url=front.url, cloud=LiveCloudStandIn(key=KEY))


def deployed_again(app, ground, order=ORDER):
    """Deploy twice, where the stack is as the first left it; gives what the second did."""
    deploy_cloud(app, ORDER, ground)
    ground.happened.clear()
    ground.unchanged = True
    deploy_cloud(app, order, ground)
    return ground.happened


def test_what_stands_as_asked_is_compared_and_asked_and_pulumi_is_left_alone(app, ground, capsys):
    happened = deployed_again(app, ground)

    assert happened == []
    second = capsys.readouterr().err.rpartition("✓ plan")[2]
    assert "nothing had to be changed" in second
    assert "first token after" in second


def test_what_differs_in_the_cloud_is_brought_up_though_the_stack_is_unchanged(app, ground):
    deploy_cloud(app, ORDER, ground)
    ground.happened.clear()
    ground.unchanged = True
    ground.cloud.differs = ("instance_type: ml.g5.xlarge runs",)

    with pytest.raises(Unhealthy):
        deploy_cloud(app, ORDER, ground)

    assert "up" in ground.happened


def test_another_spec_and_unlock_are_brought_up(app, ground):
    other = replace(ORDER, context_tokens=2048)

    assert "up" in deployed_again(app, ground, other)
    assert "up" in deployed_again(app, ground, replace(ORDER, unlock=True))
