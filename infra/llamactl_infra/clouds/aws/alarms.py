"""The alarms: those that take an update back, and those that only tell somebody."""

from dataclasses import dataclass
from typing import Any

from pulumi_aws import cloudwatch

from llamactl_infra.clouds.aws.names import ALARMS, VARIANT, alarm_name
from llamactl_infra.clouds.aws.surroundings import Surroundings

_MICROSECONDS = 1_000_000
_ENDPOINT_METRICS = "AWS/SageMaker"
_INSTANCE_METRICS = "/aws/sagemaker/Endpoints"
_LONGEST_ANSWER_S = 60
"""What an answer may take that is not streamed. Source: the SageMaker AI developer guide."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """Those that are declared; an update is taken back by the names of `rollback`."""

    rollback: tuple[str, ...]
    made: tuple[cloudwatch.MetricAlarm, ...]


def declare_alarms(around: Surroundings) -> Alarms:
    """Declare them, before the endpoint that they watch: its updates name them.

    The one that takes an update back is always there: with or without it is another endpoint to
    the provider, which deletes the first before it makes the second.
    """
    told = alarms_content(around)
    if not around.spec.alarms:
        told = {ALARMS[0]: told[ALARMS[0]]}
    made = tuple(_alarm(around, what, content) for what, content in told.items())
    return Alarms((alarm_name(around.spec.name, ALARMS[0]),), made)


def alarms_content(around: Surroundings) -> dict[str, dict[str, Any]]:
    """Give what each alarm is, by its name."""
    variant = {"EndpointName": around.spec.name, "VariantName": VARIANT}
    alarms: dict[str, dict[str, Any]] = {
        "server-errors": {
            "alarm_description": "The container answers with 5xx. An update is taken back.",
            "namespace": _ENDPOINT_METRICS,
            "metric_name": "Invocation5XXErrors",
            "statistic": "Sum",
            "threshold": 5,
            "evaluation_periods": 2,
        },
        "disk": {
            "alarm_description": "The disk is nearly full: no room for weights or logs.",
            "namespace": _INSTANCE_METRICS,
            "metric_name": "DiskUtilization",
            "statistic": "Maximum",
            "threshold": 90,
            "evaluation_periods": 5,
        },
    }
    if around.own.async_output_uri is None:
        alarms["latency"] = {
            "alarm_description": "Answers that are not streamed come near the limit of 60 s.",
            "namespace": _ENDPOINT_METRICS,
            "metric_name": "ModelLatency",
            "extended_statistic": "p99",
            "threshold": 5 / 6 * _LONGEST_ANSWER_S * _MICROSECONDS,
            "evaluation_periods": 5,
        }
    each_of = {"dimensions": variant, "period": 60, "treat_missing_data": "notBreaching"}
    return {what: {**each_of, **content} for what, content in alarms.items()}


def _alarm(around: Surroundings, what: str, content: dict[str, Any]) -> cloudwatch.MetricAlarm:
    actions = list(around.spec.alarm_actions) if around.spec.alarms else []
    return cloudwatch.MetricAlarm(
        around.child(f"{what}-alarm"),
        name=alarm_name(around.spec.name, what),
        comparison_operator="GreaterThanThreshold",
        alarm_actions=actions,
        ok_actions=actions,
        tags=around.tags,
        opts=around.options(),
        **content,
    )
