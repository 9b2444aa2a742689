"""What Azure and Azure ML ask of each resource, beyond the shape of its body.

Sources: MicrosoftDocs/azure-ai-docs, how-to-manage-quotas, concept-endpoints-online-auth,
how-to-safely-rollout-online-endpoints, reference-yaml-deployment-managed-online; read 2026-11-22.
What each further rule was read from is said where it is; tests/standins/README.md has all of them.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from standins.azure.bodies import changed_for_good
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
_DEPLOYMENT = "workspaces/onlineendpoints/deployments"
_ENDPOINT = "workspaces/onlineendpoints"
# Source: azure-ai-ml 1.35.2 and the ml extension of az have "archive" and no "delete" for both;
# Azure/azure-cli issue 21957; Azure/azure-powershell issue 24018. Whether the service itself takes
# the DELETE is not verified, so that it is refused here.
_NOT_DELETABLE = (
    "workspaces/environments",
    "workspaces/environments/versions",
    "workspaces/models",
    "workspaces/models/versions",
)
# Source: Azure/azureml-examples, cli/deploy-rest.sh; Azure/azure-cli-extensions issue 3580: another
# address ends in "a Datastore ID error".
_MODEL_URI = re.compile(
    r"azureml:/(/subscriptions/[^/]+/resourcegroups/[^/]+)/(workspaces/[^/]+/datastores/[^/]+)"
    r"/paths(/.*)?",
    re.IGNORECASE,
)
# Source: Azure Resource Manager, async-operations; the code and its text are those that Azure ML
# gives. Which other resources an operation blocks is not known: none is.
_AT_WORK = ("Creating", "Updating", "Scaling", "Deleting")


def check(store: Store, path: str, kind: str, body: dict[str, Any]) -> None:
    """Refuse what Azure would refuse at once."""
    # An asset's container comes with its first version: server.py says by which source.
    parent = parent_of(path.rpartition("/versions/")[0] or path)
    if parent is not None and store.get(parent) is None:
        what = "ResourceGroupNotFound" if parent.count("/") == 4 else "ParentResourceNotFound"
        raise Refused(404, what, f"'{parent}' could not be found.")
    if kind.lower() in SOFT_DELETED and path.lower() in store.held_names:
        raise Refused(409, "Conflict", f"'{path}' is soft-deleted; recover or purge it.")
    own = (ml_kind(path) or "").lower()
    before = store.get(path)
    if before is not None:
        refuse_at_work(own, before)
        kept = changed_for_good(own, before, body)
        if kept:
            raise Refused(400, "BadArgument", f"{', '.join(kept)} of {path} cannot be changed.")
    match own:
        case "workspaces":
            _workspace(store, body)
        case "workspaces/onlineendpoints":
            _endpoint(store, path, body)
        case "workspaces/onlineendpoints/deployments":
            _deployment(store, path, body)
        case "workspaces/models/versions":
            _model(store, path, body)
    if kind.lower() == "microsoft.authorization/roleassignments":
        _role(store, path, body)


def check_delete(store: Store, path: str) -> None:
    """Refuse to delete what is in use, what is at work, and what Azure only archives."""
    own = (ml_kind(path) or "").lower()
    if own in _NOT_DELETABLE:
        said = f"{path} cannot be deleted; archive it."
        raise Refused(405, "MethodNotAllowed", said)
    refuse_at_work(own, store.need(path))
    if own != _DEPLOYMENT:
        return
    endpoint = store.get(path.rsplit("/", 2)[0]) or {"properties": {}}
    traffic = endpoint["properties"].get("traffic") or {}
    name = path.rpartition("/")[2].lower()
    if any(share for each, share in traffic.items() if each.lower() == name):
        raise Refused(400, "BadRequest", f"Cannot delete deployment {name}: it has traffic.")


def refuse_at_work(own: str, before: dict[str, Any]) -> None:
    """Refuse a change of an endpoint or a deployment that another change is under way on."""
    state = before["properties"].get("provisioningState")
    if own in (_ENDPOINT, _DEPLOYMENT) and state in _AT_WORK:
        said = "There is already an operation in progress for this resource."
        raise Refused(409, "Conflict", said)


def late_refusal(
    store: Store, path: str, body: dict[str, Any], limits: dict[str, int], roles_take_s: float = 0
) -> Refused | None:
    """Say why a deployment that was taken comes to nothing; None: it does not.

    A role counts `roles_take_s` after it was assigned. Source: Azure RBAC, troubleshooting: a
    change may take up to 10 minutes to take effect.
    """
    if (ml_kind(path) or "").lower() != _DEPLOYMENT:
        return None
    properties, endpoint = body["properties"], store.need(path.rsplit("/", 2)[0])
    principals = _principals(store, endpoint)
    image = store.need(properties["environmentId"])["properties"]["image"]
    since = datetime.now(UTC) - timedelta(seconds=roles_take_s)
    if ".azurecr.io/" in image and not _may(store, principals, ACR_PULL, "/registries/", since):
        # Source: aml-docs, how-to-troubleshoot-online-endpoints, "Container image download".
        said = "Unable to download user container image: authorization error, ImagePullFailure"
        return Refused(400, "BadArgument", f"{said}; the identity may not pull the image")
    account = _account_of(store, properties.get("model", ""))
    if account is not None and not _may(store, principals, BLOB_READER, account, since):
        # Source: the same page, "Authorization error".
        return Refused(400, "BadArgument", "AuthorizationPermissionMismatch: no right on the blobs")
    secrets = [each for each in properties["environmentVariables"].values() if "${{" in each]
    if secrets and not _may(store, principals, SECRETS_READER, "/workspaces/", since):
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
    store.need(properties["environmentId"])
    if properties.get("model", "").startswith("/"):
        store.need(properties["model"])
    timeout = properties.get("requestSettings", {}).get("requestTimeout", "PT5S")
    if int(timeout.removeprefix("PT").removesuffix("S")) > 180:
        raise Refused(400, "BadArgument", f"Request timeout {timeout} is above PT180S.")
    if not 1 <= body["sku"]["capacity"] <= 50:
        raise Refused(400, "BadArgument", "Instance count must be 1 to 50.")


def _model(store: Store, path: str, body: dict[str, Any]) -> None:
    uri = body["properties"].get("modelUri", "")
    found = _MODEL_URI.fullmatch(uri)
    if found is None:
        raise Refused(400, "ValidationError", f"{uri} is being returned a Datastore ID error.")
    group, rest = found.groups()[:2]
    place = f"{group}/providers/Microsoft.MachineLearningServices/{rest}"
    if store.get(place) is None:
        raise Refused(400, "ValidationError", f"The datastore {place} was not found.")


def _account_of(store: Store, model: str) -> str | None:
    """Give the storage account that a model's files are in, as scopes of roles end."""
    if not model.startswith("/"):
        return None
    found = _MODEL_URI.fullmatch(store.need(model)["properties"]["modelUri"])
    assert found is not None
    place = f"{found[1]}/providers/Microsoft.MachineLearningServices/{found[2]}"
    return f"/storageaccounts/{store.need(place)['properties']['accountName']}/"


def _role(store: Store, path: str, body: dict[str, Any]) -> None:
    known = {
        each["properties"].get("principalId")
        for each in store.of_kind("Microsoft.ManagedIdentity/userAssignedIdentities")
    } | {each.get("identity", {}).get("principalId") for each in store.resources.values()}
    if body["properties"]["principalId"] not in known:
        raise Refused(400, "PrincipalNotFound", "The principal does not exist in the directory.")


def _principals(store: Store, endpoint: dict[str, Any]) -> set[str]:
    told = endpoint.get("identity", {}).get("userAssignedIdentities", {})
    return {store.need(each)["properties"]["principalId"] for each in told}


def _may(store: Store, principals: set[str], role: str, on: str, since: datetime) -> bool:
    for each in store.of_kind("Microsoft.Authorization/roleAssignments"):
        told = each["properties"]
        scope = each["id"].lower().partition("/providers/microsoft.authorization")[0]
        is_role = told["roleDefinitionId"].lower().endswith(role)
        counts = datetime.fromisoformat(each["systemData"]["createdAt"]) <= since
        if told["principalId"] in principals and is_role and f"{on.lower()}" in f"{scope}/":
            return counts
    return False
