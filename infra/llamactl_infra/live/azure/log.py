"""The log of a deployment's containers: of the one that fetches the weights, then of the engine."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import sleep
from typing import Any

from llamactl_catalog.errors import LlamactlError, UnknownDeployment
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.clouds.azure.shifting import serving
from llamactl_infra.live.startup import stage_of
from llamactl_infra.spec import Spec

FETCHER, SERVER = "StorageInitializer", "InferenceServer"
"""The containers that have a log. Source: azure-ai-ml 1.35.2, _restclient/arm_ml_service,
ContainerType."""

# As many as Azure's own command asks for. Source: azure-ai-ml 1.35.2, constants/_endpoint.py.
_ALL_LINES = 5000
_POLL_S = 5.0
# A log begins with how far the instance is, and what happened to the container. Source: Azure
# PowerShell, Get-AzMLWorkspaceOnlineDeploymentLog, its example; Azure ML answers the same.
_STATUS, _EVENTS, _LINES = "Instance status:", "Container events:", "Container logs:"
_STEPS = {
    "SystemSetup": "a machine is set up",
    "UserContainerImagePull": "the image is pulled",
    "ModelDownload": "the weights are fetched",
    "UserContainerStart": "the container starts",
}
_DONE = "Succeeded"


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: how far the instance is and what happened, and what the container wrote."""

    head: tuple[str, ...]
    lines: tuple[str, ...]


def deployment_to_read(management: Management, spec: Spec, endpoint: str) -> str:
    """Give the deployment of a spec; where there is none yet or any more, the one that answers.

    Raises:
        LlamactlError: Azure does not let it be read.
    """
    own = f"{endpoint}/deployments/{deployment_name(spec)}"
    if management.get(own) is not None:
        return own
    found = management.get(endpoint) or {}
    answering = serving(found.get("properties") or {})
    return own if answering is None else f"{endpoint}/deployments/{answering}"


def log_of(
    management: Management,
    deployment: str,
    *,
    tail: int | None,
    follow: bool,
    pause: Callable[[float], None] = sleep,
) -> Iterator[str]:
    """Give the last lines of a deployment's log, or all; then, to follow, each new one.

    Raises:
        UnknownDeployment: it is not there.
        LlamactlError: Azure does not let it be read.
    """
    before = _all(management, deployment, None if follow else tail)
    if before is None:
        name = deployment.rpartition("/")[2]
        raise UnknownDeployment(name, [], place="Azure", hint="llamactl status tells how it is")
    lines = [line for each in before for line in (*each.head, *each.lines)]
    yield from lines if tail is None else lines[len(lines) - min(tail, len(lines)) :]
    while follow:
        pause(_POLL_S)
        now = _all(management, deployment, None)
        if now is None:
            return
        for old, new in zip(before, now, strict=True):
            yield from (line for line in new.head if line not in old.head)
            yield from added(old.lines, new.lines)
        before = now


def added(before: Sequence[str], now: Sequence[str]) -> Sequence[str]:
    """Give the lines that came since: what is told is a window that moves on."""
    for overlap in range(min(len(before), len(now)), 0, -1):
        if tuple(before[len(before) - overlap :]) == tuple(now[:overlap]):
            return now[overlap:]
    return now


def read(content: str) -> Told:
    """Read an answer: its head ends where the container's own lines begin."""
    lines = content.splitlines()
    if _LINES in lines:
        at = lines.index(_LINES)
        return Told(_filled(lines[:at]), tuple(lines[at + 1 :]))
    if not lines or lines[0] != _STATUS:
        return Told((), tuple(lines))
    end = lines.index(_EVENTS) + 1 if _EVENTS in lines else 1
    while end < len(lines) and _is_of_head(lines[end]):
        end += 1
    return Told(_filled(lines[:end]), tuple(lines[end:]))


def status_of(content: str) -> str | None:
    """Say what a deployment that starts is busy with; None: it does not say."""
    told = read(content)
    for line in told.head:
        name, _, state = line.partition(": ")
        if name in _STEPS and state != _DONE:
            if name == "UserContainerStart" and told.lines:
                break
            return _STEPS[name]
    return stage_of(told.lines)


def _all(management: Management, deployment: str, tail: int | None) -> tuple[Told, ...] | None:
    """Ask both containers; None: there is no such deployment."""
    if management.get(deployment) is None:
        return None
    return tuple(_one(management, deployment, each, tail) for each in (FETCHER, SERVER))


def _one(management: Management, deployment: str, container: str, tail: int | None) -> Told:
    question = {"containerType": container, "tail": _ALL_LINES if tail is None else tail}
    try:
        told: dict[str, Any] = management.post(f"{deployment}/getLogs", question)
    except LlamactlError:
        if container == SERVER:
            raise
        return Told((), ())  # where no weights are mounted, nothing fetches them
    return read(str(told.get("content") or ""))


def _is_of_head(line: str) -> bool:
    return not line or line.startswith("Kind: ") or line.partition(":")[0] in _STEPS


def _filled(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if line)
