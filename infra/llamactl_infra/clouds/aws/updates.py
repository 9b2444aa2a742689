"""How an update moves traffic to the new instances, and when it moves back by itself."""

from collections.abc import Sequence
from typing import Any, assert_never

from llamactl_infra.clouds.aws.timeouts import update_s
from llamactl_infra.spec import SageMakerSpec, Spec

_WHOLE = 100


def update_content(spec: Spec, own: SageMakerSpec, alarms: Sequence[str]) -> dict[str, Any]:
    """Give the update's policy; `alarms` are the names of those that take it back.

    Blue/green has a second fleet as large as the first; rolling has one batch beside it.
    """
    return {"deployment_config": _policy(spec, own, alarms)}


def _policy(spec: Spec, own: SageMakerSpec, alarms: Sequence[str]) -> dict[str, Any]:
    rollback = {"alarms": [{"alarm_name": each} for each in alarms]}
    back = {"auto_rollback_configuration": rollback} if alarms else {}
    match spec.update:
        case "all-at-once":
            return {**_blue_green(spec, own, 1, {"type": "ALL_AT_ONCE"}), **back}
        case "canary":
            routing = {"type": "CANARY", "canary_size": _percent(own.canary_percent)}
            return {**_blue_green(spec, own, 2, routing), **back}
        case "linear":
            routing = {"type": "LINEAR", "linear_step_size": _percent(own.canary_percent)}
            return {**_blue_green(spec, own, _parts(own.canary_percent), routing), **back}
        case "rolling":
            return {**_rolling(spec, own), **back}
        case _:
            assert_never(spec.update)


def _blue_green(
    spec: Spec, own: SageMakerSpec, parts: int, routing: dict[str, Any]
) -> dict[str, Any]:
    policy = {
        "traffic_routing_configuration": {**routing, "wait_interval_in_seconds": own.bake_s},
        "termination_wait_in_seconds": own.keep_old_s,
        "maximum_execution_timeout_in_seconds": update_s(spec, parts, own.bake_s, own.keep_old_s),
    }
    return {"blue_green_update_policy": policy}


def _rolling(spec: Spec, own: SageMakerSpec) -> dict[str, Any]:
    batch = _percent(own.batch_percent)
    parts = _parts(own.batch_percent)
    policy = {
        "maximum_batch_size": batch,
        "rollback_maximum_batch_size": batch,
        "wait_interval_in_seconds": own.bake_s,
        "maximum_execution_timeout_in_seconds": update_s(spec, parts, own.bake_s, 0),
    }
    return {"rolling_update_policy": policy}


def _percent(value: int) -> dict[str, Any]:
    return {"type": "CAPACITY_PERCENT", "value": value}


def _parts(percent: int) -> int:
    return -(-_WHOLE // percent)
