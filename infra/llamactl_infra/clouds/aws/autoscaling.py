"""How the number of instances follows the load, and the clock."""

from typing import Any

import pulumi
from pulumi_aws import appautoscaling

from llamactl_infra.clouds.aws.names import SCALED, SCALING_SERVICE
from llamactl_infra.clouds.aws.schedules import cron_expression
from llamactl_infra.clouds.aws.surroundings import Surroundings

# A new instance is minutes away, so out at once and in slowly.
_OUT_S, _IN_S = 60, 600
# Requests that wait for an instance of an asynchronous endpoint. Source: the SageMaker AI
# developer guide, async-inference-autoscale: its example's target.
_BACKLOG = 5


def declare_autoscaling(
    around: Surroundings, variant: pulumi.Input[str], endpoint: pulumi.Resource
) -> None:
    """Declare the target, its policy and its scheduled actions; `variant` is what they scale."""
    spec = around.spec
    of: dict[str, Any] = {
        "service_namespace": SCALING_SERVICE,
        "resource_id": variant,
        "scalable_dimension": SCALED,
    }
    target = appautoscaling.Target(
        around.child("scaling"),
        min_capacity=spec.capacity.minimum,
        max_capacity=spec.capacity.maximum,
        tags=around.tags,
        opts=around.options(endpoint),
        **of,
    )
    appautoscaling.Policy(
        around.child("scaling-policy"),
        name=f"llamactl-{spec.name}",
        policy_type="TargetTrackingScaling",
        opts=around.options(target),
        **of,
        **_tracking(around),
    )
    before: pulumi.Resource = target
    for each in spec.schedules:  # one after the other: the service takes no two at once
        before = appautoscaling.ScheduledAction(
            around.child(f"schedule-{each.name}"),
            name=f"llamactl-{spec.name}-{each.name}",
            schedule=cron_expression(each.cron) or "",
            timezone=each.timezone,
            scalable_target_action={
                "min_capacity": each.min_instances,
                "max_capacity": each.max_instances,
            },
            opts=around.options(before),
            **of,
        )


def _tracking(around: Surroundings) -> dict[str, Any]:
    return {"target_tracking_scaling_policy_configuration": _target(around)}


def _target(around: Surroundings) -> dict[str, Any]:
    cooldowns = {"scale_out_cooldown": _OUT_S, "scale_in_cooldown": _IN_S}
    if around.own.async_output_uri is not None:
        metric = {
            "namespace": "AWS/SageMaker",
            "metric_name": "ApproximateBacklogSizePerInstance",
            "statistic": "Average",
            "dimensions": [{"name": "EndpointName", "value": around.spec.name}],
        }
        told = {"customized_metric_specification": metric}
        return {**told, "target_value": _BACKLOG, **cooldowns}
    asked = around.spec.target_concurrency
    predefined = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    return {
        "predefined_metric_specification": {"predefined_metric_type": predefined},
        "target_value": asked if asked is not None else around.spec.parallel,
        **cooldowns,
    }
