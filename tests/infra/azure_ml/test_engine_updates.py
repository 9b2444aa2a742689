"""The real engine on Azure's stand-in: what an update does, in which order, and what it leaves.

A stack takes minutes to make here, so that each test takes one through several updates.
"""

from dataclasses import replace

import pytest

pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")

from infra.azure_ml.specs import ACCOUNT, GIVEN, REGISTRY, SCALED, SMALL, STAGED, with_own
from infra.azure_ml.stacks import SHARED, Watched, up
from llamactl_catalog.errors import LlamactlError
from llamactl_infra.clouds.azure.asked import environment_version
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.live.azure.cloud import LiveAzure
from llamactl_infra.live.cloud import Held
from standins.azure import SUBSCRIPTION
from standins.azure.asking import put
from standins.azure.faults import failed_health, slow_start

pytestmark = pytest.mark.engine

BIGGER = "Standard_NC48ads_A100_v4"
OTHER_IMAGE = f"{SMALL.image.rpartition('@')[0]}@sha256:{'b' * 64}"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/llamas"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/shared-ml"


def scaled_to(azure, count):
    """Do what Azure Monitor does."""
    (endpoint,) = azure.endpoints()
    (deployment,) = azure.store.children(endpoint["id"], "deployments")
    deployment["sku"]["capacity"] = count
    return deployment


def count_of(azure, name):
    (endpoint,) = azure.endpoints()
    return azure.store.need(f"{endpoint['id']}/deployments/{name}")["sku"]["capacity"]


def test_a_scaled_deployment_keeps_its_count_through_every_kind_of_update(stack, azure):
    up(stack, SCALED)
    (endpoint,) = azure.endpoints()
    (old,) = azure.deployments(endpoint["id"])
    scaled_to(azure, 3)

    # Tags, owner, expiry: nothing that serves is touched.
    seen = Watched(azure)
    tagged = replace(SCALED, owner="others", expires_on="2027-02-28", tags={"cost-center": "7"})
    up(stack, tagged)
    assert seen.of_the_endpoint() == [("PATCH", endpoint["name"])]
    assert azure.endpoints()[0]["tags"]["llamactl:owner"] == "others"
    assert azure.endpoints()[0]["tags"]["cost-center"] == "7"
    assert count_of(azure, old) == 3
    assert up(stack, tagged) == ()

    # Sign-in: in one PUT with the traffic.
    seen = Watched(azure)
    by_token = with_own(tagged, auth="aad_token")
    up(stack, by_token)
    assert seen.of_the_endpoint() == [("PUT", endpoint["name"])]
    assert seen.bodies(endpoint["id"])[0]["properties"]["traffic"] == {old: 100}

    # A setting that changes in place: a PUT with the count that Azure Monitor has made.
    seen = Watched(azure)
    slower = with_own(by_token, request_timeout_s=90, auth="key")
    up(stack, slower)
    assert seen.bodies(f"{endpoint['id']}/deployments/{old}")[0]["sku"]["capacity"] == 3

    # After a refresh nothing is due, although the count is not the declared one.
    scaled_to(azure, 2)
    stack.refresh("azure")
    assert up(stack, slower) == ()
    assert count_of(azure, old) == 2

    # Another type, with other tags: the new one first, with as many instances, the old one last.
    seen = Watched(azure)
    bigger = replace(slower, instance_type=BIGGER, num_shard=2, owner="platform")
    new = deployment_name(bigger)
    up(stack, bigger)
    assert azure.traffic(endpoint["id"]) == {new: 100}
    assert count_of(azure, new) == 2
    order = seen.changes()
    made, moved = order.index(("PUT", new)), order.index(("PUT", endpoint["name"]))
    scaling = [each for each in order if each[1] in (f"mistral-{old}", f"mistral-{new}")]
    assert made < moved < order.index(("DELETE", old))
    assert scaling == [("PUT", f"mistral-{new}"), ("DELETE", f"mistral-{old}")]
    assert azure.deployments(endpoint["id"]) == [new]


def test_an_update_that_fails_midway_leaves_what_serves_and_is_gone_on_with(stack, azure):
    up(stack, SMALL)
    (endpoint,) = azure.endpoints()
    old = deployment_name(SMALL)
    azure.faults.append(failed_health())
    in_parts = with_own(replace(SMALL, update="canary"), canary_percent=20, bake_s=1)
    changed = replace(in_parts, image=OTHER_IMAGE, owner="others")
    new = deployment_name(changed)

    seen = Watched(azure)
    with pytest.raises(LlamactlError):
        up(stack, changed)
    assert azure.traffic(endpoint["id"]) == {old: 100}
    assert ("DELETE", old) not in seen.changes()

    seen = Watched(azure)
    up(stack, changed)
    assert azure.traffic(endpoint["id"]) == {new: 100}
    assert seen.changes().index(("PUT", new)) < seen.changes().index(("DELETE", old))
    shares = [each["properties"]["traffic"] for each in seen.bodies(endpoint["id"])[-2:]]
    assert shares == [{new: 20, old: 80}, {new: 100}]
    assert azure.deployments(endpoint["id"]) == [new]
    assert up(stack, changed) == ()


