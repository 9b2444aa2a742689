"""What Pulumi's Azure Native declares, as the request that it makes of Azure, and the answer.

Source: pulumi-azure-native 3.29, whose classes carry the names of the REST API's: what is no part
of the path and no field of every resource is one of `properties`, where that is not told itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ML = "Microsoft.MachineLearningServices"
_TOP = ("location", "tags", "identity", "sku", "kind")


@dataclass(frozen=True)
class Kind:
    """One kind: where it lies, which input is its name, and whether a name may be made."""

    path: str
    name: str
    tops: tuple[str, ...] = _TOP


def _in_group(kind: str, name: str, tops: tuple[str, ...] = _TOP) -> Kind:
    return Kind(f"{{group}}/providers/{kind}/{{{name}}}", name, tops)


def _in_workspace(kind: str, name: str) -> Kind:
    return Kind(f"{{group}}/providers/{_ML}/workspaces/{{workspaceName}}/{kind}", name)


KINDS: Mapping[str, Kind] = {
    "resources:ResourceGroup": Kind("{group}", "resourceGroupName"),
    "operationalinsights:Workspace": Kind(
        "{group}/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}",
        "workspaceName",
        ("location", "tags", "identity"),
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
    "machinelearningservices:EnvironmentContainer": _in_workspace("environments/{name}", "name"),
    "machinelearningservices:EnvironmentVersion": _in_workspace(
        "environments/{name}/versions/{version}", "version"
    ),
    "machinelearningservices:ModelContainer": _in_workspace("models/{name}", "name"),
    "machinelearningservices:ModelVersion": _in_workspace(
        "models/{name}/versions/{version}", "version"
    ),
    "authorization:RoleAssignment": Kind(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        "roleAssignmentName",
        (),
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
# What makes another resource of one: where and what it is. Source: the provider's schema.
_ALWAYS_REPLACES = ("resourceGroupName", "workspaceName", "endpointName", "location", "scope")
_IN_PLACE = ("tags", "properties", "sku", "identity")
_IMMUTABLE = {
    "machinelearningservices:EnvironmentVersion": ("properties",),
    "machinelearningservices:ModelVersion": ("properties",),
    "machinelearningservices:Workspace": ("storageAccount", "keyVault"),
    "authorization:RoleAssignment": ("principalId", "roleDefinitionId"),
}


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
    in_path = {part.partition("}")[0] for part in kind.path.split("{")[1:]} | {"resourceGroupName"}
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
    if "properties" in inputs:
        both = {**inputs["properties"], **properties}
        both.pop("credentials", None)
        return {**given, **told, "properties": both}
    return {**given, **told, **properties}


def replaces(token: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """Give what of a change makes another resource."""
    kind = KINDS[kind_of(token)]
    names = {kind.name, *_ALWAYS_REPLACES, *_IMMUTABLE.get(kind_of(token), ())}
    return sorted(name for name in names if olds.get(name) != news.get(name))


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
