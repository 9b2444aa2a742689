"""The last stages of a deployment: what runs is what was asked for, and it has answered."""

import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from llamactl.pipeline.ground import Ground, Stack
from llamactl.progress import stage
from llamactl_catalog.errors import LlamactlError, NoCapacity, Throttled, Unhealthy
from llamactl_catalog.model import Model
from llamactl_catalog.progress import Report, Step
from llamactl_catalog.units import format_duration
from llamactl_infra.deployment import Deployment
from llamactl_infra.spec import Spec

if TYPE_CHECKING:
    from llamactl_gateway.protocol import Delta, Endpoint

USUAL_TIMEOUT_S = 600.0
"""An endpoint that its cloud calls healthy has loaded its model: what is left is a queue."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 15.0
_MAX_TOKENS = 16


def is_applied(ground: Ground, spec: Spec) -> bool:
    """Tell whether the last run made the stack so: read now, as another may have changed it."""
    return ground.is_unchanged(spec) and ground.stored(spec.name) == spec


def stands_as_asked(ground: Ground, spec: Spec) -> bool:
    """Tell whether Pulumi has nothing to do: the last run made it so, and so it still runs.

    Raises:
        LlamactlError: the cloud does not let it be read.
    """
    if not is_applied(ground, spec):
        return False
    with stage("compare") as report:
        live = ground.live(spec.cloud)
        stands = live.endpoint(spec).state == "running" and not live.differences(spec)
        report(Step("nothing had to be changed" if stands else "what runs is not what was made"))
    return stands


def verify(ground: Ground, stack: Stack, spec: Spec) -> None:
    """Compare what runs with the spec: a cloud may have taken an update back, and say it is well.

    Where it differs, the stack is told what there really is, so that the same command tries again.

    Raises:
        Unhealthy: it differs; the message says where.
        LlamactlError: the cloud does not let it be read.
    """
    with stage("verify") as report:
        report(Step("comparing what runs with what was asked for"))
        different = ground.live(spec.cloud).differences(spec)
        if different:
            report(Step("taking over what there is"))
            with suppress(LlamactlError):  # what is wrong is worth more than that this failed
                stack.refresh(spec.cloud, report)
            raise _not_as_asked(ground, spec, different)
        report(Step("what runs is what was asked for"))


def _not_as_asked(ground: Ground, spec: Spec, different: Sequence[str]) -> Unhealthy:
    lines = "\n  ".join(different)
    message = f"'{spec.name}' is not what was asked for, whatever its cloud calls it:\n  {lines}"
    runs = "what ran before still runs; " if _runs(ground, spec) else ""
    return Unhealthy(message, hint=f"{runs}llamactl logs {spec.name} may tell why")


def _runs(ground: Ground, spec: Spec) -> bool:
    with suppress(LlamactlError):
        return ground.live(spec.cloud).endpoint(spec).state == "running"
    return False


def first_answer(ground: Ground, model: Model, spec: Spec, timeout_s: float) -> Deployment:
    """Have a few tokens streamed; an endpoint that is still loading is waited for.

    Raises:
        Unhealthy: it did not answer within `timeout_s`; the message has its last words.
        LlamactlError: it refuses.
    """
    with stage("answer") as report:
        report(Step("asking for a first token"))
        deadline, pause_s = time.monotonic() + timeout_s, _FIRST_PAUSE_S
        while True:
            try:
                found = _known(ground, spec)
                report(Step(_answered(found, model, timeout_s)))
            except (NoCapacity, Throttled, Unhealthy) as error:
                if time.monotonic() + pause_s > deadline:
                    raise _silent(spec.name, timeout_s, error) from error
                _tell_why(report, error)
                ground.pause(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                return found


def _known(ground: Ground, spec: Spec) -> Deployment:
    """Give the deployment as it is now, with the key that lets a caller in."""
    found = ground.deployment(spec.name)
    if found.auth != "key" or found.api_key is not None:
        return found
    return replace(found, api_key=ground.live(spec.cloud).api_key(spec))


def _answered(deployment: Deployment, model: Model, timeout_s: float) -> str:
    from llamactl_gateway.endpoint import connect

    endpoint = connect(deployment, silence_timeout_s=timeout_s)
    started = time.monotonic()
    first_s, tokens = None, None
    for piece in _asked(endpoint, model):
        if first_s is None and piece.text:
            first_s = time.monotonic() - started
        tokens = piece.completion_tokens if piece.completion_tokens is not None else tokens
    whole_s = time.monotonic() - started
    first = format_duration(first_s if first_s is not None else whole_s)
    count = f", {tokens} tokens in {format_duration(whole_s)}" if tokens is not None else ""
    return f"first token after {first}{count}"


def _asked(endpoint: "Endpoint", model: Model) -> "Generator[Delta, None, None]":
    from llamactl_catalog.prompts import Message
    from llamactl_gateway.sampling import Sampling

    sampling = Sampling(max_tokens=_MAX_TOKENS)
    if model.variant == "base":
        return endpoint.complete("Hello", sampling)
    return endpoint.chat([Message("user", "Hello")], sampling)


def _tell_why(report: Report, error: LlamactlError) -> None:
    first, *_ = error.message.splitlines()
    report(Step(f"not yet: {first}"))


def _silent(name: str, timeout_s: float, error: LlamactlError) -> Unhealthy:
    message = f"'{name}' did not answer within {format_duration(timeout_s)}: {error.message}"
    return Unhealthy(message, hint=f"a longer --timeout; llamactl logs {name} shows what it does")
