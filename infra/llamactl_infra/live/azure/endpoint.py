"""How an endpoint is: its own state, and that of the deployment that has its traffic."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from llamactl_catalog.errors import LlamactlError
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.clouds.azure.shifting import serving
from llamactl_infra.live.azure.log import SERVER, status_of
from llamactl_infra.live.cloud import Fleet, LiveEndpoint, LiveState
from llamactl_infra.spec import Spec

# Source: azure-ai-ml 1.35.2, _restclient/arm_ml_service, EndpointProvisioningState and
# DeploymentProvisioningState.
_STATES: Mapping[str, LiveState] = {
    "creating": "creating",
    "updating": "updating",
    "scaling": "updating",
    "deleting": "deleting",
    "failed": "failed",
    "canceled": "failed",
    "succeeded": "running",
}
_WORDS = {"creating": "is being made", "updating": "is being changed", "deleting": "is deleted"}

ReadStatus = Callable[[str], str | None]


def endpoint_of(management: Management, spec: Spec, place: str | None) -> LiveEndpoint:
    """Tell how the endpoint at a place is; None: there is no place for it yet.

    Raises:
        LlamactlError: Azure does not let it be read.
    """
    endpoint = None if place is None else management.get(place)
    if place is None or endpoint is None:
        return LiveEndpoint("absent")
    deployments = management.listed(f"{place}/deployments")
    return live(
        endpoint, deployments, deployment_name(spec), lambda name: _status(management, place, name)
    )


def live(
    endpoint: Mapping[str, Any],
    deployments: Sequence[Mapping[str, Any]],
    wanted: str,
    status: ReadStatus,
) -> LiveEndpoint:
    """Tell how an endpoint is by what Azure says of it and its deployments.

    `wanted` is the deployment that the spec asks for; another may still have the traffic.
    """
    properties = endpoint.get("properties") or {}
    known = {str(each["name"]): each for each in deployments}
    answering = serving(properties)
    new, old = known.get(wanted), known.get(answering) if answering is not None else None
    told = old if old is not None else new
    state = _STATES.get(_lower(properties), "updating")
    reason = "Azure says that the endpoint failed" if state == "failed" else None
    doing = f"the endpoint {_WORDS[state]}" if state in _WORDS else None
    if state == "running":
        state, reason, doing = _judged(new, old, wanted)
    if new is not None and _state(new) in ("creating", "updating"):
        doing = status(wanted) or doing
    own = {} if told is None else told.get("properties") or {}
    return LiveEndpoint(
        state=state,
        reason=reason,
        doing=doing,
        url=properties.get("scoringUri"),
        instance_type=own.get("instanceType"),
        instances=None if told is None else (told.get("sku") or {}).get("capacity"),
        created_at=_created_at(endpoint),
        beside=tuple(_beside(each for each in deployments if each is not told)),
    )


def _beside(deployments: Iterable[Mapping[str, Any]]) -> Iterator[Fleet]:
    """Name the instances of other deployments: of an update, or left by one that failed.

    A deployment that failed keeps its instances until it is deleted: assumed, since a price that
    leaves them out would be worse than one that has them too many.
    """
    for each in deployments:
        kind = (each.get("properties") or {}).get("instanceType")
        count = (each.get("sku") or {}).get("capacity")
        if kind and count and _state(each) != "deleting":
            yield Fleet(str(kind), int(count))


def _judged(
    new: Mapping[str, Any] | None, old: Mapping[str, Any] | None, wanted: str
) -> tuple[LiveState, str | None, str | None]:
    """Judge an endpoint that is there by its deployments: the state, why, and what is done.

    It is being made or changed only while Azure says that it is at work: others wait for the end.
    """
    if new is None and old is None:
        return "failed", "it has no deployment that answers", None
    if new is None or (old is not None and old is not new):
        return _with_another(new, old, wanted)
    state = _STATES.get(_state(new), "updating")
    if state == "failed":
        return state, f"Azure says that the deployment {wanted} failed", None
    if state != "running":
        return state, None, f"the deployment {wanted} {_WORDS[state]}"
    if old is None:
        return "failed", f"no traffic goes to {wanted}", None
    return "running", None, None


def _with_another(
    new: Mapping[str, Any] | None, old: Mapping[str, Any] | None, wanted: str
) -> tuple[LiveState, str | None, str | None]:
    """Judge while another deployment than the wanted one answers."""
    answering = "another deployment" if old is None else str(old["name"])
    state = "failed" if old is None else _STATES.get(_state(old), "updating")
    if new is None:
        return state, f"{answering} answers; there is no {wanted}", None
    match _STATES.get(_state(new), "updating"):
        case "creating" | "updating" as busy:
            return "updating", None, f"{wanted} {_WORDS[busy]} beside {answering}"
        case "failed":
            return state, f"{wanted} failed; {answering} answers as before", None
        case _:
            return state, f"{answering} answers; {wanted} is there without its traffic", None


def _state(resource: Mapping[str, Any]) -> str:
    return _lower(resource.get("properties") or {})


def _lower(properties: Mapping[str, Any]) -> str:
    return str(properties.get("provisioningState", "")).lower()


def _created_at(endpoint: Mapping[str, Any]) -> datetime | None:
    told = (endpoint.get("systemData") or {}).get("createdAt")
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _status(management: Management, place: str, name: str) -> str | None:
    """Say how far a deployment is, by its log; None: it has none yet."""
    try:
        question = {"containerType": SERVER, "tail": 100}
        told = management.post(f"{place}/deployments/{name}/getLogs", question)
    except LlamactlError:  # it is not there before there is a machine
        return None
    return status_of(str(told.get("content") or ""))
