"""What of a spec's surroundings can be looked at before: services, region, what is given, names."""

from collections.abc import Iterator
from typing import Any

from llamactl_catalog.errors import InvalidInput, NoInstances, NoPermission
from llamactl_infra.clouds.azure.asked import own_of
from llamactl_infra.clouds.azure.management import Management, NotTaken
from llamactl_infra.clouds.azure.names import endpoint_name
from llamactl_infra.live.azure.whereabouts import WORKSPACES, group_of, is_of
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import Spec

_ML = "Microsoft.MachineLearningServices"
_ALWAYS = (_ML, "Microsoft.ManagedIdentity", "Microsoft.OperationalInsights", "Microsoft.Insights")
_OF_WORKSPACE = ("Microsoft.Storage", "Microsoft.KeyVault", "Microsoft.ContainerRegistry")
_PRIVATE = ("Microsoft.Network",)
# What Azure Resource Manager says of a region that a service is not in. Source:
# MicrosoftDocs/azure-docs, troubleshooting/error-register-resource-provider, read 2026-11-22.
_NOT_THERE = ("NoRegisteredProviderFound", "LocationNotAvailableForResourceType")


def look_at_services(management: Management, spec: Spec) -> Finding:
    """Look whether the subscription has the services that the program makes resources of.

    Raises:
        LlamactlError: Azure does not tell.
    """
    check, own = "services", own_of(spec)
    states = {each: _registration(management, spec, each) for each in _services(spec)}
    lacking = [each for each, state in states.items() if state not in ("registered", "registering")]
    if not lacking:
        return Finding(check, "ok", f"{len(states)} services are registered")
    text = f"the subscription {own.subscription} does not have {', '.join(lacking)}"
    fix = " && ".join(f"az provider register --namespace {each}" for each in lacking)
    return Finding(check, "failed", text, NoPermission(text, hint=fix))


def look_at_region(management: Management, spec: Spec) -> Finding:
    """Look whether Azure ML has the instance type in the region.

    Raises:
        LlamactlError: Azure does not tell.
    """
    check = "region"
    place = f"/subscriptions/{own_of(spec).subscription}/providers/{_ML}/locations/{spec.region}"
    try:
        told = management.listed(f"{place}/vmSizes")
    except NotTaken as error:
        if error.code not in _NOT_THERE:
            raise
        return _failed(check, f"Azure ML is not in {spec.region}", "another --region")
    names = {str(each.get("name", "")).lower() for each in told}
    if str(spec.instance_type).lower() in names:
        return Finding(check, "ok", f"Azure ML lists {spec.instance_type} in {spec.region}")
    text = f"Azure ML has no {spec.instance_type} in {spec.region}"
    return _failed(check, text, "another --region or --instance-type: llamactl plan ranks them")


def look_at_given(management: Management, spec: Spec) -> Finding:
    """Look whether what the spec says is there is there: a group, a workspace, and the like.

    Raises:
        LlamactlError: Azure does not tell.
    """
    check, found = "given resources", []
    for name, place in _given(spec):
        resource = management.get(place)
        if resource is None:
            text = f"{name}: there is no {place}"
            return Finding(check, "failed", text, InvalidInput(text, hint=_make(name)))
        location = str(resource.get("location", "")).lower().replace(" ", "")
        if name == "azure_ml.workspace" and location not in ("", str(spec.region).lower()):
            text = f"the workspace {place.rpartition('/')[2]} is in {location}, not {spec.region}"
            hint = f"--region {location}: an endpoint is where its workspace is"
            return Finding(check, "failed", text, InvalidInput(text, hint=hint))
        found.append(name)
    text = f"there: {', '.join(found)}" if found else "nothing is given that must be there"
    return Finding(check, "ok", text)


def look_at_name(management: Management, spec: Spec) -> Finding:
    """Look whether another deployment of this subscription's group has the endpoint's name.

    Names are one space for all endpoints of a region, others' too, and nothing lists those: the
    name ends in a hash of where it is, which nobody else has.

    Raises:
        LlamactlError: Azure does not tell.
    """
    check, name = "name", endpoint_name(spec)
    for workspace in _workspaces(management, spec):
        endpoint = management.get(f"{workspace}/onlineEndpoints/{name}")
        if endpoint is None:
            continue
        if is_of(endpoint, spec):
            return Finding(check, "ok", f"{name} is there, and of this deployment")
        text = f"the endpoint {name} is there in {workspace}, and not of this deployment"
        return Finding(check, "failed", text, InvalidInput(text, hint="another --name"))
    text = f"{name} is not taken where it will be; of others' in {spec.region} Azure tells nothing"
    return Finding(check, "ok", text)


def _services(spec: Spec) -> tuple[str, ...]:
    own = own_of(spec)
    made = _OF_WORKSPACE if own.workspace is None else ()
    return (*_ALWAYS, *made, *(_PRIVATE if own.private_subnet is not None else ()))


def _registration(management: Management, spec: Spec, service: str) -> str:
    place = f"/subscriptions/{own_of(spec).subscription}/providers/{service}"
    found = management.get(place) or {}
    return str(found.get("registrationState", "absent")).lower()


def _given(spec: Spec) -> Iterator[tuple[str, str]]:
    own = own_of(spec)
    if own.resource_group_given or own.workspace is not None:
        yield "azure_ml.resource_group", group_of(spec)
    if own.workspace is not None:
        yield "azure_ml.workspace", f"{group_of(spec)}/{WORKSPACES}/{own.workspace}"
    for name in ("container_registry", "storage_account", "private_subnet"):
        place = getattr(own, name)
        if place is not None:
            yield f"azure_ml.{name}", place


def _make(name: str) -> str:
    if name == "azure_ml.resource_group":
        return "az group create makes it; or --set azure_ml.resource_group_given=false"
    return "the id of one that is there; az resource list shows them"


def _workspaces(management: Management, spec: Spec) -> list[str]:
    own, group = own_of(spec), group_of(spec)
    if own.workspace is not None:
        return [f"{group}/{WORKSPACES}/{own.workspace}"]
    told: list[dict[str, Any]] = management.listed(f"{group}/{WORKSPACES}")
    return [str(each["id"]) for each in told]


def _failed(check: str, text: str, hint: str) -> Finding:
    return Finding(check, "failed", text, NoInstances(text, hint=hint))
