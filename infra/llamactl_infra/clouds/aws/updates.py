"""How an update moves traffic to the new instances, and when it moves back by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from llamactl_infra.clouds.aws.timeouts import update_s
from llamactl_infra.spec import SageMakerSpec, Spec

PROVIDER_WAIT_S = 3600
"""How long Pulumi's provider waits for an update, fixed. Source: terraform-provider-aws 6.30,
internal/service/sagemaker/endpoint.go, waitEndpointInService; `pulumi up` fails after it."""

_WHOLE = 100
# What an update is planned with where nothing else is said.
_BAKE_S, _KEEP_OLD_S = 300, 300
_BATCH_PERCENTS = (25, 50)
# Less would be no watch: the alarm that takes an update back goes off after two minutes.
_SHORTEST_BAKE_S = 120
# What an instance takes to come, with image and engine, and what it loads a second. Assumed, in
# the middle of what is reported for SageMaker's GPU endpoints (10 to 20 minutes for 7B to 70B).
_START_S = 600
_LOADED_BYTES_PER_S = 200_000_000
_UNKNOWN_START_S = 1200


@dataclass(frozen=True, slots=True)
class Pace:
    """How an update goes: in `parts` of `percent`, each watched for `bake_s`.

    Instances start `starts` times one after the other, each time for `start_s`; the old fleet stays
    for `keep_old_s` in the end.
    """

    percent: int
    parts: int
    starts: int
    start_s: int
    bake_s: int
    keep_old_s: int

    @property
    def whole_s(self) -> int:
        """What the update takes, in all."""
        return self.starts * self.start_s + self.parts * self.bake_s + self.keep_old_s


def pace_of(spec: Spec, own: SageMakerSpec) -> Pace:
    """Plan an update: what is not set is chosen so that the provider's wait suffices."""
    start_s = _start_s(spec)
    match spec.update:
        case "all-at-once":
            return _pace(own, _WHOLE, 1, start_s)
        case "canary":
            return _pace(own, own.canary_percent, 2, start_s)
        case "linear":
            return _pace(own, own.canary_percent, _parts(own.canary_percent), start_s)
        case "rolling":
            return _rolling_pace(own, start_s)
        case _:
            assert_never(spec.update)


def pace_problems(spec: Spec, own: SageMakerSpec) -> Iterator[str]:
    """Say why an update would outlast the provider's wait; nothing where no setting helps."""
    pace = pace_of(spec, own)
    waits_s = pace.parts * pace.bake_s + pace.keep_old_s
    starts_s = pace.starts * pace.start_s
    is_asked_for = own.bake_s is not None or own.keep_old_s is not None
    is_settable = spec.update != "all-at-once" or (is_asked_for and starts_s < PROVIDER_WAIT_S)
    if pace.whole_s <= PROVIDER_WAIT_S or not is_settable:
        return
    room_s = (PROVIDER_WAIT_S - starts_s - pace.keep_old_s) // pace.parts
    fix = (
        f"sagemaker.bake_s of at most {room_s} fits"
        if room_s >= 1
        else "--update all-at-once, or a shorter sagemaker.keep_old_s"
    )
    yield (
        f"update: {spec.update} takes {pace.whole_s} s, {starts_s} s of them to start instances "
        f"and {waits_s} s to watch and keep old ones ({pace.parts} x bake_s {pace.bake_s} + "
        f"keep_old_s {pace.keep_old_s}), and the provider waits {PROVIDER_WAIT_S} s: {fix}"
    )


def update_content(spec: Spec, own: SageMakerSpec, alarms: Sequence[str]) -> dict[str, Any]:
    """Give the update's policy; `alarms` are the names of those that take it back.

    Blue/green has a second fleet as large as the first; rolling has one batch beside it.
    """
    rollback = {"alarms": [{"alarm_name": each} for each in alarms]}
    return {
        "deployment_config": {**update_policy(spec, own), "auto_rollback_configuration": rollback}
    }


def update_policy(spec: Spec, own: SageMakerSpec) -> dict[str, Any]:
    """Return how traffic moves, without what moves it back."""
    pace = pace_of(spec, own)
    size = {"type": "CAPACITY_PERCENT", "value": pace.percent}
    match spec.update:
        case "all-at-once":
            return _blue_green(spec, pace, {"type": "ALL_AT_ONCE"})
        case "canary":
            return _blue_green(spec, pace, {"type": "CANARY", "canary_size": size})
        case "linear":
            return _blue_green(spec, pace, {"type": "LINEAR", "linear_step_size": size})
        case "rolling":
            return _rolling(spec, pace, size)
        case _:
            assert_never(spec.update)


def _blue_green(spec: Spec, pace: Pace, routing: dict[str, Any]) -> dict[str, Any]:
    policy = {
        "traffic_routing_configuration": {**routing, "wait_interval_in_seconds": pace.bake_s},
        "termination_wait_in_seconds": pace.keep_old_s,
        "maximum_execution_timeout_in_seconds": _longest_s(spec, pace),
    }
    return {"blue_green_update_policy": policy}


def _rolling(spec: Spec, pace: Pace, batch: dict[str, Any]) -> dict[str, Any]:
    policy = {
        "maximum_batch_size": batch,
        "rollback_maximum_batch_size": batch,
        "wait_interval_in_seconds": pace.bake_s,
        "maximum_execution_timeout_in_seconds": _longest_s(spec, pace),
    }
    return {"rolling_update_policy": policy}


def _longest_s(spec: Spec, pace: Pace) -> int:
    return update_s(spec, pace.parts, pace.bake_s, pace.keep_old_s)


def _pace(own: SageMakerSpec, percent: int, parts: int, start_s: int) -> Pace:
    keep_old_s = own.keep_old_s if own.keep_old_s is not None else _KEEP_OLD_S
    bake_s = _bake_s(own, parts, PROVIDER_WAIT_S - start_s - keep_old_s)
    return Pace(percent, parts, 1, start_s, bake_s, keep_old_s)


def _rolling_pace(own: SageMakerSpec, start_s: int) -> Pace:
    """Take the smallest batch that fits: each of them starts its instances anew."""
    percents = _BATCH_PERCENTS if own.batch_percent is None else (own.batch_percent,)
    paces = []
    for percent in percents:
        parts = _parts(percent)
        bake_s = _bake_s(own, parts, PROVIDER_WAIT_S - parts * start_s)
        paces.append(Pace(percent, parts, parts, start_s, bake_s, 0))
    fitting = (each for each in paces if each.whole_s <= PROVIDER_WAIT_S)
    return next(fitting, paces[-1])


def _bake_s(own: SageMakerSpec, parts: int, free_s: int) -> int:
    if own.bake_s is not None:
        return own.bake_s
    return max(_SHORTEST_BAKE_S, min(_BAKE_S, free_s // parts))


def _start_s(spec: Spec) -> int:
    if spec.weights_bytes is None:
        return _UNKNOWN_START_S
    return _START_S + spec.weights_bytes // _LOADED_BYTES_PER_S


def _parts(percent: int) -> int:
    return -(-_WHOLE // percent)
