"""What whoever deploys must be allowed to do, action by action: the docs and the checks share it.

Names of actions: Azure RBAC, resource provider operations, read 2026-11-22.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llamactl_infra.clouds.azure.asked import own_of
from llamactl_infra.spec import Spec

_ML = "Microsoft.MachineLearningServices"
_WORKSPACES = f"{_ML}/workspaces"
_ROLES = "Microsoft.Authorization/roleAssignments"
_CRUD = ("read", "write", "delete")


def _each(kind: str, *verbs: str) -> tuple[str, ...]:
    return tuple(f"{kind}/{verb}" for verb in verbs or _CRUD)


LOOKS = (
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Resources/subscriptions/providers/read",
    "Microsoft.Resources/subscriptions/resourceGroups/resources/read",
    "Microsoft.Authorization/permissions/read",
    f"{_ML}/locations/*/read",
    "Microsoft.KeyVault/locations/deletedVaults/read",
)
"""What only checks ask for: without one of them, what it tells is unknown."""

GROUP = _each("Microsoft.Resources/subscriptions/resourceGroups", "write", "delete")
COMPANIONS = (
    *_each(_WORKSPACES, "write", "delete"),
    *_each("Microsoft.Storage/storageAccounts"),
    *_each("Microsoft.KeyVault/vaults"),
    *_each("Microsoft.Insights/components"),
)
SMART_DETECTION = (
    *_each("Microsoft.AlertsManagement/smartDetectorAlertRules", "read", "delete"),
    "Microsoft.Insights/actionGroups/read",
)
"""Of what Azure makes beside Application Insights in a resource group that stays."""

REGISTRY = _each("Microsoft.ContainerRegistry/registries")
ALWAYS = (
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    f"{_WORKSPACES}/read",
    f"{_WORKSPACES}/environments/*",
    f"{_WORKSPACES}/onlineEndpoints/*",
    *_each("Microsoft.ManagedIdentity/userAssignedIdentities"),
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    *_each(_ROLES),
    *_each("Microsoft.Insights/diagnosticSettings"),
    "Microsoft.OperationalInsights/workspaces/*",
)
MODELS = (f"{_WORKSPACES}/models/*", f"{_WORKSPACES}/datastores/*")
CONNECTIONS = (f"{_WORKSPACES}/connections/*",)
SCALING = _each("Microsoft.Insights/autoscaleSettings")
ALERTS = _each("Microsoft.Insights/metricAlerts")
PRIVATE = (
    *_each("Microsoft.Network/privateEndpoints"),
    *_each("Microsoft.Network/privateEndpoints/privateDnsZoneGroups"),
    f"{_WORKSPACES}/privateEndpointConnectionsApproval/action",
)
SUBNET = ("Microsoft.Network/virtualNetworks/subnets/join/action",)
ZONES = ("Microsoft.Network/privateDnsZones/join/action",)

EVERY = tuple(
    sorted(
        {
            *LOOKS,
            *ALWAYS,
            *GROUP,
            *COMPANIONS,
            *SMART_DETECTION,
            *REGISTRY,
            *MODELS,
            *CONNECTIONS,
            *SCALING,
            *ALERTS,
            *PRIVATE,
            *SUBNET,
            *ZONES,
        }
    )
)
"""All that any spec asks for, as a custom role lists it."""

# What stands for all actions below a resource, where these are told one by one.
_TRIED = ("read", "write", "delete")


@dataclass(frozen=True, slots=True)
class Permission:
    """What one role gives, as Azure lists it: patterns, and those that they are without."""

    actions: tuple[str, ...]
    but: tuple[str, ...]


def needed(spec: Spec) -> Mapping[str, tuple[str, ...]]:
    """Give the actions that the program of a spec needs, by the resource id that they are on."""
    own = own_of(spec)
    place = scope(spec)
    group_made = not own.resource_group_given and own.workspace is None
    main = [*ALWAYS, *(GROUP if group_made else ()), *(SCALING if spec.capacity.is_scaled else ())]
    main += ALERTS if spec.alarms else ()
    main += COMPANIONS if own.workspace is None else ()
    if own.workspace is None and own.resource_group_given:
        main += SMART_DETECTION
    if own.workspace is None and own.container_registry is None:
        main += REGISTRY
    main += CONNECTIONS if spec.hub_token is not None else ()
    main += MODELS if spec.weights_uri is not None and own.model_asset is None else ()
    main += PRIVATE if own.private_subnet is not None else ()
    found: dict[str, tuple[str, ...]] = {place: tuple(dict.fromkeys(main))}
    elsewhere = [(each, _each(_ROLES)) for each in (own.container_registry, own.storage_account)]
    elsewhere += [(own.private_subnet, SUBNET), *((each, ZONES) for each in own.private_dns_zones)]
    for resource, actions in elsewhere:
        if resource is not None and not _within(resource, place):
            found[resource] = (*found.get(resource, ()), *actions)
    return found


def scope(spec: Spec) -> str:
    """Give where the deployment's resources are made: a group that is given, or a subscription."""
    own = own_of(spec)
    subscription = f"/subscriptions/{own.subscription}"
    if own.resource_group_given or own.workspace is not None:
        return f"{subscription}/resourceGroups/{own.resource_group}"
    return subscription


def read_permissions(told: Iterable[Mapping[str, Any]]) -> tuple[Permission, ...]:
    """Read the list that Azure gives of a resource: one entry a role."""
    return tuple(
        Permission(tuple(each.get("actions") or ()), tuple(each.get("notActions") or ()))
        for each in told
    )


def missing(asked: Iterable[str], given: Sequence[Permission]) -> tuple[str, ...]:
    """Give the actions that no role gives.

    What a role leaves out another may give: `notActions` is no denial. Source: Azure RBAC,
    role-definitions, read 2026-11-22. Deny assignments are not listed there.
    """
    return tuple(
        each
        for each in asked
        if not all(any(_gives(role, one) for role in given) for one in _concrete(each))
    )


def _gives(role: Permission, action: str) -> bool:
    return _any_fits(role.actions, action) and not _any_fits(role.but, action)


def _any_fits(patterns: Iterable[str], action: str) -> bool:
    return any(
        re.fullmatch(re.escape(each).replace(r"\*", ".*"), action, re.IGNORECASE)
        for each in patterns
    )


def _concrete(action: str) -> list[str]:
    start, star, _ = action.rpartition("/*")
    return [f"{start}/{verb}" for verb in _TRIED] if star and action.endswith("/*") else [action]


def _within(resource: str, place: str) -> bool:
    return f"{resource}/".lower().startswith(f"{place}/".lower())
