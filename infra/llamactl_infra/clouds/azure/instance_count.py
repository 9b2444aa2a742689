"""How many instances a deployment that scales is put with: as many as it has at that moment.

Every PUT of a deployment sets the count, and Azure Native knows the declared one alone: that of the
day when the deployment was made. So the count is read from Azure whenever a PUT is due, by a
resource that changes exactly then, before the deployment does. Where nothing else of the deployment
changes, nothing here does.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from llamactl_infra.clouds.azure.management import Management, opened
from llamactl_infra.clouds.azure.shifting import serving

_WATCHED = ("endpoint", "deployment", "content")


class InstanceCountProvider(dynamic.ResourceProvider):
    """Reads the count of a deployment; makes and deletes nothing."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare what a PUT of the deployment is due for; bounds alone are the autoscaler's."""
        changes = any(_olds.get(name) != _news.get(name) for name in _WATCHED)
        return dynamic.DiffResult(changes=changes, delete_before_replace=False)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Read the count for the first time."""
        return dynamic.CreateResult(f"{props['endpoint']}/count", _counted(props))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Read the count again."""
        return dynamic.UpdateResult(_counted(_news))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Read the count as a refresh does: Azure Native's refresh of the deployment reads it too.

        Both have the same then, so that the next `up` changes nothing.
        """
        with opened() as management:
            live = _live(management, props["endpoint"], props["deployment"])
        return dynamic.ReadResult(id_, props if live is None else {**props, "count": live})


class InstanceCount(dynamic.Resource, module="llamactl", name="AzureMlInstanceCount"):
    """The number of instances for the next PUT of a deployment; `count` is what was read."""

    count: pulumi.Output[int | None]

    def __init__(
        self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(InstanceCountProvider(), name, {**props, "count": None}, opts)

    def count_or(self, usual: int) -> pulumi.Output[int]:
        """Give the count; in a preview, where nothing is read, the usual one."""
        return self.count.apply(lambda told: usual if told is None else int(told))


def _counted(props: Mapping[str, Any]) -> dict[str, Any]:
    """Give the count of the deployment or, where it is new, of the one that serves now."""
    with opened() as management:
        live = _live(management, props["endpoint"], props["deployment"])
        if live is None:
            found = management.get(props["endpoint"]) or {}
            other = serving(found.get("properties") or {})
            if other is not None:
                live = _live(management, props["endpoint"], other)
    count = int(props["instances"]) if live is None else live
    return {**props, "count": min(max(count, int(props["lowest"]), 1), int(props["highest"]))}


def _live(management: Management, endpoint: str, deployment: str) -> int | None:
    found = management.get(f"{endpoint}/deployments/{deployment}") or {}
    count = (found.get("sku") or {}).get("capacity")
    return count if isinstance(count, int) else None
