"""How an endpoint is: its state, what it is busy with, and why it failed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llamactl_catalog.errors import LlamactlError
from llamactl_infra.clouds.aws.places import invocations_url
from llamactl_infra.live.aws.asking import Absent, Clients, told
from llamactl_infra.live.aws.log import since
from llamactl_infra.live.cloud import Fleet, LiveEndpoint, LiveState
from llamactl_infra.live.startup import stage_of
from llamactl_infra.spec import Spec

# Source: botocore 1.43.117, sagemaker, EndpointStatus.
_STATES: Mapping[str, LiveState] = {
    "Creating": "creating",
    "Updating": "updating",
    "SystemUpdating": "updating",
    "RollingBack": "updating",
    "InService": "running",
    "Deleting": "deleting",
    "Failed": "failed",
    "OutOfService": "failed",
    "UpdateRollbackFailed": "failed",
}
_DOING = {
    "SystemUpdating": "SageMaker updates the hosts",
    "RollingBack": "takes the update back",
}
# Source: botocore 1.43.117, sagemaker, VariantStatus; "Baking" is the watched time of an update.
_VARIANT_DOING = {
    "ActivatingTraffic": "moves traffic to the new instances",
    "Baking": "watches the new instances before the old ones go",
    "Deleting": "removes the old instances",
}


def described(clients: Clients, spec: Spec) -> Mapping[str, Any] | None:
    """Give the endpoint as SageMaker describes it; None: there is none.

    Raises:
        LlamactlError: SageMaker does not let it be read.
    """
    client = clients.within("sagemaker", spec)
    try:
        with told("sagemaker:DescribeEndpoint"):
            answer: Mapping[str, Any] = client.describe_endpoint(EndpointName=spec.name)
    except Absent:
        return None
    return answer


def configuration_of(clients: Clients, spec: Spec, name: str) -> Mapping[str, Any] | None:
    """Give an endpoint configuration as SageMaker describes it; None: there is none.

    Raises:
        LlamactlError: SageMaker does not let it be read.
    """
    client = clients.within("sagemaker", spec)
    try:
        with told("sagemaker:DescribeEndpointConfig"):
            answer: Mapping[str, Any] = client.describe_endpoint_config(EndpointConfigName=name)
    except Absent:
        return None
    return answer


def live_endpoint(clients: Clients, spec: Spec) -> LiveEndpoint:
    """Tell how the endpoint of a spec is.

    Raises:
        LlamactlError: SageMaker does not let it be read.
    """
    told_of = described(clients, spec)
    if told_of is None:
        return LiveEndpoint("absent")
    status = str(told_of["EndpointStatus"])
    state = _STATES.get(status, "updating")
    variants = told_of.get("ProductionVariants", [])
    doing = None
    if state in {"creating", "updating"}:
        doing = _DOING.get(status) or _doing(clients, spec, told_of)
    return LiveEndpoint(
        state,
        reason=_reason(status, told_of),
        doing=doing,
        url=invocations_url(spec.name, spec.region) if spec.region is not None else None,
        instance_type=_instance_type(clients, spec, told_of),
        instances=instances_of(variants),
        created_at=told_of.get("CreationTime"),
        beside=tuple(_beside(told_of)),
    )


def instances_of(variants: Sequence[Mapping[str, Any]]) -> int | None:
    """Count the instances that there are now; None: SageMaker does not say."""
    counts = [each["CurrentInstanceCount"] for each in variants if "CurrentInstanceCount" in each]
    return sum(counts) if counts else None


def _beside(told_of: Mapping[str, Any]) -> Iterator[Fleet]:
    """Name the instances that an update has started. Source: botocore, PendingDeploymentSummary."""
    for each in told_of.get("PendingDeploymentSummary", {}).get("ProductionVariants", []):
        if each.get("CurrentInstanceCount") and "InstanceType" in each:
            yield Fleet(str(each["InstanceType"]), int(each["CurrentInstanceCount"]))


def _reason(status: str, told_of: Mapping[str, Any]) -> str | None:
    reason = told_of.get("FailureReason")
    if reason is not None:
        return str(reason)
    return "it is out of service" if status == "OutOfService" else None


def _instance_type(clients: Clients, spec: Spec, told_of: Mapping[str, Any]) -> str | None:
    configuration = configuration_of(clients, spec, str(told_of["EndpointConfigName"]))
    variants = (configuration or {}).get("ProductionVariants", [])
    return next((str(each["InstanceType"]) for each in variants if "InstanceType" in each), None)


def _doing(clients: Clients, spec: Spec, told_of: Mapping[str, Any]) -> str:
    pending = told_of.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
    coming = pending or told_of.get("ProductionVariants", [])
    statuses = [status for each in coming for status in each.get("VariantStatus", [])]
    for status in statuses:
        doing = _VARIANT_DOING.get(str(status.get("Status")))
        if doing is not None:
            return doing
    stage = _stage(clients, spec, told_of)
    return stage if stage is not None else _starting(coming, spec, statuses)


def _stage(clients: Clients, spec: Spec, told_of: Mapping[str, Any]) -> str | None:
    """Let the container's log tell; whoever may not read it is told less, not nothing."""
    is_new = told_of["EndpointStatus"] == "Creating"
    update = told_of.get("PendingDeploymentSummary", {}).get("StartTime")
    begun = told_of["CreationTime"] if is_new else update or told_of["LastModifiedTime"]
    try:
        return stage_of(since(clients, spec, begun.timestamp()), alone=is_new)
    except LlamactlError:
        return None


def _starting(
    coming: Sequence[Mapping[str, Any]], spec: Spec, statuses: Sequence[Mapping[str, Any]]
) -> str:
    """SageMaker does not tell an instance that is awaited from one that pulls its image."""
    wanted = sum(each.get("DesiredInstanceCount", 0) for each in coming) or spec.instances
    there = instances_of(coming) or 0
    words = next((str(each["StatusMessage"]) for each in statuses if "StatusMessage" in each), None)
    said = f" ({words})" if words else ""
    return f"starts instances, image and weights: {there} of {wanted} in service{said}"
