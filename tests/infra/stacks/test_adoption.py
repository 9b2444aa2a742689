"""An endpoint that a state has lost is put where the program declares it."""

from llamactl_infra.live.cloud import Orphan
from llamactl_infra.stacks.adoption import adopted, holds

TYPE = "aws:sagemaker/endpoint:Endpoint"
LOST = Orphan(TYPE, "chat-endpoint", "chat", {"name": "chat"})
STEM = "urn:pulumi:chat::llamactl::llamactl:aws:Endpoint"
COMPONENT = {"urn": f"{STEM}::chat", "type": "llamactl:aws:Endpoint"}
ROLE = {
    "urn": f"{STEM}$aws:iam/role:Role::chat-role",
    "type": "aws:iam/role:Role",
    "custom": True,
    "id": "llamactl-chat",
    "parent": f"{STEM}::chat",
    "provider": "urn:provider::id",
}


def test_it_has_its_siblings_parent_and_provider_and_goes_before_them():
    state = {"resources": [COMPONENT, ROLE]}

    told, urn = adopted(state, LOST)

    assert urn == f"{STEM}${TYPE}::chat-endpoint"
    assert told["resources"] == [
        COMPONENT,
        ROLE,
        {
            "urn": urn,
            "type": TYPE,
            "custom": True,
            "id": "chat",
            "inputs": {"name": "chat"},
            "outputs": {"name": "chat"},
            "parent": ROLE["parent"],
            "provider": ROLE["provider"],
            "dependencies": [ROLE["urn"]],
        },
    ]
    assert state == {"resources": [COMPONENT, ROLE]}


def test_a_state_without_a_sibling_does_not_tell_where_it_belongs():
    assert adopted({}, LOST) is None
    assert adopted({"resources": [COMPONENT, ROLE | {"delete": True}]}, LOST) is None


def test_a_state_holds_what_it_has_and_what_a_run_had_begun():
    endpoint = {"type": TYPE}
    begun = {"type": "creating", "resource": endpoint}

    assert holds({"resources": [endpoint]}, (TYPE,))
    assert holds({"pending_operations": [begun]}, (TYPE,))
    assert not holds({"resources": [ROLE]}, (TYPE,))
    assert not holds({}, (TYPE,))
