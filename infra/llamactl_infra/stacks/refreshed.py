"""What a refresh must not make of a state: neither drift of a schedule, nor peace of a failure."""

import copy
from collections.abc import Mapping
from typing import Any

from llamactl_infra.spec import Spec

_TARGET = "appautoscaling/target:Target"
_BOUNDS = ("minCapacity", "maxCapacity")
_ERRORS = "initErrors"


def as_declared(state: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    """Return the state with the declared bounds of scaling where it has those of a schedule.

    A scheduled action moves the bounds of a target; Pulumi alone would set them back in the middle
    of the day. A later change of the declared bounds is still one.
    """
    declared, *scheduled = spec.capacity.bounds
    told: dict[str, Any] = copy.deepcopy(dict(state))
    for each in told.get("resources") or ():
        outputs = each.get("outputs") or {}
        seen = tuple(outputs.get(name) for name in _BOUNDS)
        if each["type"].endswith(_TARGET) and seen in scheduled:
            for values in (each["inputs"], outputs):
                values.update(zip(_BOUNDS, declared, strict=True))
    return told


def with_errors_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state after a refresh, in which what was half made before still is.

    A refresh that can read a resource takes it for well; an `up` would then leave it as it is.
    """
    half_made = {
        (each["urn"], each.get("id")): each[_ERRORS]
        for each in before.get("resources") or ()
        if each.get(_ERRORS)
    }
    told: dict[str, Any] = copy.deepcopy(dict(after))
    for each in told.get("resources") or ():
        errors = half_made.get((each["urn"], each.get("id")))
        if errors:
            each[_ERRORS] = errors
    return told
