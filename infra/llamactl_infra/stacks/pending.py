"""Creations that a run had begun and not seen to end: taken into the state, to be looked for.

The engine alone would forget them, make them again, and meet the first ones' names.
"""

import copy
from collections.abc import Mapping
from typing import Any

from llamactl_infra.clouds.azure.ids import id_of

# Inputs that are their resources' ids in AWS, where the resource is not asked for its own.
_IDS = ("name", "dashboardName", "resourceId")


def taken_over(state: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the state with what was begun in it, and the URNs to read from the cloud.

    What is there then stays, with what the cloud says of it; what is not goes again. A creation
    that was to replace another leaves the other to be deleted, as it would have been.
    """
    told: dict[str, Any] = copy.deepcopy(dict(state))
    begun = [each["resource"] for each in _creations(told)]
    others = [each for each in told.get("pending_operations") or () if each["type"] != "creating"]
    told["pending_operations"] = others
    ids = {each["urn"]: _cloud_id(each, told) for each in begun}
    known = [each for each in begun if ids[each["urn"]] is not None]
    urns = tuple(each["urn"] for each in known)
    for each in told.get("resources", ()):
        if each["urn"] in urns:
            each["delete"] = True
    for each in known:
        each["id"] = ids[each["urn"]]
        each["outputs"] = dict(each.get("inputs") or {})
        told["resources"].append(each)
    return told, urns


def has_creations(state: Mapping[str, Any]) -> bool:
    """Tell whether a run was cut off while it made something."""
    return bool(_creations(state))


def _creations(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for each in state.get("pending_operations") or () if each["type"] == "creating"]


def _cloud_id(resource: Mapping[str, Any], state: Mapping[str, Any]) -> str | None:
    inputs = resource.get("inputs") or {}
    if resource["type"].startswith("azure-native:"):
        return id_of(resource["type"], inputs, _subscription(resource, state))
    if "role" in inputs and "policy" in inputs:  # a role's inline policy
        return f"{inputs['role']}:{inputs['name']}"
    told = (inputs.get(name) for name in _IDS)
    return next((each for each in told if isinstance(each, str)), None)


def _subscription(resource: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """Give the subscription of the provider that a resource is made by: the program always says."""
    provider = str(resource.get("provider")).rpartition("::")[0]
    inputs = (each["inputs"] for each in state["resources"] if each["urn"] == provider)
    return str(next(inputs)["subscriptionId"])
