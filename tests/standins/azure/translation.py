"""What Pulumi's Azure Native declares, as the request that it makes of Azure, and the answer.

Source: pulumi-azure-native 3.29, whose classes carry the names of the REST API's: what is no part
of the path and no field of every resource is one of `properties`, where that is not told itself.
What makes another resource of one: every part of its path, and what the REST API sets at creation
alone (diff.go, calculateChangesAndReplacements).
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from standins.azure.bodies import changed_for_good
from standins.azure.store import ml_kind

_ML = "Microsoft.MachineLearningServices"
_TOP = ("location", "tags", "identity", "sku", "kind")


@dataclass(frozen=True)
class Kind:
    """One kind: where it lies, which input is its name, and how a name is made of none."""

    path: str
    name: str
    tops: tuple[str, ...] = _TOP
    auto_name: Literal["random", "copy"] = "copy"

    @property
    def in_path(self) -> set[str]:
        """The inputs that are parts of the path."""
        fields = {part.partition("}")[0] for part in self.path.split("{")[1:]}
        return {"resourceGroupName" if each == "group" else each for each in fields}


def _in_group(kind: str, name: str, tops: tuple[str, ...] = _TOP) -> Kind:
    return Kind(f"{{group}}/providers/{kind}/{{{name}}}", name, tops, "random")


def _in_workspace(kind: str, name: str) -> Kind:
    return Kind(f"{{group}}/providers/{_ML}/workspaces/{{workspaceName}}/{kind}", name)


KINDS: Mapping[str, Kind] = {
    "resources:ResourceGroup": Kind("{group}", "resourceGroupName"),
    "operationalinsights:Workspace": Kind(
        "{group}/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}",
        "workspaceName",
        ("location", "tags", "identity"),
        "random",
    ),
    "managedidentity:UserAssignedIdentity": _in_group(
        "Microsoft.ManagedIdentity/userAssignedIdentities", "resourceName"
    ),
    "storage:StorageAccount": _in_group("Microsoft.Storage/storageAccounts", "accountName"),
    "keyvault:Vault": _in_group("Microsoft.KeyVault/vaults", "vaultName", ("location", "tags")),
    "applicationinsights:Component": _in_group("Microsoft.Insights/components", "resourceName"),
    "containerregistry:Registry": _in_group(
        "Microsoft.ContainerRegistry/registries", "registryName"
    ),
    "machinelearningservices:Workspace": _in_group(f"{_ML}/workspaces", "workspaceName"),
    "machinelearningservices:WorkspaceConnection": _in_workspace(
        "connections/{connectionName}", "connectionName"
    ),
    "machinelearningservices:OnlineEndpoint": _in_workspace(
        "onlineEndpoints/{endpointName}", "endpointName"
    ),
    "machinelearningservices:OnlineDeployment": _in_workspace(
        "onlineEndpoints/{endpointName}/deployments/{deploymentName}", "deploymentName"
    ),
    "machinelearningservices:Datastore": _in_workspace("datastores/{name}", "name"),
    "authorization:RoleAssignment": Kind(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        "roleAssignmentName",
        (),
        "random",
    ),
    "monitor:AutoscaleSetting": _in_group(
        "Microsoft.Insights/autoscaleSettings", "autoscaleSettingName", ("location", "tags")
    ),
    "monitor:MetricAlert": _in_group(
        "Microsoft.Insights/metricAlerts", "ruleName", ("location", "tags")
    ),
    "monitor:DiagnosticSetting": Kind(
        "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}", "name", ()
    ),
    "network:PrivateEndpoint": _in_group(
        "Microsoft.Network/privateEndpoints", "privateEndpointName", ("location", "tags")
    ),
    "network:PrivateDnsZoneGroup": Kind(
        "{group}/providers/Microsoft.Network/privateEndpoints/{privateEndpointName}"
        "/privateDnsZoneGroups/{privateDnsZoneGroupName}",
        "privateDnsZoneGroupName",
        (),
    ),
}
# Beyond what the service's own models say. Sources: Azure Machine Learning, workspaces: neither can
# be changed; Azure RBAC, role-assignments-rest: an assignment is made and deleted, never changed.
_SET_ONCE = {
    "machinelearningservices:Workspace": ("storageAccount", "keyVault"),
    "authorization:RoleAssignment": ("principalId", "roleDefinitionId", "principalType"),
}
# What Azure says of a resource and takes from nobody.
_READ_ONLY = frozenset({
    "provisioningState", "scoringUri", "swaggerUri", "principalId", "tenantId", "clientId",
    "id", "name", "type", "systemData", "isDefault",
})  # fmt: skip


def is_known(token: str) -> bool:
    """Say whether it is a kind that the stand-in has the rules of."""
    return token.rpartition("$")[2].startswith("azure-native:") and kind_of(token) in KINDS


def kind_of(token: str) -> str:
    """Give the kind of azure-native:machinelearningservices:OnlineEndpoint, with any version."""
    _, module, name = token.rpartition("$")[2].split(":")
    return f"{module.partition('/')[0]}:{name}"


def path_of(token: str, inputs: Mapping[str, Any], subscription: str) -> str:
    """Give the id of a resource."""
    group = f"/subscriptions/{subscription}/resourceGroups/{inputs.get('resourceGroupName')}"
    values = {name: value for name, value in inputs.items() if isinstance(value, str)}
    return KINDS[kind_of(token)].path.format(group=group, **values)


def body_of(token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Give the body of the request that makes a resource."""
    kind = KINDS[kind_of(token)]
    given = {name: whole(value) for name, value in inputs.items() if value is not None}
    in_path = kind.in_path | {"resourceGroupName"}
    body = {name: given.pop(name) for name in kind.tops if name in given}
    body |= _identity_of(inputs) if "identity" in kind.tops else {}
    others = {
        name: value for name, value in given.items() if name not in in_path and name != "__defaults"
    }
    if kind_of(token) == "resources:ResourceGroup":
        return body
    properties = others.pop("properties", None)
    return {**body, "properties": others if properties is None else properties}


