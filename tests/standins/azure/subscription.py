"""What a subscription says of itself: who may do what, its services, sizes, quota, lists.

Shapes: Azure Resource Manager, subscriptions, providers and resources; Microsoft.Authorization
2022-04-01, permissions; Microsoft.MachineLearningServices, Usages_List, its example in
Azure/azure-rest-api-specs; Microsoft.KeyVault 2024-11-01, deletedVaults. All read 2026-11-23.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from standins.azure import rules
from standins.azure.store import Refused, Store, kind_of, ml_kind, parent_of

SUBSCRIPTION = "00000000-1111-2222-3333-444444444444"
CONTRIBUTOR = {
    "actions": ["*"],
    "notActions": [
        "Microsoft.Authorization/*/Delete",
        "Microsoft.Authorization/*/Write",
        "Microsoft.Authorization/elevateAccess/Action",
    ],
}
OWNER: dict[str, list[str]] = {"actions": ["*"], "notActions": []}
_ML = "Microsoft.MachineLearningServices"
_FILTER = re.compile(r"tagName eq '([^']*)' and tagValue eq '([^']*)'")
_PRINCIPAL = re.compile(r"principalId eq '([^']*)'")
_LISTS = {"workspaces", "workspaces/onlineendpoints", "workspaces/onlineendpoints/deployments"}


@dataclass
class Subscription:
    """What tests set of it. `roles` are by the scope that they are given at, in lower case."""

    store: Store
    subscriptions: list[tuple[str, str, str]] = field(
        default_factory=lambda: [(SUBSCRIPTION, "the tests'", "Enabled")]
    )
    unregistered: set[str] = field(default_factory=set)
    roles: dict[str, list[dict[str, list[str]]]] = field(
        default_factory=lambda: {f"/subscriptions/{SUBSCRIPTION}": [OWNER]}
    )
    sizes: dict[str, list[str]] = field(default_factory=dict)
    closed_regions: set[str] = field(default_factory=set)
    all_cores: int = 2000
    page: int | None = None

    def answer(  # noqa: PLR0911 - one a kind of question
        self, path: str, query: dict[str, str], roles_show_s: float = 0
    ) -> dict[str, Any] | None:
        """Answer what is asked of no resource; None: it is one.

        A role assignment is in its list `roles_show_s` after it was made.
        """
        parts = path.strip("/").split("/")
        if path.rstrip("/").lower() == "/subscriptions":
            return self._listed([_subscription(*each) for each in self.subscriptions], query)
        if len(parts) == 2:
            return self._subscription(parts[1])
        if len(parts) == 4 and parts[2].lower() == "providers":
            state = "NotRegistered" if parts[3] in self.unregistered else "Registered"
            return {"namespace": parts[3], "registrationState": state}
        scope, found, _ = path.partition("/providers/Microsoft.Authorization/permissions")
        if found:
            return self._listed(self._permissions(scope), query)
        if path.lower().endswith("/providers/microsoft.authorization/roleassignments"):
            scope = path.rpartition("/providers/")[0]
            return self._listed(self._assignments(scope, query, roles_show_s), query)
        if len(parts) == 5 and parts[4].lower() == "resources":
            return self._listed(self._tagged(path.rpartition("/")[0], query), query)
        if "/deletedVaults/" in path:
            return self._deleted_vault(path.rpartition("/")[2])
        return self._list(path, query)

    def usages(self, limits: dict[str, int]) -> list[dict[str, Any]]:
        """Give each family's limit and what is used of it, that of all, and those of spot."""
        used = {family: rules.used_vcpus(self.store, family) for family in limits}
        regional = "Total Cluster Dedicated Regional vCPUs"
        return [
            _usage("dedicatedCores", regional, sum(used.values()), self.all_cores),
            *(_usage("vmFamily", each, used[each], limit) for each, limit in limits.items()),
            *(_usage("vmFamily", _of_spot(each), 0, -1) for each in limits),
        ]

    def sizes_in(self, region: str) -> list[dict[str, Any]]:
        """Give the sizes of a region."""
        if region in self.closed_regions:
            said = f"No registered resource provider found for location '{region}'"
            raise Refused(400, "NoRegisteredProviderFound", said)
        return [_size(name) for name in self.sizes.get(region, list(rules.SIZES))]

    def _subscription(self, name: str) -> dict[str, Any]:
        for each in self.subscriptions:
            if each[0] == name:
                return _subscription(*each)
        raise Refused(404, "SubscriptionNotFound", f"The subscription '{name}' was not found.")

    def _permissions(self, scope: str) -> list[dict[str, Any]]:
        place = f"{scope}/".lower()
        return [
            role
            for at, roles in self.roles.items()
            if place.startswith(f"{at}/".lower())
            for role in roles
        ]

    def _assignments(
        self, scope: str, query: dict[str, str], show_s: float
    ) -> list[dict[str, Any]]:
        """List what a principal has at a scope. Source: Azure RBAC, role-assignments-list-rest."""
        asked = _PRINCIPAL.fullmatch(query.get("$filter", ""))
        if asked is None:
            raise Refused(400, "InvalidFilter", "The filter is not understood.")
        since = datetime.now(UTC) - timedelta(seconds=show_s)
        start = f"{scope}/providers/microsoft.authorization/roleassignments/".lower()
        return [
            each
            for key, each in self.store.resources.items()
            if key.startswith(start)
            and each["properties"]["principalId"] == asked[1]
            and datetime.fromisoformat(each["systemData"]["createdAt"]) <= since
        ]

    def _tagged(self, group: str, query: dict[str, str]) -> list[dict[str, Any]]:
        asked = _FILTER.fullmatch(query.get("$filter", ""))
        if asked is None:
            raise Refused(400, "InvalidFilterInQueryString", "The filter is not understood.")
        if self.store.get(group) is None:
            raise Refused(404, "ResourceGroupNotFound", f"'{group}' could not be found.")
        name, value = asked.groups()
        return [
            {key: each.get(key) for key in ("id", "name", "type", "location", "tags")}
            for path, each in self.store.resources.items()
            if path.startswith(f"{group.lower()}/") and (each.get("tags") or {}).get(name) == value
        ]

    def _deleted_vault(self, name: str) -> dict[str, Any]:
        for held in self.store.held_names:
            if held.endswith(f"/microsoft.keyvault/vaults/{name.lower()}"):
                properties = {"vaultId": held, "scheduledPurgeDate": "2026-11-30T10:00:00Z"}
                return {"name": name, "properties": properties}
        raise Refused(404, "DeletedVaultNotFound", f"The vault {name} was not found.")

    def _list(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        """List what Azure ML has below a group, a workspace or an endpoint."""
        if (ml_kind(f"{path}/x") or "").lower() not in _LISTS:
            return None
        parent = parent_of(f"{path}/x")
        if parent is None or self.store.get(parent) is None:
            raise Refused(404, "ResourceNotFound", f"The Resource '{parent}' was not found.")
        start = f"{path.lower()}/"
        found = [
            each
            for key, each in self.store.resources.items()
            if key.startswith(start) and "/" not in key[len(start) :]
        ]
        assert all(kind_of(each["id"]) == kind_of(f"{path}/x") for each in found)
        return self._listed(found, query, path)

    def _listed(
        self, value: list[dict[str, Any]], query: dict[str, str], path: str = ""
    ) -> dict[str, Any]:
        if self.page is None or not path:
            return {"value": value}
        start = int(query.get("$skipToken", "0"))
        end = start + self.page
        answer: dict[str, Any] = {"value": value[start:end]}
        if end < len(value):
            answer["nextLink"] = f"{path}?api-version=2025-12-01&$skipToken={end}"
        return answer


def _subscription(name: str, words: str, state: str) -> dict[str, Any]:
    place = f"/subscriptions/{name}"
    return {"id": place, "subscriptionId": name, "displayName": words, "state": state}


def _usage(kind: str, name: str, used: int, limit: int) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}/usages/{name.replace(' ', '_')}",
        "type": f"{_ML}/{kind}/usages",
        "name": {"value": name, "localizedValue": name},
        "unit": "Count",
        "currentValue": used,
        "limit": limit,
    }


def _of_spot(family: str) -> str:
    return f"{family} Cluster LowPriority vCPUs"


def _size(name: str) -> dict[str, Any]:
    vcpus, family, _ = rules.SIZES[name]
    return {"name": name, "family": family, "vCPUs": vcpus, "gpus": 1, "memoryGB": 220.0}
