"""The dashboard: requests, latency, errors, GPUs and instances of one endpoint on a page."""

import json
from typing import Any

from pulumi_aws import cloudwatch

from llamactl_infra.clouds.aws.names import VARIANT, dashboard_name
from llamactl_infra.clouds.aws.surroundings import Surroundings

_ENDPOINT = "AWS/SageMaker"
_INSTANCES = "/aws/sagemaker/Endpoints"
# Title, statistic, namespace, metrics.
_CHARTS = (
    ("Requests a minute", "Sum", _ENDPOINT, ("Invocations",)),
    ("Latency of the model, microseconds", "p99", _ENDPOINT, ("ModelLatency", "OverheadLatency")),
    ("Errors a minute", "Sum", _ENDPOINT, ("Invocation4XXErrors", "Invocation5XXErrors")),
    ("Requests at once, a model", "Maximum", _ENDPOINT, ("ConcurrentRequestsPerModel",)),
    ("GPUs, percent", "Average", _INSTANCES, ("GPUUtilization", "GPUMemoryUtilization")),
    (
        "Host, percent",
        "Average",
        _INSTANCES,
        ("CPUUtilization", "MemoryUtilization", "DiskUtilization"),
    ),
)
_WIDTH, _HEIGHT, _COLUMNS = 12, 6, 2


def declare_dashboard(around: Surroundings) -> cloudwatch.Dashboard:
    """Declare it, under the endpoint's name."""
    return cloudwatch.Dashboard(
        around.child("dashboard"),
        dashboard_name=dashboard_name(around.spec.name),
        dashboard_body=json.dumps({"widgets": widgets(around.spec.name, around.region)}),
        opts=around.options(),
    )


def widgets(name: str, region: str) -> list[dict[str, Any]]:
    """Give the charts, two beside each other."""
    return [_widget(number, name, region) for number in range(len(_CHARTS))]


def _widget(number: int, name: str, region: str) -> dict[str, Any]:
    title, statistic, namespace, metrics = _CHARTS[number]
    dimensions = ["EndpointName", name, "VariantName", VARIANT]
    return {
        "type": "metric",
        "x": number % _COLUMNS * _WIDTH,
        "y": number // _COLUMNS * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": {
            "title": title,
            "region": region,
            "stat": statistic,
            "period": 60,
            "metrics": [[namespace, metric, *dimensions] for metric in metrics],
        },
    }