def test_what_fails_or_goes_behind_the_stacks_back_is_there_again_after_a_refresh(stack, azure):
    up(stack, SCALED)
    (endpoint,) = azure.endpoints()
    name = deployment_name(SCALED)
    deployment = scaled_to(azure, 3)

    deployment["properties"]["provisioningState"] = "Failed"
    stack.refresh("azure")
    azure.store.need(endpoint["id"])["properties"]["traffic"] = {}
    stack.refresh("azure")
    up(stack, SCALED)
    assert azure.store.need(deployment["id"])["properties"]["provisioningState"] == "Succeeded"
    assert azure.traffic(endpoint["id"]) == {name: 100}
    assert count_of(azure, name) == 3

    azure.store.delete(endpoint["id"])
    stack.refresh("azure")
    up(stack, SCALED)
    assert azure.deployments(endpoint["id"]) == [name]
    assert azure.traffic(endpoint["id"]) == {name: 100}
    assert LiveAzure().differences(SCALED) == ()


def test_a_creation_that_outlives_the_providers_wait_is_taken_over(stack, azure, monkeypatch):
    monkeypatch.setenv("STANDIN_TIME_SCALE", "0.001")  # 4,000 s become 4
    azure.faults.append(slow_start(8))

    with pytest.raises(LlamactlError, match="deadline exceeded"):
        up(stack, SMALL)
    (endpoint,) = azure.endpoints()
    (deployment,) = azure.store.children(endpoint["id"], "deployments")
    deployment["properties"]["provisioningState"] = "Succeeded"
    stack.refresh("azure")
    up(stack, SMALL)

    assert azure.traffic(endpoint["id"]) == {deployment["name"]: 100}
    assert azure.deployments(endpoint["id"]) == [deployment["name"]]


def test_in_a_given_workspace_versions_are_archived_and_used_again(stack, azure):
    put(azure.url, GROUP, {"location": "westeurope"})
    put(azure.url, WORKSPACE, {"location": "westeurope", "properties": {}})
    put(azure.url, ACCOUNT, {"location": "westeurope", "properties": {}})
    before = {*azure.store.resources}
    version = f"{WORKSPACE}/environments/mistral/versions/{environment_version(GIVEN)}"
    up(stack, GIVEN)
    held = [Held("azure-native:x:Y", each["id"]) for each in azure.store.resources.values()]

    up(stack, replace(GIVEN, image=OTHER_IMAGE))
    assert azure.store.need(version)["properties"]["isArchived"] is True
    up(stack, GIVEN)
    assert azure.store.need(version)["properties"]["isArchived"] is False
    stack.destroy("azure")

    left = {*azure.store.resources} - before
    assert {each.split("/")[9] for each in left} == {"environments", "models"}
    versions = [each for each in left if "/versions/" in each]
    assert all(azure.store.need(each)["properties"]["isArchived"] for each in versions)
    notes = LiveAzure().held_back(GIVEN, held)
    assert any(each.startswith("environment mistral: archived") for each in notes)
    assert any(each.startswith("model mistral: archived") for each in notes)


def test_in_a_given_group_nothing_is_left_but_what_is_said(stack, azure):
    put(azure.url, GROUP, {"location": "westeurope"})
    put(azure.url, ACCOUNT, {"location": "westeurope", "properties": {}})
    before = {*azure.store.resources}
    spec = with_own(STAGED, resource_group_given=True)
    azure.roles_show_s = 0.2
    up(stack, spec)
    held = [Held("azure-native:x:Y", each["id"]) for each in azure.store.resources.values()]
    (model,) = [
        each for each in azure.store.resources.values() if each["type"].endswith("models/versions")
    ]
    assert model["properties"]["modelUri"].startswith("azureml://subscriptions/")
    assert model["properties"]["modelUri"].endswith("/paths/mistral-7b")

    stack.destroy("azure")

    (left,) = {*azure.store.resources} - before
    assert left.endswith("/application insights smart detection")
    said = LiveAzure().held_back(spec, held)
    assert any(each.startswith("action group Application Insights") for each in said)
    assert {SHARED.lower(), REGISTRY.lower()} <= {*azure.store.resources}
