"""Moving an endpoint's traffic to a deployment: checked, in parts, and back where it fails.

Traffic is a property of the endpoint, and changes by putting the whole endpoint: its PATCH takes
tags and identity alone. So do its other settings, each time with the traffic that it has: a PUT
without it may clear it. Source: azure-ai-ml 1.35.2, _restclient/arm_ml_service,
OnlineEndpointsOperations.begin_update; aml-docs, how-to-safely-rollout-online-endpoints.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import sleep
from typing import Any
from urllib.parse import urlsplit

from llamactl_catalog.errors import LlamactlError, Unhealthy
from llamactl_infra.clouds.azure.management import DATA_SCOPE, Management
from llamactl_infra.spec import Update

WHOLE = 100
# What an endpoint says of itself and does not take back.
_KEPT = ("location", "tags", "kind", "sku")
_KEPT_PROPERTIES = ("authMode", "compute", "description", "properties", "publicNetworkAccess")
# The same of a deployment: the fields that the program declares.
_DEPLOYED = (
    "appInsightsEnabled",
    "egressPublicNetworkAccess",
    "endpointComputeType",
    "environmentId",
    "environmentVariables",
    "instanceType",
    "livenessProbe",
    "model",
    "readinessProbe",
    "requestSettings",
    "scaleSettings",
    "startupProbe",
)
# What an earlier run had begun may still be made; Azure ends that by itself.
_AT_WORK = ("Creating", "Updating", "Scaling")
_AT_WORK_LIMIT_S = 2 * 3600.0
_AT_WORK_POLL_S = 10.0
_TRIAL_TIMEOUT_S = 190.0  # the platform's own limit is 180 s
_NOT_SERVED = (404, 408, 424, 429)
_SERVER_ERROR = 500
_ANSWERED_BY_PLATFORM = (401, 403)


@dataclass(frozen=True, slots=True)
class Shift:
    """All traffic of `endpoint`, a resource id, to `deployment`.

    `trial_route` None: no request is sent before. A part is watched for `bake_s`.
    """

    endpoint: str
    deployment: str
    instance_type: str
    update: Update
    percent: int
    bake_s: int
    model: str
    trial_route: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What an endpoint is beside its traffic; `identity` is the resource id of who it is."""

    auth_mode: str
    public_access: str
    identity: str
    tags: Mapping[str, str]


def parts(update: Update, percent: int) -> list[int]:
    """Give the shares that a new deployment has one after another, when there is an old one."""
    match update:
        case "canary":
            return [percent, WHOLE]
        case "linear":
            return [*range(percent, WHOLE, percent), WHOLE]
        case "all-at-once" | "rolling":
            return [WHOLE]


def apply_settings(
    management: Management, endpoint: str, settings: Settings, old_tags: Mapping[str, str]
) -> None:
    """Make an endpoint's settings and tags those that are asked for, where they are others.

    Its traffic stays. A tag that is neither asked for nor in `old_tags` is somebody else's.

    Raises:
        Unhealthy: there is no endpoint.
        LlamactlError: Azure refuses, or cannot be reached.
    """
    found = management.get(endpoint)
    if found is None:
        raise Unhealthy(f"there is no endpoint {endpoint.rpartition('/')[2]}")
    if not _has(found, settings):
        wanted = {"authMode": settings.auth_mode, "publicNetworkAccess": settings.public_access}
        body = _body(found, wanted | {"traffic": _shares(found)})
        management.put(endpoint, body | _identity(_assigned(settings.identity)))
    tags = {str(name): str(value) for name, value in (found.get("tags") or {}).items()}
    others = {name: value for name, value in tags.items() if name not in old_tags}
    if others | dict(settings.tags) != tags:
        management.patch(endpoint, {"tags": others | dict(settings.tags)})


def live_traffic(management: Management, endpoint: str) -> dict[str, int] | None:
    """Give the shares as they are, without those that are nothing; None: there is no endpoint."""
    found = management.get(endpoint)
    return None if found is None else _shares(found)


def serving(properties: Mapping[str, Any]) -> str | None:
    """Give the deployment that has the most of an endpoint's traffic; None: none has any."""
    shares = _shares({"properties": properties})
    return max(shares, key=lambda name: shares[name], default=None)


