"""How many instances: by the connections that are open, and by the clock.

Azure ML measures no requests in flight. The nearest metric is ConnectionsActive, of the endpoint:
a request that is being answered holds one. Source: Azure Monitor, supported metrics of
Microsoft.MachineLearningServices/workspaces/onlineEndpoints, read 2026-11-22.
"""

import pulumi
from pulumi_azure_native import machinelearningservices, monitor

from llamactl_infra.clouds.azure.asked import concurrency
from llamactl_infra.clouds.azure.schedules import at
from llamactl_infra.clouds.azure.surroundings import Surroundings
from llamactl_infra.spec import Schedule

_METRIC = "ConnectionsActive"
_GRAIN, _WINDOW_OUT, _WINDOW_IN = "PT1M", "PT5M", "PT15M"
# An instance takes 12 to 18 minutes to come: Azure/azureml-examples issue 3515.
_COOLDOWN_OUT, _COOLDOWN_IN = "PT20M", "PT10M"
_IDLE = 0.5


def declare_autoscaling(
    around: Surroundings,
    group: pulumi.Input[str],
    endpoint: machinelearningservices.OnlineEndpoint,
    deployment: machinelearningservices.OnlineDeployment,
) -> monitor.AutoscaleSetting:
    """Declare between which numbers, and when. It stands for the deployment of that name alone.

    That of a new deployment is made before the old one's is deleted: there is always one.
    """
    spec, counts = around.spec, around.spec.capacity
    rules = _rules(around, endpoint.id)
    usual = monitor.AutoscaleProfileArgs(
        name="usual",
        capacity=_capacity(counts.minimum, counts.maximum, counts.initial),
        rules=rules,
    )
    timed = [_timed(schedule, rules) for schedule in spec.schedules]
    return monitor.AutoscaleSetting(
        around.child("scaling"),
        autoscale_setting_name=deployment.name.apply(lambda name: f"{around.child(name)}"),
        resource_group_name=group,
        location=around.region,
        target_resource_uri=deployment.id,
        enabled=True,
        profiles=[usual, *timed],
        tags=around.tags,
        opts=pulumi.ResourceOptions.merge(
            around.options(), pulumi.ResourceOptions(delete_before_replace=False)
        ),
    )


def _timed(schedule: Schedule, rules: list[monitor.ScaleRuleArgs]) -> monitor.AutoscaleProfileArgs:
    minute, hour, days = at(schedule.cron)
    return monitor.AutoscaleProfileArgs(
        name=schedule.name,
        capacity=_capacity(schedule.min_instances, schedule.max_instances, schedule.min_instances),
        rules=rules,
        recurrence=monitor.RecurrenceArgs(
            frequency=monitor.RecurrenceFrequency.WEEK,
            schedule=monitor.RecurrentScheduleArgs(
                time_zone=schedule.timezone, days=list(days), hours=[hour], minutes=[minute]
            ),
        ),
    )


def _rules(around: Surroundings, endpoint_id: pulumi.Input[str]) -> list[monitor.ScaleRuleArgs]:
    told = around.spec.target_concurrency
    target = told if told is not None else concurrency(around.spec)
    more = _trigger(endpoint_id, monitor.ComparisonOperationType.GREATER_THAN, target, _WINDOW_OUT)
    less = _trigger(
        endpoint_id, monitor.ComparisonOperationType.LESS_THAN, _IDLE * target, _WINDOW_IN
    )
    return [
        _rule(more, monitor.ScaleDirection.INCREASE, _COOLDOWN_OUT),
        _rule(less, monitor.ScaleDirection.DECREASE, _COOLDOWN_IN),
    ]


def _trigger(
    endpoint_id: pulumi.Input[str],
    operator: monitor.ComparisonOperationType,
    threshold: float,
    window: str,
) -> monitor.MetricTriggerArgs:
    return monitor.MetricTriggerArgs(
        metric_name=_METRIC,
        metric_resource_uri=endpoint_id,
        operator=operator,
        threshold=float(threshold),
        divide_per_instance=True,
        statistic=monitor.MetricStatisticType.AVERAGE,
        time_aggregation=monitor.TimeAggregationType.AVERAGE,
        time_grain=_GRAIN,
        time_window=window,
    )


def _rule(
    trigger: monitor.MetricTriggerArgs, direction: monitor.ScaleDirection, cooldown: str
) -> monitor.ScaleRuleArgs:
    action = monitor.ScaleActionArgs(
        direction=direction, type=monitor.ScaleType.CHANGE_COUNT, value="1", cooldown=cooldown
    )
    return monitor.ScaleRuleArgs(metric_trigger=trigger, scale_action=action)


def _capacity(least: int, greatest: int, start: int) -> monitor.ScaleCapacityArgs:
    # Azure Monitor takes these numbers as texts.
    return monitor.ScaleCapacityArgs(
        minimum=str(least), maximum=str(greatest), default=str(min(max(start, least), greatest))
    )
