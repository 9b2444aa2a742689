"""The deployment: instances of one type that run the container, and how they are watched."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from llamactl_infra.clouds.azure.autoscaling import scales
from llamactl_infra.clouds.azure.connection import injected
from llamactl_infra.clouds.azure.durations import PERIOD_S, Probe, deployment_s, iso, probes
from llamactl_infra.clouds.azure.names import deployment_name
from llamactl_infra.clouds.azure.surroundings import Surroundings

# TGI and vLLM answer their health route at once; a busy host may take longer than the 2 s that
# Azure ML waits by default.
_PROBE_TIMEOUT_S = 5


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
        ignore_changes=["sku.capacity"] if scales(spec) else [],
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


def environment(around: Surroundings) -> dict[str, str]:
    """Give the container's environment: what the spec says of the model, under what it says itself.

    An image of llamactl's finds the weights that are mounted by itself.
    """
    spec = around.spec
    known: dict[str, str] = {}
    if spec.num_shard is not None:
        known["NUM_SHARD"] = str(spec.num_shard)
    if spec.weights_uri is None and around.own.model_asset is None:
        known["MODEL_ID"] = spec.weights
        if spec.revision is not None:
            known["REVISION"] = spec.revision
    return {**known, **injected(around), **spec.environment}


def _properties(around: Surroundings, parts: Parts) -> ml.ManagedOnlineDeploymentArgs:
    spec, own, looks = around.spec, around.own, probes(around.spec)
    at_once = own.concurrency if own.concurrency is not None else spec.parallel
    return ml.ManagedOnlineDeploymentArgs(
        endpoint_compute_type="Managed",
        instance_type=around.instance_type,
        environment_id=parts.environment_id,
        environment_variables=environment(around),
        model=parts.model_id,
        # The service's own are 5 s and 1: no model answers so.
        request_settings=ml.OnlineRequestSettingsArgs(
            request_timeout=iso(own.request_timeout_s),
            max_concurrent_requests_per_instance=at_once,
        ),
        startup_probe=_probe(looks.startup),
        liveness_probe=_probe(looks.liveness),
        readiness_probe=_probe(looks.readiness),
        scale_settings=ml.DefaultScaleSettingsArgs(scale_type="Default"),
        app_insights_enabled=False,  # its agent is Python code in the service's own images
        egress_public_network_access=_egress(around),
    )


def _egress(around: Surroundings) -> ml.EgressPublicNetworkAccessType:
    """Say how it reaches out: in a workspace that is made, its managed network decides."""
    if around.own.workspace is not None and not around.own.public_egress:
        return ml.EgressPublicNetworkAccessType.DISABLED
    return ml.EgressPublicNetworkAccessType.ENABLED


def _probe(probe: Probe) -> ml.ProbeSettingsArgs:
    return ml.ProbeSettingsArgs(
        initial_delay=iso(probe.initial_delay_s),
        period=iso(PERIOD_S),
        timeout=iso(_PROBE_TIMEOUT_S),
        success_threshold=1,
        failure_threshold=probe.failures,
    )


def _timeouts(around: Surroundings) -> pulumi.CustomTimeouts:
    whole = f"{deployment_s(around.spec)}s"
    return pulumi.CustomTimeouts(create=whole, update=whole, delete="1h")
