"""What a run was cut off at is taken into the state, to be looked for in the cloud."""

import pytest

pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
from llamactl_infra.stacks.pending import has_creations, taken_over

ENDPOINT = {"urn": "u::endpoint", "type": "t", "inputs": {"name": "chat"}}


def state(*operations, resources=()):
    return {"resources": list(resources), "pending_operations": list(operations)}


def test_a_creation_becomes_a_resource_by_its_name():
    told, urns = taken_over(state({"type": "creating", "resource": ENDPOINT}))

    assert urns == ("u::endpoint",)
    assert told["pending_operations"] == []
    assert told["resources"] == [ENDPOINT | {"id": "chat", "outputs": {"name": "chat"}}]


def test_what_it_was_to_replace_is_still_to_be_deleted():
    old = {"urn": "u::endpoint", "id": "old", "inputs": {}}

    told, _ = taken_over(state({"type": "creating", "resource": ENDPOINT}, resources=[old]))

    assert [each.get("delete", False) for each in told["resources"]] == [True, False]


def test_the_state_that_was_read_stays_as_it_was():
    before = state({"type": "creating", "resource": ENDPOINT})

    taken_over(before)

    assert before == state({"type": "creating", "resource": ENDPOINT})


def test_other_operations_are_left_to_the_engine():
    operation = {"type": "updating", "resource": ENDPOINT}

    told, urns = taken_over(state(operation))

    assert not has_creations(state(operation))
    assert (told["pending_operations"], urns) == ([operation], ())


@pytest.mark.parametrize(
    ("inputs", "cloud_id"),
    [
        ({"role": "r", "name": "endpoint", "policy": "{}"}, "r:endpoint"),
        ({"dashboardName": "d"}, "d"),
        ({"resourceId": "endpoint/chat/variant/AllTraffic"}, "endpoint/chat/variant/AllTraffic"),
    ],
)
def test_resources_have_ids_by_their_kind(inputs, cloud_id):
    told, _ = taken_over(
        state({"type": "creating", "resource": {"urn": "u", "type": "t", "inputs": inputs}})
    )

    assert told["resources"][0]["id"] == cloud_id


def test_what_has_no_name_of_its_own_is_forgotten():
    nameless = {"urn": "u", "type": "t", "inputs": {}}

    told, urns = taken_over(state({"type": "creating", "resource": nameless}))

    assert (told["resources"], told["pending_operations"], urns) == ([], [], ())


def test_what_is_made_in_azure_has_its_path_in_the_subscription_of_its_provider():
    provider = {"urn": "u::provider", "inputs": {"subscriptionId": "s-1"}}
    inputs = {"resourceGroupName": "g", "workspaceName": "w", "endpointName": "chat"}
    begun = {
        "urn": "u",
        "type": "azure-native:machinelearningservices:OnlineEndpoint",
        "inputs": inputs,
        "provider": "u::provider::id",
    }

    told, _ = taken_over(state({"type": "creating", "resource": begun}, resources=[provider]))

    services = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.MachineLearningServices"
    assert told["resources"][1]["id"] == f"{services}/workspaces/w/onlineEndpoints/chat"
