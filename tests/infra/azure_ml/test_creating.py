"""What is declared, made in Azure's stand-in in the order that it depends on each other."""

from dataclasses import replace

import pytest

pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")

from infra.azure_ml.declaring import Creating, run
from infra.azure_ml.specs import DECLARED, GIVEN, KEY, REGISTRY, SMALL
from llamactl_catalog.prompts import Message
from llamactl_gateway.azure_endpoint import AzureEndpoint
from llamactl_gateway.sampling import Sampling
from standins.azure import SUBSCRIPTION
from standins.azure.asking import put
from standins.azure.scoring import DATA_TOKEN
from standins.azure.scoring import KEY as ENDPOINT_KEY

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
