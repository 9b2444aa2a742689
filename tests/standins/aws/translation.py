"""What Pulumi's AWS declares, as the requests that it makes of AWS, and what the answers tell.

Source: pulumi-aws 7.51, whose inputs are the requests' members in camel case, but for those below.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Own = dict[str, Any]
NAMES = {"VolumeSizeInGb": "VolumeSizeInGB", "KmsKeyArn": "KmsKeyId"}
# Lists of one that the service has as the one.
ONE_OF = {"S3DataSources": "S3DataSource", "RoutingConfigs": "RoutingConfig"}
AS_THEY_ARE = {"environment", "tags", "dimensions"}
_SCALED = ("serviceNamespace", "resourceId", "scalableDimension")


@dataclass(frozen=True)
class Request:
    """An operation of a service, with its parameters."""

    service: str
    operation: str
    parameters: Own


def creation(kind: str, own: Own) -> list[Request]:
    """Give the requests that make a resource; an unknown kind needs none."""
    make = _MAKERS.get(kind)
    return list(make(own)) if make is not None else []


def change(kind: str, old: Own, new: Own) -> list[Request]:  # noqa: PLR0911 - one a kind
    """Give the requests that turn one into the other; tags apart, these can be changed."""
    names = {name for name in {*old, *new} if old.get(name) != new.get(name)} - {"tags"}
    if not names:
        return []
    match kind:
        case "endpoint":
            told = {"EndpointName": new["name"], "EndpointConfigName": new["endpointConfigName"]}
            policy = pascal({"deploymentConfig": new.get("deploymentConfig")})
            given = {key: value for key, value in policy.items() if value is not None}
            return [Request("sagemaker", "UpdateEndpoint", told | given)]
        case "role":
            return list(_changed_role(names, new))
        case "log_group":
            return [_retention(new)]
        case "metric_alarm":
            return [_alarm({name: value for name, value in new.items() if name != "tags"})]
        case "target":
            return list(_target({name: value for name, value in new.items() if name != "tags"}))
        case _:
            return creation(kind, new)


def tagging(arn: str, kind: str, old: Own, new: Own) -> list[Request]:
    """Give the requests that change a resource's tags."""
    before, after = old.get("tags", {}), new.get("tags", {})
    put = {name: value for name, value in after.items() if before.get(name) != value}
    gone = sorted(set(before) - set(after))
    match kind:
        case "model" | "endpoint_configuration" | "endpoint":
            service, name, key = "sagemaker", {"ResourceArn": arn}, ("AddTags", "DeleteTags")
        case "role":
            service, name, key = "iam", {"RoleName": new["name"]}, ("TagRole", "UntagRole")
        case "metric_alarm":
            service, name = "cloudwatch", {"ResourceARN": arn}
            key = ("TagResource", "UntagResource")
        case "target":
            service, name = "application-autoscaling", {"ResourceARN": arn}
            key = ("TagResource", "UntagResource")
        case "log_group":
            added = [Request("logs", "TagResource", {"resourceArn": arn, "tags": put})]
            taken = [Request("logs", "UntagResource", {"resourceArn": arn, "tagKeys": gone})]
            return (added if put else []) + (taken if gone else [])
        case _:
            return []
    told = put if kind == "target" else pairs(put)
    added = [Request(service, key[0], {**name, "Tags": told})] if put else []
    return added + ([Request(service, key[1], {**name, "TagKeys": gone})] if gone else [])


def removal(kind: str, own: Own) -> Request:  # noqa: PLR0911 - one a kind
    """Give the request that takes a resource away."""
    name = own.get("name", "")
    scaled = {key: value for key, value in pascal(own).items() if camel(key) in _SCALED}
    match kind:
        case "role":
            return Request("iam", "DeleteRole", {"RoleName": name})
        case "role_policy":
            told = {"RoleName": own["role"], "PolicyName": name}
            return Request("iam", "DeleteRolePolicy", told)
        case "log_group":
            return Request("logs", "DeleteLogGroup", {"logGroupName": name})
        case "metric_alarm":
            return Request("cloudwatch", "DeleteAlarms", {"AlarmNames": [name]})
        case "dashboard":
            told = {"DashboardNames": [own["dashboardName"]]}
            return Request("cloudwatch", "DeleteDashboards", told)
        case "target":
            return Request("application-autoscaling", "DeregisterScalableTarget", scaled)
        case "policy":
            told = {**scaled, "PolicyName": name}
            return Request("application-autoscaling", "DeleteScalingPolicy", told)
        case "scheduled_action":
            told = {**scaled, "ScheduledActionName": name}
            return Request("application-autoscaling", "DeleteScheduledAction", told)
        case _:
            what = _SAGEMAKER[kind]
            return Request("sagemaker", f"Delete{what}", {f"{what}Name": name})


def _role(own: Own) -> Iterator[Request]:
    told = {
        "RoleName": own["name"],
        "AssumeRolePolicyDocument": own["assumeRolePolicy"],
        "Description": own["description"],
        "Tags": pairs(own["tags"]),
    }
    if "permissionsBoundary" in own:
        told["PermissionsBoundary"] = own["permissionsBoundary"]
    yield Request("iam", "CreateRole", told)


