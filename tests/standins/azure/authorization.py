"""What Azure RBAC asks of each request: the actions, by the resource provider operations' names.

Sources: Azure RBAC, "Azure resource provider operations" (read, write, delete and the actions of
each type); Azure Resource Manager, "Linked access checks" (assigning an identity, joining a subnet
or a zone); Azure Machine Learning, "How to configure private link" (approval of an endpoint).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from standins.azure.store import kind_of

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_ML = "Microsoft.MachineLearningServices"
_ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
_JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
_JOIN_ZONE = "Microsoft.Network/privateDnsZones/join/action"
_APPROVE = f"{_ML}/workspaces/privateEndpointConnectionsApproval/action"
_IN_SUBSCRIPTION = {
    r"/subscriptions(/[^/]+)?": "Microsoft.Resources/subscriptions/read",
    r"/subscriptions/[^/]+/providers/[^/]+": "Microsoft.Resources/subscriptions/providers/read",
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/resources": (
        "Microsoft.Resources/subscriptions/resourceGroups/resources/read"
    ),
}
_GROUP = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+", re.IGNORECASE)
_LOCATION = re.compile(
    r"/subscriptions/[^/]+/providers/([\w.]+)/locations/[^/]+/(\w+)(?:/[^/]+)?", re.IGNORECASE
)


def actions(method: str, path: str, body: Any) -> list[str]:
    """Name every action that a request needs."""
    for pattern, action in _IN_SUBSCRIPTION.items():
        if re.fullmatch(pattern, path.rstrip("/"), re.IGNORECASE):
            return [action]
    location = _LOCATION.fullmatch(path)
    if location is not None:
        return [f"{location[1]}/locations/{location[2]}/read"]
    if _GROUP.fullmatch(path):
        return [f"Microsoft.Resources/subscriptions/resourceGroups/{_VERBS[method]}"]
    if method == "POST":
        resource, _, action = path.rpartition("/")
        return [f"{kind_of(resource)}/{action}/action"]
    kind = kind_of(path)
    linked = _linked(kind, body) if method in {"PUT", "PATCH"} else ()
    return [f"{kind}/{_VERBS[method]}", *linked]


def is_given(roles: Sequence[Mapping[str, Sequence[str]]], action: str) -> bool:
    """Tell whether a role gives an action; what one leaves out another may give."""
    return any(
        _fits(each["actions"], action) and not _fits(each.get("notActions", ()), action)
        for each in roles
    )


def _linked(kind: str, body: Any) -> Iterator[str]:
    told = body or {}
    properties = told.get("properties") or {}
    if (told.get("identity") or {}).get("userAssignedIdentities"):
        yield _ASSIGN
    match kind.lower():
        case "microsoft.network/privateendpoints":
            yield _JOIN
            yield _APPROVE
        case "microsoft.network/privateendpoints/privatednszonegroups":
            yield from (_JOIN_ZONE for _ in properties.get("privateDnsZoneConfigs", ())[:1])


def _fits(patterns: Sequence[str], action: str) -> bool:
    return any(
        re.fullmatch(re.escape(each).replace(r"\*", ".*"), action, re.IGNORECASE)
        for each in patterns
    )
