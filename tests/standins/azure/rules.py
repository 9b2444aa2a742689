"""What Azure and Azure ML ask of each resource, beyond the shape of its body.

Sources: MicrosoftDocs/azure-ai-docs, how-to-manage-quotas, concept-endpoints-online-auth,
how-to-safely-rollout-online-endpoints, reference-yaml-deployment-managed-online; read 2026-11-22.
"""

import re
from typing import Any

from standins.azure.store import Refused, Store, ml_kind, parent_of

NAME = re.compile(r"(?=.{3,32}$)[a-zA-Z](-?[a-zA-Z0-9])*")
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
SECRETS_READER = "ea01e6af-a1c1-4350-9563-ad00f8c72ec5"
# vCPUs, family, and whether 20 % more of it must be free. Source: how-to-manage-quotas and
# reference-managed-online-endpoints-vm-sku-list.
SIZES = {
    "Standard_NC24ads_A100_v4": (24, "standardNCADSA100v4Family", True),
    "Standard_NC48ads_A100_v4": (48, "standardNCADSA100v4Family", True),
    "Standard_NC96ads_A100_v4": (96, "standardNCADSA100v4Family", True),
    "Standard_NC40ads_H100_v5": (40, "standardNCADSH100v5Family", True),
    "Standard_NC80adis_H100_v5": (80, "standardNCADSH100v5Family", True),
    "Standard_NV36ads_A10_v5": (36, "standardNVADSA10v5Family", False),
    "Standard_NV72ads_A10_v5": (72, "standardNVADSA10v5Family", False),
}
SOFT_DELETED = ("microsoft.keyvault/vaults", "microsoft.machinelearningservices/workspaces")


def check(store: Store, path: str, kind: str, body: dict[str, Any]) -> None:
    """Refuse what Azure would refuse at once."""
    parent = parent_of(path)
    if parent is not None and store.get(parent) is None:
        what = "ResourceGroupNotFound" if parent.count("/") == 4 else "ParentResourceNotFound"
        raise Refused(404, what, f"'{parent}' could not be found.")
    if kind.lower() in SOFT_DELETED and path.lower() in store.held_names:
        raise Refused(409, "Conflict", f"'{path}' is soft-deleted; recover or purge it.")
    match (ml_kind(path) or "").lower():
        case "workspaces":
            _workspace(store, body)
        case "workspaces/onlineendpoints":
            _endpoint(store, path, body)
        case "workspaces/onlineendpoints/deployments":
            _deployment(store, path, body)
    if kind.lower() == "microsoft.authorization/roleassignments":
        _role(store, path, body)


def check_delete(store: Store, path: str) -> None:
    """Refuse to delete what is in use."""
    if (ml_kind(path) or "").lower() != "workspaces/onlineendpoints/deployments":
        return
    endpoint = store.get(path.rsplit("/", 2)[0]) or {"properties": {}}
    traffic = endpoint["properties"].get("traffic") or {}
    name = path.rpartition("/")[2].lower()
    if any(share for each, share in traffic.items() if each.lower() == name):
        raise Refused(400, "BadRequest", f"Cannot delete deployment {name}: it has traffic.")


def late_refusal(
    store: Store, path: str, body: dict[str, Any], limits: dict[str, int]
) -> Refused | None:
    """Say why a deployment that was taken comes to nothing; None: it does not."""
    if (ml_kind(path) or "").lower() != "workspaces/onlineendpoints/deployments":
        return None
    properties, endpoint = body["properties"], store.need(path.rsplit("/", 2)[0])
    principals = _principals(store, endpoint)
    image = store.need(properties["environmentId"])["properties"]["image"]
    if ".azurecr.io/" in image and not _may(store, principals, ACR_PULL, "registries"):
        return Refused(400, "BadArgument", "ImagePullFailure: the identity may not pull the image")
    if properties.get("model", "").startswith("/") and not _may(
        store, principals, BLOB_READER, "storageaccounts"
    ):
        return Refused(400, "BadArgument", "AuthorizationPermissionMismatch: no right on the blobs")
    secrets = [each for each in properties["environmentVariables"].values() if "${{" in each]
    if secrets and not _may(store, principals, SECRETS_READER, "workspaces"):
        return Refused(400, "SecretsInjectionError", "the identity may not read the connection")
    return _quota(store, path, body, limits)