def _changed_role(names: set[str], own: Own) -> Iterator[Request]:
    """Give a request for each field that changes. Source: terraform-provider-aws, iam/role.go."""
    name, boundary = {"RoleName": own["name"]}, own.get("permissionsBoundary")
    if "assumeRolePolicy" in names:
        document = {"PolicyDocument": own["assumeRolePolicy"]}
        yield Request("iam", "UpdateAssumeRolePolicy", name | document)
    if "description" in names:
        described = {"Description": own["description"]}
        yield Request("iam", "UpdateRoleDescription", name | described)
    if "permissionsBoundary" in names and boundary is not None:
        yield Request(
            "iam", "PutRolePermissionsBoundary", {**name, "PermissionsBoundary": boundary}
        )
    elif "permissionsBoundary" in names:
        yield Request("iam", "DeleteRolePermissionsBoundary", name)


def _role_policy(own: Own) -> Iterator[Request]:
    document = {"PolicyName": own["name"], "PolicyDocument": own["policy"]}
    yield Request("iam", "PutRolePolicy", {"RoleName": own["role"], **document})


def _log_group(own: Own) -> Iterator[Request]:
    yield Request("logs", "CreateLogGroup", {"logGroupName": own["name"], "tags": own["tags"]})
    yield _retention(own)


def _retention(own: Own) -> Request:
    days = {"retentionInDays": own["retentionInDays"]}
    return Request("logs", "PutRetentionPolicy", {"logGroupName": own["name"], **days})


def _alarm(own: Own) -> Request:
    dimensions = [{"Name": name, "Value": value} for name, value in own["dimensions"].items()]
    actions = {"AlarmActions": own.get("alarmActions", []), "OKActions": own.get("okActions", [])}
    rest = {
        key: value
        for key, value in pascal(own).items()
        if key not in {"Name", "Dimensions", "AlarmActions", "OkActions", "Tags"}
    }
    tags = {"Tags": pairs(own["tags"])} if "tags" in own else {}
    named = {"AlarmName": own["name"], "Dimensions": dimensions, **tags}
    return Request("cloudwatch", "PutMetricAlarm", {**rest, **actions, **named})


def _dashboard(own: Own) -> Iterator[Request]:
    yield Request("cloudwatch", "PutDashboard", pascal(own))


def _of_sagemaker(kind: str, own: Own) -> Iterator[Request]:
    what = _SAGEMAKER[kind]
    told = {key: value for key, value in pascal(own).items() if key not in {"Name", "Tags"}}
    if kind == "endpoint" and "EndpointConfigName" not in told:
        return  # the component is an Endpoint too
    request = {f"{what}Name": own["name"], **told, "Tags": pairs(own["tags"])}
    yield Request("sagemaker", f"Create{what}", request)


def _target(own: Own) -> Iterator[Request]:
    told = {key: value for key, value in pascal(own).items() if key != "Tags"}
    tags = {"Tags": own["tags"]} if "tags" in own else {}
    yield Request("application-autoscaling", "RegisterScalableTarget", told | tags)


def _policy(own: Own) -> Iterator[Request]:
    told = pascal(own)
    told["PolicyName"] = told.pop("Name")
    yield Request("application-autoscaling", "PutScalingPolicy", told)


def _scheduled_action(own: Own) -> Iterator[Request]:
    told = pascal(own)
    told["ScheduledActionName"] = told.pop("Name")
    yield Request("application-autoscaling", "PutScheduledAction", told)


_SAGEMAKER = {
    "model": "Model",
    "endpoint_configuration": "EndpointConfig",
    "endpoint": "Endpoint",
}
_MAKERS: Mapping[str, Callable[[Own], Iterator[Request]]] = {
    "role": _role,
    "role_policy": _role_policy,
    "log_group": _log_group,
    "metric_alarm": lambda own: iter([_alarm(own)]),
    "dashboard": _dashboard,
    "model": lambda own: _of_sagemaker("model", own),
    "endpoint_configuration": lambda own: _of_sagemaker("endpoint_configuration", own),
    "endpoint": lambda own: _of_sagemaker("endpoint", own),
    "target": _target,
    "policy": _policy,
    "scheduled_action": _scheduled_action,
}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    return name[0].lower() + name[1:]


def pascal(value: Any) -> Any:
    """Write keys as the service does."""
    if isinstance(value, dict):
        told = {}
        for key, inner in value.items():
            name = key[0].upper() + key[1:]
            if name in ONE_OF:
                (told[ONE_OF[name]],) = pascal(inner)
            else:
                told[NAMES.get(name, name)] = _as_it_is(key, inner)
        return told
    return [pascal(each) for each in value] if isinstance(value, list) else value


def declared(value: Any) -> Any:
    """Write what a service tells as it is declared: the other way of `pascal`."""
    if isinstance(value, dict):
        return {camel(key): declared(inner) for key, inner in value.items()}
    return [declared(each) for each in value] if isinstance(value, list) else value


def whole(value: Any) -> Any:
    """Give whole numbers as such: the engine's protocol knows floats alone."""
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def same_document(one: str, other: Any) -> bool:
    """Tell whether two JSON texts say the same; a service gives one back as it likes."""
    return bool(json.loads(one) == (json.loads(other) if isinstance(other, str) else other))


def _as_it_is(key: str, value: Any) -> Any:
    is_map = key in AS_THEY_ARE and isinstance(value, dict)
    return value if is_map else pascal(value)
