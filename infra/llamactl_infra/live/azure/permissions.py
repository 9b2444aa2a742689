"""What whoever is signed in may do, against what the program of a spec does."""

from collections.abc import Sequence

from llamactl_catalog.errors import NoPermission
from llamactl_infra.clouds.azure.actions import missing, needed, read_permissions, scope
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Spec

CHECK = "permissions"
_NAMED = 5
_OF_ROLES = "microsoft.authorization/roleassignments/"


def look(management: Management, spec: Spec, principal: str) -> Finding:
    """Compare the actions that a spec needs with those that Azure lists, place by place.

    Raises:
        LlamactlError: Azure does not tell.
    """
    for place, actions in needed(spec).items():
        told = management.listed(f"{place}/providers/Microsoft.Authorization/permissions")
        if not told and place == scope(spec):
            return Finding(CHECK, "unknown", f"Azure lists no permission of {principal} on {place}")
        lacks = missing(actions, read_permissions(told))
        if lacks:
            text = f"{principal} may not {_listed(lacks)} on {place}"
            return Finding(CHECK, "failed", text, NoPermission(text, hint=_hint(lacks)))
    text = f"{principal} may do all that the program does; what a deny assignment says is not told"
    return Finding(CHECK, "ok", text)


def _hint(actions: Sequence[str]) -> str:
    of_roles = [each for each in actions if each.lower().startswith(_OF_ROLES)]
    roles = "Role Based Access Control Administrator"
    if len(of_roles) == len(actions):
        return f"an Owner gives the role {roles} there, or a custom one: docs/azure.md"
    both = f"Contributor and {roles}" if of_roles else "Contributor"
    return f"an Owner gives the roles {both} there, or a custom one: docs/azure.md"


def _listed(actions: Sequence[str]) -> str:
    shown = ", ".join(actions[:_NAMED])
    more = len(actions) - _NAMED
    return shown if more <= 0 else f"{shown} and {more} more"
