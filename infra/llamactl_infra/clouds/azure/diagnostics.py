"""The endpoint's logs, and alerts when it fails or is slow."""

import pulumi
from pulumi_azure_native import machinelearningservices, monitor, operationalinsights

from llamactl_infra.clouds.azure.surroundings import Surroundings

# Source: Azure Monitor, supported logs of workspaces/onlineEndpoints, read 2026-11-22.
_LOGS = (
    "AmlOnlineEndpointConsoleLog",
    "AmlOnlineEndpointEventLog",
    "AmlOnlineEndpointTrafficLog",
)
_SEVERITY_ERROR, _SEVERITY_WARNING = 1, 2
_ALL_LATE = 0.9


def declare_logs(around: Surroundings, group: pulumi.Input[str]) -> operationalinsights.Workspace:
    """Declare where logs are kept, for so many days."""
    return operationalinsights.Workspace(
        around.child("logs"),
        resource_group_name=group,
        location=around.region,
        sku=operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
        retention_in_days=around.spec.log_days,
        tags=around.tags,
        opts=around.options(),
    )


def declare_diagnostics(
    around: Surroundings,
    endpoint: machinelearningservices.OnlineEndpoint,
    logs: operationalinsights.Workspace,
) -> None:
    """Declare that the endpoint's logs and metrics go there, and none elsewhere."""
    monitor.DiagnosticSetting(
        around.child("diagnostics"),
        name=around.spec.name,
        resource_uri=endpoint.id,
        workspace_id=logs.id,
        logs=[
            monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True)
            for category in _LOGS
        ],
        metrics=[monitor.DiagnosticsMetricSettingsArgs(category="Traffic", enabled=True)],
        opts=around.options(),
    )


def declare_alerts(
    around: Surroundings,
    group: pulumi.Input[str],
    endpoint: machinelearningservices.OnlineEndpoint,
) -> None:
    """Declare the alerts, where the spec wants them: failed answers, and answers near the limit."""
    if not around.spec.alarms:
        return
    failed = monitor.MetricCriteriaArgs(
        criterion_type="StaticThresholdCriterion",
        name="failed",
        metric_name="RequestsPerMinute",
        time_aggregation=monitor.AggregationTypeEnum.AVERAGE,
        operator=monitor.Operator.GREATER_THAN,
        threshold=0.0,
        dimensions=[
            monitor.MetricDimensionArgs(name="statusCodeClass", operator="Include", values=["5xx"])
        ],
    )
    late = monitor.MetricCriteriaArgs(
        criterion_type="StaticThresholdCriterion",
        name="late",
        metric_name="RequestLatency",
        time_aggregation=monitor.AggregationTypeEnum.AVERAGE,
        operator=monitor.Operator.GREATER_THAN,
        threshold=1000.0 * _ALL_LATE * around.own.request_timeout_s,  # the metric is in ms
    )
    _alert(around, group, endpoint, failed, _SEVERITY_ERROR)
    _alert(around, group, endpoint, late, _SEVERITY_WARNING)


def _alert(
    around: Surroundings,
    group: pulumi.Input[str],
    endpoint: machinelearningservices.OnlineEndpoint,
    criterion: monitor.MetricCriteriaArgs,
    severity: int,
) -> None:
    name = around.child(f"alert-{criterion.name}")
    monitor.MetricAlert(
        name,
        rule_name=name,
        resource_group_name=group,
        location="global",
        enabled=True,
        severity=severity,
        scopes=[endpoint.id],
        evaluation_frequency="PT1M",
        window_size="PT5M",
        criteria=monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
            odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            all_of=[criterion],
        ),
        actions=[
            monitor.MetricAlertActionArgs(action_group_id=each)
            for each in around.spec.alarm_actions
        ],
        tags=around.tags,
        opts=around.options(),
    )
