"""An endpoint that its stack's state has lost: put back into the state, to be read from the cloud.

A provider may leave nothing in the state of a creation that failed, or that took longer than the
provider waits. Pulumi alone would make it again, and meet its name; and nobody would remove it.
"""

import copy
from collections.abc import Mapping
from typing import Any

from llamactl_infra.live.cloud import Orphan


def holds(state: Mapping[str, Any], types: tuple[str, ...]) -> bool:
    """Tell whether a state has a resource of a type, or of a creation that was cut off."""
    begun = [each["resource"] for each in state.get("pending_operations") or ()]
    return any(each["type"] in types for each in [*(state.get("resources") or ()), *begun])


def adopted(state: Mapping[str, Any], orphan: Orphan) -> tuple[dict[str, Any], str] | None:
    """Return the state with the endpoint in it, and the URN to read from the cloud.

    It stands where the program declares it: below the component of its siblings, and with their
    provider. None: the state has no sibling left to tell.
    """
    package = orphan.type.partition(":")[0]
    resources = state.get("resources") or ()
    sibling = next((each for each in resources if _is_sibling(each, package)), None)
    if sibling is None:
        return None
    stem, _, types = sibling["urn"].rpartition("::")[0].rpartition("::")
    parents = types.rpartition("$")[0]
    urn = f"{stem}::{parents}${orphan.type}::{orphan.child}"
    told: dict[str, Any] = copy.deepcopy(dict(state))
    # After all of them, until the program says of which: so it is the first to be deleted.
    others = [
        each["urn"]
        for each in resources
        if each.get("parent") == sibling["parent"] and not each.get("delete")
    ]
    told["resources"].append(
        {
            "urn": urn,
            "custom": True,
            "id": orphan.id,
            "type": orphan.type,
            "inputs": dict(orphan.inputs),
            "outputs": dict(orphan.inputs),
            "parent": sibling["parent"],
            "provider": sibling["provider"],
            "dependencies": others,
        }
    )
    return told, urn


def _is_sibling(resource: Mapping[str, Any], package: str) -> bool:
    is_own = resource["type"].startswith(f"{package}:") and resource.get("custom")
    return bool(is_own and resource.get("provider") and not resource.get("delete"))