def shift(
    management: Management, order: Shift, pause: Callable[[float], None] = sleep
) -> dict[str, int]:
    """Move all traffic to a deployment that is found to work; gives the shares as they are then.

    Raises:
        Unhealthy: the deployment does not work; the traffic is as it was.
        LlamactlError: Azure refuses, or cannot be reached.
    """
    found = _endpoint(management, order)
    before = _shares(found)
    _wait_while_at_work(management, order, pause)
    _put_again_if_failed(management, order)
    check_deployment(management, order, found)
    if before == {order.deployment: WHOLE}:
        return before
    others = {name: share for name, share in before.items() if name != order.deployment}
    steps = parts(order.update, order.percent) if others else [WHOLE]
    steps = [each for each in steps if each > before.get(order.deployment, 0)] or [WHOLE]
    try:
        for number, share in enumerate(steps):
            if number:
                pause(order.bake_s)
                check_deployment(management, order, found)
            put_traffic(management, order.endpoint, _with(order.deployment, share, others))
    except LlamactlError:
        if others and live_traffic(management, order.endpoint) != before:
            put_traffic(management, order.endpoint, before)
        raise
    return put_is(management, order)


def put_traffic(management: Management, endpoint: str, traffic: Mapping[str, int]) -> None:
    """Set the shares of an endpoint, and nothing else of it; where there is none, nothing is done.

    Raises:
        LlamactlError: Azure refuses, or cannot be reached.
    """
    found = management.get(endpoint)
    if found is None:
        return
    management.put(endpoint, _body(found, {"traffic": dict(traffic)}))


def put_is(management: Management, order: Shift) -> dict[str, int]:
    """Give the shares as they are, which must be those that were asked for.

    Raises:
        Unhealthy: they are others, although Azure has said that all is done.
    """
    live = live_traffic(management, order.endpoint) or {}
    if live != {order.deployment: WHOLE}:
        raise Unhealthy(
            f"Azure has taken the traffic for {order.deployment}, and says it is {live or 'none'}",
            hint="run it again; another tool may change the same endpoint",
        )
    return live


def check_deployment(management: Management, order: Shift, endpoint: Mapping[str, Any]) -> None:
    """Refuse a deployment that is not what was asked for, or does not answer.

    Raises:
        Unhealthy: it is so.
        LlamactlError: Azure refuses, or cannot be reached.
    """
    found = management.get(_deployment(order))
    if found is None:
        raise Unhealthy(f"there is no deployment {order.deployment}; traffic stays as it is")
    properties = found.get("properties", {})
    state, instance_type = properties.get("provisioningState"), properties.get("instanceType")
    if state != "Succeeded" or instance_type != order.instance_type:
        asked = f"{order.instance_type} in state Succeeded"
        raise Unhealthy(
            f"{order.deployment} is {instance_type} in state {state}, not {asked}",
            hint="llamactl logs shows what its container said; traffic stays as it is",
        )
    if order.trial_route is not None:
        _try(management, order, endpoint)


def is_failed(management: Management, order: Shift) -> bool:
    """Tell whether Azure calls the deployment failed."""
    found = management.get(_deployment(order)) or {}
    state: object = (found.get("properties") or {}).get("provisioningState")
    return state == "Failed"


def _wait_while_at_work(
    management: Management, order: Shift, pause: Callable[[float], None]
) -> None:
    waited_s = 0.0
    while waited_s < _AT_WORK_LIMIT_S:
        found = management.get(_deployment(order)) or {}
        if found.get("properties", {}).get("provisioningState") not in _AT_WORK:
            return
        pause(_AT_WORK_POLL_S)
        waited_s += _AT_WORK_POLL_S


def _put_again_if_failed(management: Management, order: Shift) -> None:
    """Put a deployment that has failed as it is: nothing else changes the state of one.

    Azure Native does so where it saw the failure, and not where one came later.
    """
    if not is_failed(management, order):
        return
    found = management.get(_deployment(order)) or {}
    properties = found.get("properties", {})
    kept = {name: properties[name] for name in _DEPLOYED if properties.get(name) is not None}
    body = {name: found[name] for name in _KEPT if found.get(name) is not None}
    management.put(_deployment(order), {**body, "properties": kept})


