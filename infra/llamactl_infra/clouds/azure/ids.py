"""The ids of Azure's resources, from what is declared: known before Azure has told them.

Source: the paths of Pulumi's Azure Native 3.29, which are those of the REST API, read 2026-11-23.
"""

from collections.abc import Mapping
from typing import Any

_ML = "Microsoft.MachineLearningServices/workspaces"
_INSIGHTS = "Microsoft.Insights"
_OF_ML: Mapping[str, str] = {
    "WorkspaceConnection": "connections/{connectionName}",
    "OnlineEndpoint": "onlineEndpoints/{endpointName}",
    "OnlineDeployment": "onlineEndpoints/{endpointName}/deployments/{deploymentName}",
    "Datastore": "datastores/{name}",
}
_IN_GROUP: Mapping[str, str] = {
    "operationalinsights:Workspace": "Microsoft.OperationalInsights/workspaces/{workspaceName}",
    "managedidentity:UserAssignedIdentity": (
        "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
    ),
    "storage:StorageAccount": "Microsoft.Storage/storageAccounts/{accountName}",
    "keyvault:Vault": "Microsoft.KeyVault/vaults/{vaultName}",
    "applicationinsights:Component": f"{_INSIGHTS}/components/{{resourceName}}",
    "containerregistry:Registry": "Microsoft.ContainerRegistry/registries/{registryName}",
    "machinelearningservices:Workspace": f"{_ML}/{{workspaceName}}",
    **{
        f"machinelearningservices:{kind}": f"{_ML}/{{workspaceName}}/{path}"
        for kind, path in _OF_ML.items()
    },
    "monitor:AutoscaleSetting": f"{_INSIGHTS}/autoscaleSettings/{{autoscaleSettingName}}",
    "monitor:MetricAlert": f"{_INSIGHTS}/metricAlerts/{{ruleName}}",
    "network:PrivateEndpoint": "Microsoft.Network/privateEndpoints/{privateEndpointName}",
    "network:PrivateDnsZoneGroup": (
        "Microsoft.Network/privateEndpoints/{privateEndpointName}"
        "/privateDnsZoneGroups/{privateDnsZoneGroupName}"
    ),
}
_RULES = "providers/microsoft.alertsmanagement/smartDetectorAlertRules"
ACTION_GROUP = "providers/microsoft.insights/actionGroups/Application Insights Smart Detection"
"""What Azure makes once in each resource group with Application Insights, below the group's id."""

_GROUP = "/subscriptions/{subscription}/resourceGroups/{resourceGroupName}"
_PATHS: Mapping[str, str] = {
    "resources:ResourceGroup": _GROUP,
    "authorization:RoleAssignment": (
        "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}"
    ),
    "monitor:DiagnosticSetting": (
        f"/{{resourceUri}}/providers/{_INSIGHTS}/diagnosticSettings/{{name}}"
    ),
    **{kind: f"{_GROUP}/providers/{path}" for kind, path in _IN_GROUP.items()},
}


def detection_rule(group: str, component: str) -> str:
    """Give the id of the alert rule that Azure makes beside a component of Application Insights.

    Sources: hashicorp/terraform-provider-azurerm, application_insights_resource.go; Azure Monitor,
    proactive-diagnostics; read 2026-11-30.
    """
    return f"{group}/{_RULES}/Failure Anomalies - {component}"


def id_of(token: str, inputs: Mapping[str, Any], subscription: str) -> str | None:
    """Give the id of what is declared, a type of Azure Native's; None: it cannot be told."""
    module, _, name = token.removeprefix("azure-native:").partition(":")
    path = _PATHS.get(f"{module.partition('/')[0]}:{name}")
    told = {key: each.strip("/") for key, each in inputs.items() if isinstance(each, str)}
    try:
        return path and path.format_map({**told, "subscription": subscription})
    except KeyError:
        return None
