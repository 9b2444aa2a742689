"""An endpoint in Azure's stand-in, with deployments, made by hand."""

from standins.azure import SUBSCRIPTION, Azure
from standins.azure.asking import put

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/w"
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/chat"
SIZE = "Standard_NC24ads_A100_v4"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"


def make_endpoint(azure: Azure) -> None:
    """Make an endpoint, with an environment beside it, and no deployment."""
    put(azure.url, GROUP, {"location": "x"})
    put(azure.url, WORKSPACE, {"location": "x", "properties": {}})
    put(azure.url, IDENTITY, {"location": "x", "properties": {}})
    image = {"properties": {"image": "ghcr.io/x/y:1"}}
    put(azure.url, f"{WORKSPACE}/environments/e/versions/1", image)
    body = {
        "location": "x",
        "tags": {"a": "b"},
        "kind": "Managed",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {"authMode": "Key", "description": "d", "publicNetworkAccess": "Enabled"},
    }
    put(azure.url, ENDPOINT, body)


def add_deployment(azure: Azure, name: str, instances: int = 1, **changes: object) -> None:
    """Make a deployment; `changes` are of its properties."""
    properties = {
        "endpointComputeType": "Managed",
        "instanceType": SIZE,
        "environmentId": f"{WORKSPACE}/environments/e/versions/1",
        "environmentVariables": {},
        **changes,
    }
    sku = {"name": "Default", "capacity": instances}
    body = {"location": "x", "sku": sku, "properties": properties}
    put(azure.url, f"{ENDPOINT}/deployments/{name}", body)
