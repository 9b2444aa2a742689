"""A version of an asset of Azure ML as a resource that is archived instead of deleted.

Azure ML's own tools archive versions of environments and models, and have no deletion of them
(azure-ai-ml 1.35.2, EnvironmentOperations and ModelOperations; Azure/azure-cli issue 21957). Azure
Native would delete a version, and would refuse to make one that an earlier run has left. A version
is named by what it holds, so here one that is there is taken as it is, out of the archive.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from llamactl_infra.clouds.azure.management import opened


class AssetProvider(dynamic.ResourceProvider):
    """Makes a version, and archives it."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare which version it is: what one holds never changes."""
        changes = _olds.get("asset") != _news.get("asset")
        return dynamic.DiffResult(
            changes=changes, replaces=["asset"] if changes else [], delete_before_replace=False
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Make the version, unless it is there and in use."""
        with opened() as management:
            found = management.get(props["asset"])
            if found is None or _is_archived(found):
                management.put(props["asset"], _body(props, is_archived=False))
        return dynamic.CreateResult(props["asset"], props)

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Look for the version; one that is archived is to be taken out again."""
        with opened() as management:
            found = management.get(props["asset"])
        if found is None or _is_archived(found):
            return dynamic.ReadResult("", {})
        return dynamic.ReadResult(id_, props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Archive the version; where its workspace is gone, it is too."""
        with opened() as management:
            found = management.get(_props["asset"])
            if found is not None and not _is_archived(found):
                management.put(_props["asset"], _body(_props, is_archived=True))


class Asset(dynamic.Resource, module="llamactl", name="AzureMlAsset"):
    """One version of an environment or a model; its id is that of the version."""

    def __init__(
        self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(AssetProvider(), name, dict(props), opts)


def _is_archived(found: Mapping[str, Any]) -> bool:
    return bool((found.get("properties") or {}).get("isArchived"))


def _body(props: Mapping[str, Any], *, is_archived: bool) -> dict[str, Any]:
    return {"properties": {**_whole(props["properties"]), "isArchived": is_archived}}


def _whole(value: Any) -> Any:
    """Give numbers as the API takes them: in the stack's state every number is a fraction."""
    match value:
        case Mapping():
            return {name: _whole(each) for name, each in value.items()}
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
