"""llamactl's own resources beside traffic: counts, versions that are archived, roles, rules."""

import base64

import pytest

pytest.importorskip("pulumi", reason="needs the extra 'azure'")

from pulumi.dynamic.dynamic import serialize_provider

from infra.azure_ml.places import ENDPOINT, GROUP, IDENTITY, WORKSPACE, add_deployment
from llamactl_catalog.errors import NoPermission
from llamactl_infra.clouds.azure.asset import AssetProvider
from llamactl_infra.clouds.azure.ids import detection_rule
from llamactl_infra.clouds.azure.instance_count import InstanceCountProvider
from llamactl_infra.clouds.azure.management import opened
from llamactl_infra.clouds.azure.role_wait import LIMIT_S, RoleWaitProvider, wait_for_roles
from llamactl_infra.clouds.azure.smart_detection import SmartDetectionProvider
from standins.azure.asking import put

VERSION = f"{WORKSPACE}/environments/chat/versions/1"
ROLE = f"{WORKSPACE}/providers/Microsoft.Authorization/roleAssignments/r"


def count(**changes):
    told = {
        "endpoint": ENDPOINT,
        "deployment": "old",
        "content": "1",
        "instances": 1.0,
        "lowest": 1.0,
        "highest": 4.0,
    }
    return told | changes


@pytest.mark.parametrize(
    "provider", [AssetProvider, InstanceCountProvider, RoleWaitProvider, SmartDetectionProvider]
)
def test_a_provider_stores_its_name_alone(provider):
    stored = base64.b64decode(serialize_provider(provider()))

    assert stored == base64.b64decode(serialize_provider(provider()))
    assert len(stored) < 120


@pytest.mark.parametrize(
    ("capacity", "props", "counted"),
    [
        (3, count(), 3),
        (3, count(highest=2.0), 2),
        (3, count(lowest=4.0), 4),
        (3, count(deployment="another"), 3),
    ],
)
def test_a_count_is_that_of_what_serves_within_its_bounds(endpoint, capacity, props, counted):
    add_deployment(endpoint, "old", instances=capacity)
    endpoint.store.need(ENDPOINT)["properties"]["traffic"] = {"old": 100}

    assert InstanceCountProvider().create(props).outs["count"] == counted


def test_where_nothing_serves_the_count_is_the_declared_one(endpoint):
    assert InstanceCountProvider().create(count(deployment="x", instances=2.0)).outs["count"] == 2


def test_a_count_is_read_again_when_a_put_is_due_and_not_for_its_bounds():
    provider = InstanceCountProvider()

    assert provider.diff("x", count(), count(highest=9.0, instances=3.0)).changes is False
    assert provider.diff("x", count(), count(content="2")).changes is True


def test_a_refresh_reads_the_count_that_the_deployments_own_reads(endpoint):
    add_deployment(endpoint, "old", instances=3)

    assert InstanceCountProvider().read("x", count(count=1)).outs["count"] == 3


def asset(image="ghcr.io/x/y:1"):
    return {"asset": VERSION, "properties": {"image": image, "osType": "Linux"}}


def test_a_version_is_archived_and_taken_out_again_and_never_deleted(endpoint):
    provider = AssetProvider()

    made = provider.create(asset())
    provider.delete(made.id, made.outs)
    archived = endpoint.store.need(VERSION)["properties"]["isArchived"]
    seen = provider.read(made.id, made.outs).id
    again = provider.create(asset())

    assert (archived, seen, again.id) == (True, "", VERSION)
    assert endpoint.store.need(VERSION)["properties"]["isArchived"] is False
    assert not [path for method, path in endpoint.requests if method == "DELETE"]


def test_a_version_of_a_workspace_that_is_gone_needs_nothing(azure):
    AssetProvider().delete(VERSION, asset())

    assert azure.bodies == []


def assigned(azure):
    principal = azure.store.need(IDENTITY)["properties"]["principalId"]
    role = {"principalId": principal, "roleDefinitionId": "/x", "principalType": "ServicePrincipal"}
    put(azure.url, ROLE, {"properties": role})
    return principal


def test_roles_are_waited_for_until_azure_lists_them(endpoint):
    principal = assigned(endpoint)
    endpoint.roles_show_s = 3600
    waits = []

    def pause(seconds):
        waits.append(seconds)
        endpoint.roles_show_s = 0

    with opened() as management:
        wait_for_roles(management, principal, [ROLE], pause)

    assert len(waits) == 1


def test_roles_that_are_never_listed_are_told(endpoint):
    waits = []

    with opened() as management, pytest.raises(NoPermission, match="does not list 1 roles"):
        wait_for_roles(management, "nobody", [ROLE], waits.append)

    assert sum(waits) == LIMIT_S


def test_the_rule_that_azure_makes_beside_a_component_is_deleted_with_it(endpoint):
    put(endpoint.url, f"{GROUP}/providers/Microsoft.Insights/components/c", {"location": "x"})
    rule = detection_rule(GROUP, "c")
    provider = SmartDetectionProvider()
    assert endpoint.store.get(rule) is not None

    made = provider.create({"rule": rule})
    provider.delete(made.id, made.outs)
    provider.delete(made.id, made.outs)

    assert endpoint.store.get(rule) is None
