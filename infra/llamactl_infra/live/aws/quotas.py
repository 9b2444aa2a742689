"""The quota of an instance type: how much is needed, given and in use; unknown is not none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llamactl_catalog.errors import LlamactlError, NoQuota
from llamactl_catalog.hardware import InstanceType
from llamactl_catalog.quota import Quota, quota, quota_needed
from llamactl_infra.clouds.aws.asked import asked_of
from llamactl_infra.clouds.aws.configuration_content import configuration_name
from llamactl_infra.clouds.aws.places import console_host
from llamactl_infra.clouds.aws.updates import pace_of, update_policy
from llamactl_infra.live.aws.asking import Absent, Clients, told
from llamactl_infra.live.aws.contents import as_the_service_has_it, compared
from llamactl_infra.live.aws.endpoint import configuration_of, described
from llamactl_infra.live.cloud import Finding
from llamactl_infra.spec import SageMakerSpec, Spec

CHECK = "quota"
_SERVICE = "sagemaker"
_WHOLE = 100
_PAGE = 100
# Endpoints that have instances, or are about to. Source: botocore 1.43.117, EndpointStatus.
_WITHOUT_INSTANCES = ("Failed", "Deleting", "OutOfService")


def quota_finding(
    clients: Clients, spec: Spec, instance_type: InstanceType, standing: Spec | None
) -> Finding:
    """Compare what is needed, now and at the peak, with what is given and not in use.

    Raises:
        LlamactlError: Service Quotas does not tell, which is neither good nor bad.
    """
    of = quota(instance_type, spec.capacity.peak)
    found = _found(clients, spec, of)
    if found is None:
        return Finding(CHECK, "unknown", f"Service Quotas lists no '{of.name}' in {spec.region}")
    given = int(found["Value"])
    live = described(clients, spec) if standing is not None else None
    if live is not None and live["EndpointStatus"] in _WITHOUT_INSTANCES:
        live = None
    more = _more(clients, spec, instance_type, live, standing)
    if more.count == 0:
        return Finding(CHECK, "ok", f"{of.name}: {given}; no new instances are needed")
    used = _in_use(clients, spec, instance_type.name)
    needed = more.count + (used if used is not None else 0)
    in_use = "how many are in use is not told" if used is None else f"{used} in use"
    text = f"{of.name}: {given}, {in_use}, {more.count} needed{more.why}"
    if given < needed:
        hint = _fix(spec, str(found["QuotaCode"]), needed, more)
        return Finding(CHECK, "failed", text, NoQuota(f"not enough quota: {text}", hint=hint))
    if used is None:
        return Finding(CHECK, "unknown", text)
    if live is None:
        text += _later(spec, instance_type, given - used)
    return Finding(CHECK, "ok", text)


def lists(clients: Clients, spec: Spec, instance_type: InstanceType) -> bool:
    """Tell whether Service Quotas knows the instance type in the region, for endpoints.

    Raises:
        LlamactlError: Service Quotas does not tell.
    """
    return _found(clients, spec, quota(instance_type, 1)) is not None


def _fix(spec: Spec, code: str, needed: int, more: "_More") -> str:
    region = spec.region or ""
    ask = (
        f"aws service-quotas request-service-quota-increase --service-code {_SERVICE} "
        f"--quota-code {code} --desired-value {needed} --region {region}, or "
        f"https://{region}.{console_host(region)}/servicequotas/home/services/{_SERVICE}"
        f"/quotas/{code}"
    )
    if more.is_fleet and spec.update != "rolling" and spec.instances > 1:  # one has no parts
        return f"--update rolling needs less; or {ask}"
    if spec.capacity.peak > spec.instances and not more.is_fleet:
        return f"a lower --max, or schedules with fewer instances; or {ask}"
    return ask


@dataclass(frozen=True, slots=True)
class _More:
    """Instances that are needed beyond those in use; `is_fleet`: for the time of an update."""

    count: int
    why: str = ""
    is_fleet: bool = False


def _more(
    clients: Clients,
    spec: Spec,
    instance_type: InstanceType,
    live: Mapping[str, Any] | None,
    standing: Spec | None,
) -> _More:
    """Count the larger of what an update starts beside what runs, and of what the peak adds."""
    peak = quota_needed(instance_type, spec.capacity.peak)
    at_peak = f" at the peak, {spec.instances} at first" if spec.capacity.is_scaled else ""
    if live is None or standing is None:
        return _More(peak, at_peak)
    fleet = _More(_fleet(spec, instance_type, live), _why(spec), is_fleet=True)
    if _peak_of(standing, instance_type) >= spec.capacity.peak:
        return fleet  # the peak is no higher than before
    growth = peak - _of_endpoint(clients, spec, spec.name, instance_type.name)
    return max(fleet, _More(growth, at_peak), key=lambda each: each.count)


def _peak_of(standing: Spec, instance_type: InstanceType) -> int:
    return standing.capacity.peak if standing.instance_type == instance_type.name else 0


def _fleet(spec: Spec, instance_type: InstanceType, live: Mapping[str, Any]) -> int:
    """Count the instances that are started beside those that run."""
    whole = quota_needed(instance_type, spec.instances)
    own = spec.sagemaker if spec.sagemaker is not None else SageMakerSpec()
    if spec.image is not None and _runs(spec, own, live):
        return 0
    if spec.update != "rolling":
        return whole
    percent = pace_of(spec, own).percent
    return quota_needed(instance_type, -(-spec.instances * percent // _WHOLE))


def _runs(spec: Spec, own: SageMakerSpec, live: Mapping[str, Any]) -> bool:
    """Tell whether no update is due: the provider makes one for the policy of updates alone, too.

    Source: terraform-provider-aws 6.30, sagemaker/endpoint.go, resourceEndpointUpdate.
    """
    if live["EndpointConfigName"] != configuration_name(asked_of(spec)):
        return False
    wanted = as_the_service_has_it(update_policy(spec, own))
    return not list(compared(wanted, live.get("LastDeploymentConfig") or {}))


def _why(spec: Spec) -> str:
    if spec.update == "rolling":
        return " for a batch of the update"
    return " for the second fleet of the update"


def _later(spec: Spec, instance_type: InstanceType, free: int) -> str:
    """Say what the quota does not suffice for, once it runs."""
    update = quota(instance_type, spec.instances).needed_to_update
    if free < update:
        return f"; a later update needs {update} for a while, unless it is --update rolling"
    return ""


def _found(clients: Clients, spec: Spec, of: Quota) -> Mapping[str, Any] | None:
    """Find the applied value, else AWS's own default, by its code, else by its name."""
    client = clients.within("service-quotas", spec)
    if of.code is not None:
        for ask, what in (
            (client.get_service_quota, "servicequotas:GetServiceQuota"),
            (client.get_aws_default_service_quota, "servicequotas:GetAWSDefaultServiceQuota"),
        ):
            found = _asked(ask, what, of.code)
            if found is not None and found.get("QuotaName") == of.name:
                return found
    for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
        for each in _listed(client, operation):
            if each.get("QuotaName") == of.name:
                return each
    return None


