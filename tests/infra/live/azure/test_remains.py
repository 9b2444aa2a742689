"""After a removal, all that is still there is named, and what Azure only keeps is told apart."""

import httpx

from infra.azure_ml.specs import REGISTRY
from infra.live.azure.conftest import GROUP, SPEC
from llamactl_infra.live.cloud import Held
from standins.azure import TOKEN
from standins.azure.faults import Fault

COMPONENT = Held("llamactl:azure:Endpoint", "urn:pulumi:prod::llamactl::Endpoint::mistral")
TRAFFIC = Held("pulumi-python:dynamic/llamactl:AzureMlTraffic", f"{GROUP}/x/traffic")


def held_of(azure):
    """The ids that a state would hold: of all but what others have made."""
    own = [each["id"] for each in azure.store.resources.values()]
    ours = [each for each in own if "/shared" not in each or "roleAssignments" in each]
    return [COMPONENT, TRAFFIC, *(Held("azure-native:some:Thing", each) for each in ours)]


def removed(azure):
    """Take the group away, as the engine does, its resources first."""
    for each in azure.store.of_kind("Microsoft.KeyVault/vaults"):
        headers = {"authorization": f"Bearer {TOKEN}"}
        httpx.delete(
            f"{azure.url}{each['id']}", params={"api-version": "2024-11-01"}, headers=headers
        )
    azure.store.delete(GROUP)
    for each in azure.store.of_kind("Microsoft.Authorization/roleAssignments"):
        azure.store.delete(each["id"])


def test_where_all_is_gone_nothing_is_named(deployed, live):
    held = held_of(deployed)
    removed(deployed)

    assert live.remains(SPEC, held) == ()


def test_all_that_is_still_there_is_named_once(deployed, live):
    held = held_of(deployed)

    named = live.remains(SPEC, held)

    assert len(named) == len(set(named)) == len(held) - 2


def test_a_role_on_anothers_registry_that_is_still_there_is_named(deployed, live):
    held = held_of(deployed)
    deployed.store.delete(GROUP)

    named = live.remains(SPEC, held)

    assert len(named) == 3  # the image, and the weights for the endpoint and for the workspace
    assert all(each.startswith("roleAssignments ") for each in named)
    assert any(f"({REGISTRY}/" in each for each in named)


def test_what_the_state_forgot_is_found_by_its_tag(deployed, live, endpoint, deployment):
    named = live.remains(SPEC, [])

    words = [each.partition(" ")[0] for each in named]
    assert {"onlineEndpoints", "deployments", "workspaces", "vaults"} <= set(words)
    assert f"onlineEndpoints {endpoint['name']} ({endpoint['id']})" in named


def test_what_is_not_told_is_not_known_to_be_gone(deployed, live):
    held = held_of(deployed)
    removed(deployed)
    deployed.faults.append(Fault("GET", "/vaults/", "AuthorizationFailed", "no", 403))
    deployed.faults.append(Fault("GET", "/resources$", "AuthorizationFailed", "no", 403))

    vault, others = live.remains(SPEC, held)

    assert vault.startswith("vaults mistral")
    assert "not known to be gone (Azure refuses" in vault
    assert others.startswith("what else is in the resource group: not known")


def test_what_azure_keeps_of_deleted_things_is_said_and_is_no_remains(deployed, live):
    held = held_of(deployed)
    removed(deployed)

    said = live.held_back(SPEC, held)

    assert [each.partition(":")[0].rpartition(" ")[0] for each in sorted(said)] == [
        "Log Analytics workspace",
        "key vault",
        "workspace",
    ]
    assert any(each.endswith("kept by Azure until 2026-11-30") for each in said)


def test_of_a_vault_that_azure_does_not_tell_of_nothing_is_said(live):
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/v"

    assert live.held_back(SPEC, [Held("azure-native:keyvault:Vault", vault)]) == ()
