"""What a resource is in AWS now, told in the inputs that Pulumi's AWS declares it by."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from standins.aws.translation import Own, declared, same_document

Client = Callable[[str], Any]
MISSING = (
    "NoSuchEntity",
    "NoSuchEntityException",
    "ResourceNotFoundException",
    "ResourceNotFound",
    "ObjectNotFoundException",
    "DashboardNotFoundError",
)
# Moto's words where the service has ObjectNotFoundException.
_MISSING_WORDS = ("Could not find", "No scalable target found", "No scaling policy found")


def is_missing(error: ClientError) -> bool:
    """Tell whether a refusal says that there is no such thing."""
    told = error.response["Error"]
    return told["Code"] in MISSING or any(each in told["Message"] for each in _MISSING_WORDS)


def observed(kind: str, own: Own, client: Client) -> Own | None:
    """Give the resource's inputs as they are there; None: it is gone."""
    try:
        found = _READERS[kind](own, client)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return None if found is None else {**own, **found}


def _role(own: Own, client: Client) -> Own | None:
    role = client("iam").get_role(RoleName=own["name"])["Role"]
    return {"description": role.get("Description", "")}


def _role_policy(own: Own, client: Client) -> Own | None:
    told = client("iam").get_role_policy(RoleName=own["role"], PolicyName=own["name"])
    document = told["PolicyDocument"]
    return {} if same_document(own["policy"], document) else {"policy": str(document)}


def _log_group(own: Own, client: Client) -> Own | None:
    found = client("logs").describe_log_groups(logGroupNamePrefix=own["name"])["logGroups"]
    (group,) = [each for each in found if each["logGroupName"] == own["name"]] or [None]
    return None if group is None else {"retentionInDays": group.get("retentionInDays", 0)}


def _alarm(own: Own, client: Client) -> Own | None:
    found = client("cloudwatch").describe_alarms(AlarmNames=[own["name"]])["MetricAlarms"]
    kept = ("threshold", "period", "evaluationPeriods", "comparisonOperator")
    return {
        name: each[name[0].upper() + name[1:]] for each in found for name in kept if name in own
    } or None


def _dashboard(own: Own, client: Client) -> Own | None:
    told = client("cloudwatch").get_dashboard(DashboardName=own["dashboardName"])
    body = told["DashboardBody"]
    return {} if same_document(own["dashboardBody"], body) else {"dashboardBody": body}


def _model(own: Own, client: Client) -> Own | None:
    client("sagemaker").describe_model(ModelName=own["name"])
    return {}


def _configuration(own: Own, client: Client) -> Own | None:
    client("sagemaker").describe_endpoint_config(EndpointConfigName=own["name"])
    return {}


def _endpoint(own: Own, client: Client) -> Own | None:
    told = client("sagemaker").describe_endpoint(EndpointName=own["name"])
    if told["EndpointStatus"] == "Deleting":
        return None
    tags = client("sagemaker").list_tags(ResourceArn=told["EndpointArn"])["Tags"]
    found: Own = {
        "endpointConfigName": told["EndpointConfigName"],
        "tags": {each["Key"]: each["Value"] for each in tags},
    }
    if "LastDeploymentConfig" in told:  # terraform-provider-aws 6.30, resourceEndpointRead
        found["deploymentConfig"] = declared(told["LastDeploymentConfig"])
    return found


def _target(own: Own, client: Client) -> Own | None:
    found = client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace=own["serviceNamespace"], ResourceIds=[own["resourceId"]]
    )["ScalableTargets"]
    kept = ("minCapacity", "maxCapacity")
    return {name: each[name[0].upper() + name[1:]] for each in found for name in kept} or None


def _policy(own: Own, client: Client) -> Own | None:
    found = client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace=own["serviceNamespace"], PolicyNames=[own["name"]]
    )["ScalingPolicies"]
    return {} if found else None


def _scheduled_action(own: Own, client: Client) -> Own | None:
    found = client("application-autoscaling").describe_scheduled_actions(
        ServiceNamespace=own["serviceNamespace"], ScheduledActionNames=[own["name"]]
    )["ScheduledActions"]
    return {} if found else None


_READERS: dict[str, Callable[[Own, Client], Own | None]] = {
    "role": _role,
    "role_policy": _role_policy,
    "log_group": _log_group,
    "metric_alarm": _alarm,
    "dashboard": _dashboard,
    "model": _model,
    "endpoint_configuration": _configuration,
    "endpoint": _endpoint,
    "target": _target,
    "policy": _policy,
    "scheduled_action": _scheduled_action,
}
