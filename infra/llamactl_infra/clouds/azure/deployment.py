"""The deployment: instances of one type that run the container, and how they are watched."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from llamactl_infra.clouds.azure.asked import concurrency, egress, environment
from llamactl_infra.clouds.azure.durations import (
    PERIOD_S,
    PROBE_TIMEOUT_S,
    SUCCESSES,
    Probe,
    deployment_s,
    iso,
    probes,
)
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.clouds.azure.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Parts:
    """What a deployment is made of, and where: the resource group, workspace and endpoint."""

    group: pulumi.Input[str]
    workspace: pulumi.Input[str]
    endpoint: pulumi.Input[str]
    environment_id: pulumi.Input[str]
    model_id: pulumi.Input[str] | None


def declare_deployment(
    around: Surroundings, parts: Parts, *after: pulumi.Resource
) -> ml.OnlineDeployment:
    """Declare it. Where it scales by itself, the count that it has is not set back.

    Its name carries what cannot change in place: of another content, it is made beside the old
    one, which goes when the traffic has moved.
    """
    spec = around.spec
    ours = pulumi.ResourceOptions(
        ignore_changes=["sku.capacity"] if spec.capacity.is_scaled else [],
        custom_timeouts=_timeouts(around),
    )
    return ml.OnlineDeployment(
        around.child("deployment"),
        deployment_name=deployment_name(spec),
        endpoint_name=parts.endpoint,
        workspace_name=parts.workspace,
        resource_group_name=parts.group,
        location=around.region,
        kind="Managed",
        sku=ml.SkuArgs(name="Default", capacity=spec.instances),
        properties=_properties(around, parts),
        tags=around.tags,
        opts=pulumi.ResourceOptions.merge(around.options(*after), ours),
    )


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