def outputs_of(inputs: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Give a resource's outputs: its inputs, under what the answer says, as flat as declared.

    Azure tells no credentials.
    """
    told = {name: value for name, value in answer.items() if name not in ("properties", "identity")}
    properties = answer.get("properties", {})
    given = {**inputs, **_identity_of(inputs)}
    who = answer.get("identity", {}).get("principalId")
    if who is not None:
        given["identity"] = {**given.get("identity", {}), "principalId": who}
    if "properties" in inputs:
        both = {**inputs["properties"], **properties}
        both.pop("credentials", None)
        return {**given, **told, "properties": both}
    return {**given, **told, **properties}


def replaces(token: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """Give what of a change makes another resource."""
    kind = KINDS[kind_of(token)]
    names = {*kind.in_path, "location", *_SET_ONCE.get(kind_of(token), ())}
    found = {name for name in names if olds.get(name) != news.get(name)}
    service = ml_kind(path_of(token, {**_PARTS, **news}, "s"))
    if service is not None:
        for each in changed_for_good(service, body_of(token, olds), body_of(token, news)):
            top, _, rest = each.partition(".")
            found.add(rest.partition(".")[0] if top not in news else top)
    return sorted(found)


_PARTS = {
    "workspaceName": "w", "endpointName": "e", "deploymentName": "d", "scope": "/s",
    "resourceUri": "/r", "privateEndpointName": "p",
}  # fmt: skip


def followed(
    token: str, inputs: dict[str, Any], before: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """Give the inputs with what changed between two answers of Azure's: a refresh does so."""
    told = copy.deepcopy(inputs)
    names = (set(KINDS[kind_of(token)].tops) | {"properties", *inputs}) - {"identity"}
    _follow(
        told, {each: before.get(each) for each in names}, {each: now.get(each) for each in names}
    )
    return told


def _follow(told: dict[str, Any], before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name in {*before, *now} - _READ_ONLY:
        old, new = whole(before.get(name)), whole(now.get(name))
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and isinstance(told.get(name, {}), dict):
            _follow(told.setdefault(name, {}), old, new)
        elif new is None:
            told.pop(name, None)
        else:
            told[name] = new


def whole(value: Any) -> Any:
    """Give numbers as the REST API has them: the engine knows fractions alone."""
    match value:
        case dict():
            return {name: whole(each) for name, each in value.items() if each is not None}
        case list():
            return [whole(each) for each in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _identity_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Give the identity as the REST API has it: who is assigned, by id."""
    told = inputs.get("identity")
    if not isinstance(told, Mapping) or not told.get("userAssignedIdentities"):
        return {}
    return {
        "identity": {
            **told,
            "userAssignedIdentities": {each: {} for each in told["userAssignedIdentities"]},
        }
    }
