"""A subscription in Azure's stand-in, and llamactl's eyes on it, for the tests of this folder."""

import copy

import pytest

from infra.azure_ml.specs import ACCOUNT, REGISTRY, STAGED
from llamactl_infra.clouds.azure.names import deployment_name, endpoint_name
from llamactl_infra.live.azure.cloud import LiveAzure
from standins.azure import SUBSCRIPTION, Azure
from standins.azure.asking import put
from standins.chat_server import ChatServer

SPEC = STAGED
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/llamas"
SHARED = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared"
DEPLOYMENT = deployment_name(SPEC)


@pytest.fixture
def azure():
    """A subscription that has a group with a registry and a storage account, and no deployment."""
    with Azure() as cloud:
        put(cloud.url, SHARED, {"location": "westeurope"})
        for each in (REGISTRY, ACCOUNT):
            put(cloud.url, each, {"location": "westeurope", "properties": {}})
        yield cloud
        assert cloud.problems == []


@pytest.fixture(scope="session")
def declared():
    """What the program makes of the spec in a subscription: its resources."""
    pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
    from infra.azure_ml.declaring import Creating, run

    with pytest.MonkeyPatch.context() as patch, ChatServer() as engine, Azure(engine.url) as cloud:
        for name, value in cloud.environment.items():
            patch.setenv(name, value)
        put(cloud.url, SHARED, {"location": "westeurope"})
        for each in (REGISTRY, ACCOUNT):
            put(cloud.url, each, {"location": "westeurope", "properties": {}})
        run(SPEC, Creating(cloud), lambda _outputs: None)
        return cloud.store.resources


@pytest.fixture
def deployed(azure, declared):
    """The same subscription, in which the spec is deployed."""
    azure.store.resources.update(copy.deepcopy(declared))
    return azure


@pytest.fixture
def environment(azure, tmp_path):
    """The variables that lead to the subscription, and to no other sign-in."""
    return {**azure.environment, "HOME": str(tmp_path)}


@pytest.fixture
def live(environment):
    """llamactl's eyes; it waits for nothing."""
    return LiveAzure(environment, pause=lambda _s: None)


@pytest.fixture
def endpoint(deployed):
    """The endpoint that is deployed, as it is kept: a test may change it."""
    (found,) = deployed.endpoints()
    assert found["name"] == endpoint_name(SPEC)
    return found


@pytest.fixture
def deployment(deployed, endpoint):
    """Its deployment, as it is kept: a test may change it."""
    return deployed.store.need(f"{endpoint['id']}/deployments/{DEPLOYMENT}")