def _deployment(order: Shift) -> str:
    return f"{order.endpoint}/deployments/{order.deployment}"


def _try(management: Management, order: Shift, endpoint: Mapping[str, Any]) -> None:
    """Have the deployment answer one token, whatever traffic it has.

    An answer that the platform gives in its place (no right to ask) says nothing of it.
    """
    import httpx

    properties = endpoint.get("properties", {})
    place = urlsplit(str(properties.get("scoringUri", "")))
    headers = {
        "authorization": f"Bearer {_secret(management, order, properties)}",
        "azureml-model-deployment": order.deployment,
    }
    question = {"model": order.model, "prompt": "Hello", "max_tokens": 1}
    try:
        answer = httpx.post(
            f"{place.scheme}://{place.netloc}{order.trial_route}",
            json=question,
            headers=headers,
            timeout=_TRIAL_TIMEOUT_S,
            trust_env=place.hostname != "127.0.0.1",
        )
    except httpx.TransportError as error:
        hint = "from outside of its network: azure_ml.public_access = false"
        raise Unhealthy(f"{order.deployment} cannot be asked: {error}", hint=hint) from error
    # The platform tells the container's own status apart from its own.
    told = answer.headers.get("ms-azureml-model-error-statuscode", "")
    status = int(told) if told.isdigit() else answer.status_code
    if status in _ANSWERED_BY_PLATFORM or (told and status < _SERVER_ERROR):
        return
    if status in _NOT_SERVED or status >= _SERVER_ERROR:
        said = answer.text[:300]
        raise Unhealthy(
            f"{order.deployment} answers a first request with {status}: {said}",
            hint="llamactl logs shows what its container said; traffic stays as it is",
        )


def _secret(management: Management, order: Shift, properties: Mapping[str, Any]) -> str:
    if properties.get("authMode") == "Key":
        return str(management.post(f"{order.endpoint}/listKeys").get("primaryKey", ""))
    return management.token(DATA_SCOPE)


def _endpoint(management: Management, order: Shift) -> dict[str, Any]:
    found = management.get(order.endpoint)
    if found is None:
        raise Unhealthy(f"there is no endpoint {order.endpoint.rpartition('/')[2]}")
    return found


def _shares(endpoint: Mapping[str, Any]) -> dict[str, int]:
    told = endpoint.get("properties", {}).get("traffic") or {}
    return {str(name): int(share) for name, share in told.items() if share}


def _with(deployment: str, share: int, others: Mapping[str, int]) -> dict[str, int]:
    """Give a deployment its share, and the rest to the one of the others that has the most."""
    if share == WHOLE:
        return {deployment: WHOLE}
    most: Sequence[str] = sorted(others, key=lambda name: (-others[name], name))
    return {deployment: share, most[0]: WHOLE - share}


def _body(found: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give the body that keeps an endpoint as it was found, but for some of its properties."""
    body = {name: found[name] for name in _KEPT if found.get(name) is not None}
    body |= _identity(found.get("identity"))
    properties = found.get("properties", {})
    kept = {name: properties[name] for name in _KEPT_PROPERTIES if properties.get(name) is not None}
    return {**body, "properties": {**kept, **changes}}


def _has(found: Mapping[str, Any], settings: Settings) -> bool:
    properties = found.get("properties", {})
    users = (found.get("identity") or {}).get("userAssignedIdentities") or {}
    return (
        properties.get("authMode") == settings.auth_mode
        and properties.get("publicNetworkAccess") == settings.public_access
        and [each.lower() for each in users] == [settings.identity.lower()]
    )


def _assigned(identity: str) -> dict[str, Any]:
    return {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}


def _identity(told: Any) -> dict[str, Any]:
    match told:
        case {"type": str(kind), "userAssignedIdentities": dict(users)}:
            return {
                "identity": {"type": kind, "userAssignedIdentities": {each: {} for each in users}}
            }
        case {"type": str(kind)}:
            return {"identity": {"type": kind}}
        case _:
            return {}
