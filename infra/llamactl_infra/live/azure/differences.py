"""Where what runs is not what a spec asks for, compared with what the program declares by.

No value of the container's environment is told: one may be a secret.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from llamactl_infra.clouds.azure.asked import (
    AUTH_MODES,
    HUB_VARIABLE,
    access,
    concurrency,
    egress,
    environment,
    environment_version,
    model_version,
    own_of,
)
from llamactl_infra.clouds.azure.durations import (
    PERIOD_S,
    PROBE_TIMEOUT_S,
    SUCCESSES,
    probes,
    seconds_of,
)
from llamactl_infra.clouds.azure.management import Management
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.clouds.azure.shifting import WHOLE
from llamactl_infra.spec import Spec

Resource = Mapping[str, Any]


def differences(management: Management, spec: Spec, place: str | None) -> Iterator[str]:
    """Compare the endpoint at a place, its deployment and its image with a spec.

    Raises:
        LlamactlError: Azure does not let it be read.
    """
    endpoint = None if place is None else management.get(place)
    if place is None or endpoint is None:
        yield "there is no endpoint"
        return
    wanted = deployment_name(spec)
    yield from of_endpoint(endpoint, spec, wanted)
    deployment = management.get(f"{place}/deployments/{wanted}")
    if deployment is None:
        yield f"there is no deployment {wanted}"
        return
    yield from of_deployment(deployment, spec)
    workspace = place.rpartition("/onlineEndpoints/")[0]
    asset = f"{workspace}/environments/{spec.name}/versions/{environment_version(spec)}"
    yield from _of_image(management, deployment, asset, spec)


def of_endpoint(endpoint: Resource, spec: Spec, wanted: str) -> Iterator[str]:
    """Compare an endpoint's settings, and whether all its traffic goes to the deployment."""
    properties = endpoint.get("properties") or {}
    yield from _told("state of the endpoint", properties.get("provisioningState"), "Succeeded")
    yield from _told("sign-in", properties.get("authMode"), AUTH_MODES[own_of(spec).auth])
    yield from _told("public access", properties.get("publicNetworkAccess"), access(spec))
    traffic = {name: int(share) for name, share in (properties.get("traffic") or {}).items()}
    shares = {name: share for name, share in traffic.items() if share}
    if shares != {wanted: WHOLE}:
        told = ", ".join(f"{share} % to {name}" for name, share in sorted(shares.items()))
        asked = f"{WHOLE} % to {wanted}"
        yield f"traffic: {told or 'none'}, not {asked}: the update did not come through"


def of_deployment(deployment: Resource, spec: Spec) -> Iterator[str]:
    """Compare a deployment's own settings and how many instances it has."""
    properties = deployment.get("properties") or {}
    yield from _told("state", properties.get("provisioningState"), "Succeeded")
    yield from _told("instance type", properties.get("instanceType"), spec.instance_type)
    yield from _of_count((deployment.get("sku") or {}).get("capacity"), spec)
    yield from _of_model(properties.get("model"), spec)
    yield from _of_environment(properties.get("environmentVariables") or {}, spec)
    requests = properties.get("requestSettings") or {}
    longest = requests.get("requestTimeout")
    yield from _durations("request timeout", longest, own_of(spec).request_timeout_s)
    at_once = requests.get("maxConcurrentRequestsPerInstance")
    yield from _told("requests at once", at_once, concurrency(spec))
    yield from _told("egress", properties.get("egressPublicNetworkAccess"), egress(spec))
    yield from _of_probes(properties, spec)


def _of_count(count: object, spec: Spec) -> Iterator[str]:
    if not spec.capacity.is_scaled:
        yield from _told("instances", count, spec.instances)
        return
    if not isinstance(count, int) or spec.capacity.within(count) != count:
        yield f"instances: {count}, not {spec.capacity}"


def _of_model(told: object, spec: Spec) -> Iterator[str]:
    asset = own_of(spec).model_asset
    if asset is not None:
        yield from _told("model", told, asset)
    elif spec.weights_uri is None:
        if told:
            yield f"model: {_short(told)}, and none is asked for"
    elif not str(told).lower().endswith(f"/models/{spec.name}/versions/{model_version(spec)}"):
        yield f"model: {_short(told)}, not version {model_version(spec)}"


def _of_environment(told: Mapping[str, str], spec: Spec) -> Iterator[str]:
    asked = environment(spec)
    if spec.hub_token is None and "azureml://connections/" in told.get(HUB_VARIABLE, ""):
        told = {name: value for name, value in told.items() if name != HUB_VARIABLE}
    lacks = sorted(asked.keys() - told.keys())
    others = sorted(name for name in asked.keys() & told.keys() if asked[name] != told[name])
    beside = sorted(told.keys() - asked.keys())
    for what, names in (("lacks", lacks), ("differs in", others), ("has besides", beside)):
        if names:
            yield f"container environment {what} {', '.join(names)}"


def _of_probes(properties: Resource, spec: Spec) -> Iterator[str]:
    asked = probes(spec)
    for name in ("startup", "liveness", "readiness"):
        told, probe = properties.get(f"{name}Probe") or {}, getattr(asked, name)
        where = f"{name} probe"
        yield from _durations(f"{where}, delay", told.get("initialDelay"), probe.initial_delay_s)
        yield from _durations(f"{where}, period", told.get("period"), PERIOD_S)
        yield from _durations(f"{where}, timeout", told.get("timeout"), PROBE_TIMEOUT_S)
        yield from _told(f"{where}, failures", told.get("failureThreshold"), probe.failures)
        yield from _told(f"{where}, successes", told.get("successThreshold"), SUCCESSES)


def _of_image(
    management: Management, deployment: Resource, asset: str, spec: Spec
) -> Iterator[str]:
    named = str((deployment.get("properties") or {}).get("environmentId", ""))
    if named.lower() != asset.lower():
        yield f"image: by {_short(named)}, not {_short(asset)}"
        return
    found = management.get(asset) or {}
    yield from _told("image", (found.get("properties") or {}).get("image"), spec.image)


def _told(what: str, told: object, asked: object) -> Iterator[str]:
    same = str(told).lower() == str(asked).lower() if isinstance(asked, str) else told == asked
    if not same:
        yield f"{what}: {'none' if told is None else told}, not {asked}"


def _durations(what: str, told: object, asked_s: float) -> Iterator[str]:
    has_s = seconds_of(told) if isinstance(told, str) else None
    if has_s != asked_s:
        yield f"{what}: {'none' if told is None else told}, not {asked_s:g} s"


def _short(asset: object) -> str:
    return "/".join(str(asset).split("/")[-3:]) if asset else "none"
