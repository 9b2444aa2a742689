"""Waiting until the roles of a new identity are seen by others than who assigned them.

Azure answers at once that a role is assigned, and it counts minutes later. Source: Azure RBAC,
troubleshooting: up to 10 minutes. The list of what a principal was given is as near as one can
look from outside; what is refused after that is tried again by `deploy`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi import dynamic

from llamactl_catalog.errors import NoPermission
from llamactl_infra.clouds.azure.management import Management, opened

LIMIT_S = 600.0
"""Source: Azure RBAC, troubleshooting, "role assignment changes are not being detected"."""

_POLL_S = 5.0
_LIST = "providers/Microsoft.Authorization/roleAssignments"


class RoleWaitProvider(dynamic.ResourceProvider):
    """Waits when roles are new; makes and deletes nothing."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare whose roles they are, and which."""
        changes = any(_olds.get(name) != _news.get(name) for name in ("principal", "roles"))
        return dynamic.DiffResult(changes=changes, delete_before_replace=False)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Wait for all of them."""
        return dynamic.CreateResult(f"roles of {props['principal']}", _waited(props))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Wait for those that are new."""
        return dynamic.UpdateResult(_waited(_news))


class RoleWait(dynamic.Resource, module="llamactl", name="AzureRoleWait"):
    """The roles of one principal, by the ids of their assignments, once they are all seen."""

    def __init__(
        self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(RoleWaitProvider(), name, dict(props), opts)


def wait_for_roles(
    management: Management,
    principal: str,
    roles: Sequence[str],
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until Azure lists all assignments, by their ids, among what a principal was given.

    Raises:
        NoPermission: some are not listed after the time that Azure may take.
        LlamactlError: Azure does not let them be listed.
    """
    waited_s, missing = 0.0, list(roles)
    while True:
        missing = [each for each in missing if not _is_listed(management, principal, each)]
        if not missing:
            return
        if waited_s >= LIMIT_S:
            message = (
                f"Azure does not list {len(missing)} roles after {LIMIT_S:.0f} s: {missing[0]}"
            )
            raise NoPermission(message, hint="run the same command again: it resumes")
        pause(_POLL_S)
        waited_s += _POLL_S


def _waited(props: dict[str, Any]) -> dict[str, Any]:
    with opened() as management:
        wait_for_roles(management, str(props["principal"]), [str(each) for each in props["roles"]])
    return props


def _is_listed(management: Management, principal: str, role: str) -> bool:
    scope = role.partition(f"/{_LIST}/")[0]
    question = {"$filter": f"principalId eq '{principal}'"}
    found = management.listed(f"{scope}/{_LIST}", question)
    return role.lower() in {str(each.get("id", "")).lower() for each in found}
