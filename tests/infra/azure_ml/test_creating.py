"""What is declared, made in Azure's stand-in in the order that it depends on each other."""

from dataclasses import replace

import pytest

pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")

from infra.azure_ml.declaring import Creating, run
from infra.azure_ml.specs import DECLARED, GIVEN, KEY, REGISTRY, SMALL
from llamactl_catalog.prompts import Message
from llamactl_gateway.azure_endpoint import AzureEndpoint
from llamactl_gateway.sampling import Sampling
from llamactl_infra.clouds.azure.actions import EVERY
from llamactl_infra.live.azure.cloud import LiveAzure
from llamactl_infra.live.cloud import Held
from standins.azure import SUBSCRIPTION
from standins.azure.asking import put
from standins.azure.authorization import is_given
from standins.azure.scoring import DATA_TOKEN
from standins.azure.scoring import KEY as ENDPOINT_KEY

VAULTS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/llamas/providers/Microsoft.KeyVault/vaults"
GROUPS = ("shared", "net")
ML = "Microsoft.MachineLearningServices"


@pytest.fixture
def account(azure):
    """What others have made: a registry, an account, a vault, a workspace."""
    for group in GROUPS:
        put(azure.url, f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}", {"location": "x"})
    put(azure.url, REGISTRY, {"location": "westeurope", "properties": {}})
    put(azure.url, storage(), {"location": "westeurope", "properties": {}})
    put(azure.url, KEY.rpartition("/keys/")[0], {"location": "westeurope", "properties": {}})
    return azure


@pytest.fixture
def live_azure(account, tmp_path):
    environment = {**account.environment, "HOME": str(tmp_path)}
    return LiveAzure(environment, pause=lambda _s: None)


def storage():
    return REGISTRY.replace("ContainerRegistry/registries", "Storage/storageAccounts")


def given_workspace(azure):
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/llamas"
    put(azure.url, group, {"location": "westeurope"})
    body = {"location": "westeurope", "properties": {}}
    put(azure.url, f"{group}/providers/{ML}/workspaces/shared-ml", body)


def made(azure, spec):
    told = {}
    run(spec, Creating(azure), told.update)
    return told


@pytest.mark.parametrize("name", DECLARED)
def test_all_that_is_declared_is_made_and_has_the_traffic(account, name):
    if DECLARED[name] == GIVEN:
        given_workspace(account)

    made(account, DECLARED[name])

    (endpoint,) = account.endpoints()
    (deployment,) = account.deployments(endpoint["id"])
    assert account.traffic(endpoint["id"]) == {deployment: 100}


@pytest.mark.parametrize(("auth", "secret"), [("key", ENDPOINT_KEY), ("aad_token", DATA_TOKEN)])
def test_the_endpoint_answers_through_its_client(account, monkeypatch, auth, secret):
    monkeypatch.setenv("LLAMACTL_AZURE_TOKEN", DATA_TOKEN)
    spec = replace(SMALL, azure_ml=replace(SMALL.azure_ml, auth=auth))
    told = made(account, spec)
    client = AzureEndpoint("mistral", told["url"], spec.model, secret)

    pieces = client.chat([Message("user", "Hello?")], Sampling())

    assert "".join(each.text for each in pieces) == "Hello there."


def test_the_identity_may_pull_before_the_deployment_is_there(account):
    made(account, SMALL)

    order = [each.lower() for each in account.store.created]
    roles = [number for number, each in enumerate(order) if "/roleassignments/" in each]
    (endpoint,) = [number for number, each in enumerate(order) if each.endswith("mistral-11be0703")]
    assert len(roles) == 3
    assert max(roles) < endpoint


# What destroy asks of a given resource group, where Application Insights makes a rule and a group
# by itself after the declared resources were there.
SMART_DETECTION = {
    "Microsoft.AlertsManagement/smartDetectorAlertRules/read",
    "Microsoft.AlertsManagement/smartDetectorAlertRules/delete",
    "Microsoft.Insights/actionGroups/read",
}


def test_the_documented_role_suffices_for_whatever_is_declared_and_has_nothing_beyond_it(
    account, live_azure
):
    """What Pulumi makes it reads and deletes too: of each kind that is written, all three count."""
    given_workspace(account)
    account.granted = [{"actions": list(EVERY), "notActions": []}]

    for spec in DECLARED.values():
        made(account, spec)
        list(live_azure.checks(spec))
        live_azure.endpoint(spec)
        live_azure.held_back(spec, [Held("azure-native:keyvault:Vault", f"{VAULTS}/a")])
        live_azure.remains(spec, ())
        list(live_azure.log(spec, tail=1, follow=False))

    written = {each.removesuffix("write") for each in account.actions if each.endswith("/write")}
    used = {*account.actions, *(f"{each}{verb}" for each in written for verb in ("read", "delete"))}
    used |= SMART_DETECTION
    unused = [each for each in EVERY if not any(is_given([{"actions": [each]}], at) for at in used)]
    assert unused == []
