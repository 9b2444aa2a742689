"""Where a deployment's resources are: the workspace's name is the engine's, unless it is given."""

from collections.abc import Mapping
from typing import Any

from llamactl_infra.clouds.azure.asked import own_of
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.clouds.azure.names import endpoint_name
from llamactl_infra.clouds.tags import PREFIX
from llamactl_infra.spec import Spec

TAG = f"{PREFIX}deployment"
WORKSPACES = "providers/Microsoft.MachineLearningServices/workspaces"


class Whereabouts:
    """Finds workspaces by their tag, and keeps what it has found."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def endpoint(self, management: Management, spec: Spec) -> str | None:
        """Give the id that the endpoint has or will have; None: there is no workspace for it.

        Raises:
            LlamactlError: Azure does not let it be read.
        """
        workspace = self.workspace(management, spec)
        return None if workspace is None else f"{workspace}/onlineEndpoints/{endpoint_name(spec)}"

    def workspace(self, management: Management, spec: Spec) -> str | None:
        """Give the id of the workspace; None: it was not made yet, or is no longer there.

        Raises:
            LlamactlError: Azure does not let it be read.
        """
        own, group = own_of(spec), group_of(spec)
        if own.workspace is not None:
            return f"{group}/{WORKSPACES}/{own.workspace}"
        key = (group.lower(), spec.name)
        if key not in self._known:
            ours = [str(each["id"]) for each in workspaces_of(management, spec)]
            # Of several, one is left over from before: it has no such endpoint.
            holding = [each for each in ours if _has_endpoint(management, each, spec)]
            if not holding:
                return ours[0] if ours else None
            self._known[key] = holding[0]
        return self._known[key]


def group_of(spec: Spec) -> str:
    """Give the id of the resource group."""
    own = own_of(spec)
    return f"/subscriptions/{own.subscription}/resourceGroups/{own.resource_group}"


def workspaces_of(management: Management, spec: Spec) -> list[dict[str, Any]]:
    """Give the workspaces that were made for a deployment of that name.

    Raises:
        LlamactlError: Azure does not let them be read.
    """
    found = management.listed(f"{group_of(spec)}/{WORKSPACES}")
    return [each for each in found if is_of(each, spec)]


def is_of(resource: Mapping[str, Any], spec: Spec) -> bool:
    """Tell whether a resource is of the deployment of that name, by its tags."""
    tags = {name.lower(): value for name, value in (resource.get("tags") or {}).items()}
    return tags.get(TAG) == spec.name


def _has_endpoint(management: Management, workspace: str, spec: Spec) -> bool:
    return management.get(f"{workspace}/onlineEndpoints/{endpoint_name(spec)}") is not None