def _asked(ask: Any, what: str, code: str) -> Mapping[str, Any] | None:
    try:
        with told(what):
            answer: Mapping[str, Any] = ask(ServiceCode=_SERVICE, QuotaCode=code)["Quota"]
    except Absent:
        return None
    return answer


def _listed(client: Any, operation: str) -> Iterator[Mapping[str, Any]]:
    with told("servicequotas:ListServiceQuotas"):
        for page in client.get_paginator(operation).paginate(
            ServiceCode=_SERVICE, PaginationConfig={"PageSize": _PAGE}
        ):
            yield from page["Quotas"]


def _in_use(clients: Clients, spec: Spec, instance_type: str) -> int | None:
    """Count the instances of a type that endpoints have; None: it is not told."""
    client = clients.within("sagemaker", spec)
    try:
        with told("sagemaker:ListEndpoints"):
            pages = client.get_paginator("list_endpoints").paginate()
            names = [
                str(each["EndpointName"])
                for page in pages
                for each in page["Endpoints"]
                if each["EndpointStatus"] not in _WITHOUT_INSTANCES
            ]
        return sum(_of_endpoint(clients, spec, each, instance_type) for each in names)
    except LlamactlError:
        return None


def _of_endpoint(clients: Clients, spec: Spec, name: str, instance_type: str) -> int:
    client = clients.within("sagemaker", spec)
    try:
        with told("sagemaker:DescribeEndpoint"):
            live = client.describe_endpoint(EndpointName=name)
    except Absent:
        return 0  # removed meanwhile
    configuration = configuration_of(clients, spec, str(live["EndpointConfigName"])) or {}
    there = {each["VariantName"]: each for each in live.get("ProductionVariants", [])}
    return sum(
        _instances(each, there.get(each["VariantName"], {}))
        for each in configuration.get("ProductionVariants", [])
        if each.get("InstanceType") == instance_type
    )


def _instances(variant: Mapping[str, Any], live: Mapping[str, Any]) -> int:
    """One that is being made has none yet, and will have."""
    counts = (live.get("CurrentInstanceCount"), live.get("DesiredInstanceCount"))
    known = [int(each) for each in counts if each is not None]
    return max(known, default=int(variant.get("InitialInstanceCount", 0)))
