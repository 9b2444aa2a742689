"""Running a stack of Azure's stand-in, and what it has asked of Azure since."""

from typing import Any

from llamactl_infra.spec import Spec
from llamactl_infra.stacks.events import Change
from llamactl_infra.stacks.stack import DeploymentStack
from standins.azure import SUBSCRIPTION, Azure

SHARED = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared"


def up(stack: DeploymentStack, spec: Spec) -> tuple[Change, ...]:
    """Make it so; gives what was changed."""
    stack.configure(spec)
    return stack.up("azure")


class Watched:
    """What was asked of Azure since it was made."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._requests, self._bodies = len(azure.requests), len(azure.bodies)

    def changes(self) -> list[tuple[str, str]]:
        """The method and the resource's name of each change, in their order."""
        asked = self._azure.requests[self._requests :]
        changes = [each for each in asked if each[0] in ("PUT", "PATCH", "DELETE")]
        return [(method, path.rpartition("/")[2]) for method, path in changes]

    def of_the_endpoint(self) -> list[tuple[str, str]]:
        """Those of the endpoint and its deployments alone; no diagnostics, which lie below it."""
        asked = self._azure.requests[self._requests :]
        return [
            (method, path.rpartition("/")[2])
            for method, path in asked
            if method in ("PUT", "PATCH", "DELETE")
            and "/onlineEndpoints/" in path
            and "/providers/Microsoft.Insights/" not in path
        ]

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """What was put or patched at a path."""
        found = self._azure.bodies[self._bodies :]
        return [body for place, body in found if place.lower() == path.lower()]