def used_vcpus(store: Store, family: str, but: str = "") -> int:
    """Count what deployments have of a family's cores."""
    total = 0
    for each in store.of_kind(
        "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
    ):
        vcpus, own, _ = SIZES[each["properties"]["instanceType"]]
        failed = each["properties"]["provisioningState"] == "Failed"
        if own == family and each["id"].lower() != but.lower() and not failed:
            total += vcpus * each["sku"]["capacity"]
    return total


def _quota(store: Store, path: str, body: dict[str, Any], limits: dict[str, int]) -> Refused | None:
    vcpus, family, is_exempt = SIZES[body["properties"]["instanceType"]]
    count = body["sku"]["capacity"]
    needed = vcpus * (count if is_exempt else -(-count * 12 // 10))
    used, limit = used_vcpus(store, family, path), limits.get(family, 0)
    if used + needed > limit:
        said = f"Not enough quota available for {family}. Current usage/limit: {used}/{limit}."
        return Refused(400, "OutOfQuota", f"{said} Additional needed: {needed}")
    return None


def _workspace(store: Store, body: dict[str, Any]) -> None:
    for name in ("storageAccount", "keyVault", "applicationInsights", "containerRegistry"):
        told = body["properties"].get(name)
        if told is not None and store.get(told) is None:
            raise Refused(400, "ValidationError", f"{name} {told} does not exist.")


def _endpoint(store: Store, path: str, body: dict[str, Any]) -> None:
    name = path.rpartition("/")[2]
    if not NAME.fullmatch(name):
        raise Refused(400, "ValidationError", f"'{name}' is no name of an endpoint.")
    for each in body.get("identity", {}).get("userAssignedIdentities", {}):
        store.need(each)
    traffic = body["properties"].get("traffic") or {}
    if sum(traffic.values()) not in (0, 100):
        raise Refused(400, "ValidationError", "Traffic must sum to 0 or 100.")
    for each in traffic:
        if store.get(f"{path}/deployments/{each}") is None:
            raise Refused(400, "ValidationError", f"Traffic names deployment {each}: not found.")


def _deployment(store: Store, path: str, body: dict[str, Any]) -> None:
    name, properties = path.rpartition("/")[2], body["properties"]
    if not NAME.fullmatch(name):
        raise Refused(400, "ValidationError", f"'{name}' is no name of a deployment.")
    if properties["instanceType"] not in SIZES:
        raise Refused(400, "BadArgument", f"{properties['instanceType']} is not supported.")
    before = store.get(path)
    if before and before["properties"]["instanceType"] != properties["instanceType"]:
        raise Refused(400, "BadArgument", "The instance type of a deployment cannot be changed.")
    store.need(properties["environmentId"])
    if properties.get("model", "").startswith("/"):
        store.need(properties["model"])
    timeout = properties.get("requestSettings", {}).get("requestTimeout", "PT5S")
    if int(timeout.removeprefix("PT").removesuffix("S")) > 180:
        raise Refused(400, "BadArgument", f"Request timeout {timeout} is above PT180S.")
    if not 1 <= body["sku"]["capacity"] <= 50:
        raise Refused(400, "BadArgument", "Instance count must be 1 to 50.")


def _role(store: Store, path: str, body: dict[str, Any]) -> None:
    known = {
        each["properties"].get("principalId")
        for each in store.of_kind("Microsoft.ManagedIdentity/userAssignedIdentities")
    }
    if body["properties"]["principalId"] not in known:
        raise Refused(400, "PrincipalNotFound", "The principal does not exist in the directory.")


def _principals(store: Store, endpoint: dict[str, Any]) -> set[str]:
    told = endpoint.get("identity", {}).get("userAssignedIdentities", {})
    return {store.need(each)["properties"]["principalId"] for each in told}


def _may(store: Store, principals: set[str], role: str, on: str) -> bool:
    for each in store.of_kind("Microsoft.Authorization/roleAssignments"):
        told = each["properties"]
        scope = each["id"].lower().partition("/providers/microsoft.authorization")[0]
        is_role = told["roleDefinitionId"].lower().endswith(role)
        if told["principalId"] in principals and is_role and f"/{on.lower()}/" in scope:
            return True
    return False
