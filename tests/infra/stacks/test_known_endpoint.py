"""What a stack's state tells of where its deployment answers, without its cloud."""

import json
from pathlib import Path

import pytest

from llamactl_infra.stacks.known_endpoint import KnownEndpoint, known_endpoint

RECORDED = Path(__file__).parent / "recorded" / "chat.json"
URL = "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/chat/invocations"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
ONLINE = "azure-native:machinelearningservices:OnlineEndpoint"
WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/w"


@pytest.fixture
def state():
    """A state that the real engine wrote."""
    return json.loads(RECORDED.read_text())["checkpoint"]["latest"]


def outputs(state):
    return next(each["outputs"] for each in state["resources"] if "outputs" in each)


def without(state, kind):
    return state | {"resources": [each for each in state["resources"] if each["type"] != kind]}


def test_a_state_that_is_whole_tells_it(state):
    assert known_endpoint(state) == KnownEndpoint(URL, "mistral-7b-instruct-v0.2", "sigv4")


def test_an_id_that_is_a_path_is_known_by_its_end(state):
    own = {
        "urn": f"urn:pulumi:chat::llamactl::llamactl:azure:Endpoint${ONLINE}::chat-endpoint",
        "type": ONLINE,
        "custom": True,
        "id": f"{WORKSPACE}/onlineEndpoints/chat",
    }
    changed = without(state, ENDPOINT)
    changed["resources"].append(own)

    assert known_endpoint(changed) is not None


@pytest.mark.parametrize("operation", ["creating", "deleting", "updating"])
def test_a_run_that_was_cut_off_leaves_it_to_the_cloud(state, operation):
    begun = {"resource": {}, "type": operation}

    assert known_endpoint(state | {"pending_operations": [begun]}) is None


def test_an_endpoint_that_is_no_longer_held_is_left_to_the_cloud(state):
    assert known_endpoint(without(state, ENDPOINT)) is None


@pytest.mark.parametrize("name", ["url", "model", "endpoint_name", "auth"])
def test_an_up_that_never_ended_leaves_it_to_the_cloud(state, name):
    del outputs(state)[name]

    assert known_endpoint(state) is None


@pytest.mark.parametrize(
    "changes", [{"url": {"4dabf18193072939515e22adb298388d": "1b4"}}, {"auth": "another"}]
)
def test_what_is_encrypted_or_not_known_is_left_to_the_cloud(state, changes):
    outputs(state).update(changes)

    assert known_endpoint(state) is None


def test_a_stack_that_nothing_was_run_on_tells_nothing():
    assert known_endpoint({}) is None
