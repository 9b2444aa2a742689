"""The deployment: instances of one type that run the container, and how they are watched."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from llamactl_infra.clouds.azure.asked import (
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
    Probe,
    deployment_s,
    iso,
    probes,
)
from llamactl_infra.clouds.azure.instance_count import InstanceCount
from llamactl_infra.clouds.azure.names import asset_version, deployment_name
from llamactl_infra.clouds.azure.surroundings import Surroundings
from llamactl_infra.spec import Spec


@dataclass(frozen=True, slots=True)
class Parts:
    """What a deployment is made of, and where: the resource group, workspace and endpoint."""

    group: pulumi.Input[str]
    workspace: pulumi.Input[str]
    endpoint: ml.OnlineEndpoint
    environment_id: pulumi.Input[str]
    model_id: pulumi.Input[str] | None


def declare_deployment(
    around: Surroundings, parts: Parts, *after: pulumi.Resource
) -> ml.OnlineDeployment:
    """Declare it, with the number of instances that it has where it scales by itself.

    Its name carries what cannot change in place: of another content, it is made beside the old
    one, which goes when the traffic has moved. Its tags are those of the day it was made, since
    Azure knows no change of tags alone here that is sure to leave the instances as they are.
    """
    spec = around.spec
    ours = pulumi.ResourceOptions(
        # The provider deletes first whatever is named, also where the new name is another one.
        delete_before_replace=False,
        ignore_changes=["tags"],
        custom_timeouts=_timeouts(around),
    )
    return ml.OnlineDeployment(
        around.child("deployment"),
        deployment_name=deployment_name(spec),
        endpoint_name=parts.endpoint.name,
        workspace_name=parts.workspace,
        resource_group_name=parts.group,
        location=around.region,
        kind="Managed",
        sku=ml.SkuArgs(name="Default", capacity=_capacity(around, parts.endpoint)),
        properties=_properties(around, parts),
        tags=around.lasting_tags,
        opts=pulumi.ResourceOptions.merge(around.options(*after), ours),
    )


def _capacity(around: Surroundings, endpoint: ml.OnlineEndpoint) -> pulumi.Input[int]:
    spec = around.spec
    if not spec.capacity.is_scaled:
        return spec.instances
    return InstanceCount(
        around.child("count"),
        {
            "endpoint": endpoint.id,
            "deployment": deployment_name(spec),
            "content": asset_version(_content(spec)),
            "instances": spec.instances,
            "lowest": spec.capacity.lowest,
            "highest": spec.capacity.peak,
        },
        around.options(endpoint),
    ).count_or(spec.instances)


def _content(spec: Spec) -> list[Any]:
    """Give all that a PUT of the deployment is due for when it changes, but the count."""
    looks = probes(spec)
    return [
        [deployment_name(spec), spec.instance_type, environment(spec)],
        [environment_version(spec), model_version(spec), own_of(spec).model_asset],
        [own_of(spec).request_timeout_s, concurrency(spec), egress(spec)],
        [[each.initial_delay_s, each.failures] for each in (looks.startup, looks.liveness)],
    ]


def _properties(around: Surroundings, parts: Parts) -> ml.ManagedOnlineDeploymentArgs:
    spec, looks = around.spec, probes(around.spec)
    return ml.ManagedOnlineDeploymentArgs(
        endpoint_compute_type="Managed",
        instance_type=around.instance_type,
        environment_id=parts.environment_id,
        environment_variables=environment(spec),
        model=parts.model_id,
        # The service's own are 5 s and 1: no model answers so.
        request_settings=ml.OnlineRequestSettingsArgs(
            request_timeout=iso(around.own.request_timeout_s),
            max_concurrent_requests_per_instance=concurrency(spec),
        ),
        startup_probe=_probe(looks.startup),
        liveness_probe=_probe(looks.liveness),
        readiness_probe=_probe(looks.readiness),
        scale_settings=ml.DefaultScaleSettingsArgs(scale_type="Default"),
        app_insights_enabled=False,  # its agent is Python code in the service's own images
        egress_public_network_access=egress(spec),
    )


def _probe(probe: Probe) -> ml.ProbeSettingsArgs:
    return ml.ProbeSettingsArgs(
        initial_delay=iso(probe.initial_delay_s),
        period=iso(PERIOD_S),
        timeout=iso(PROBE_TIMEOUT_S),
        success_threshold=SUCCESSES,
        failure_threshold=probe.failures,
    )


def _timeouts(around: Surroundings) -> pulumi.CustomTimeouts:
    whole = f"{deployment_s(around.spec)}s"
    return pulumi.CustomTimeouts(create=whole, update=whole, delete="1h")
