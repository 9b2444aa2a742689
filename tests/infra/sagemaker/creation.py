"""Mocks of Pulumi that make what is declared, in moto's server, each request checked before."""

import re
from dataclasses import dataclass, field

import boto3
import pulumi

from standins.object_storage import KEYS, REGION
from standins.service_model import violations

NAMES = {"VolumeSizeInGb": "VolumeSizeInGB", "KmsKeyArn": "KmsKeyId"}
# Lists of one that the service has as the one.
ONE_OF = {"S3DataSources": "S3DataSource", "RoutingConfigs": "RoutingConfig"}
AS_THEY_ARE = {"environment", "tags", "dimensions"}


@dataclass
class Creator(pulumi.runtime.Mocks):
    """Makes every declared resource; `requests` are those that were sent."""

    url: str
    requests: list = field(default_factory=list)

    def call(self, args):
        raise AssertionError(f"a call to the cloud at declaration: {args.token}")

    def new_resource(self, args):
        kind = snake(args.typ.rpartition(":")[2])
        make = getattr(self, f"make_{kind}", None) if args.custom is not False else None
        told = make(whole(args.inputs)) if make is not None else None
        name = args.inputs.get("name", args.name)
        return [name, {**args.inputs, "arn": told or f"arn:{name}"}]

    def make_role(self, own):
        request = {
            "RoleName": own["name"],
            "AssumeRolePolicyDocument": own["assumeRolePolicy"],
            "Description": own["description"],
            "Tags": pairs(own["tags"]),
        }
        if "permissionsBoundary" in own:
            request["PermissionsBoundary"] = own["permissionsBoundary"]
        return self.send("iam", "CreateRole", request)["Role"]["Arn"]

    def make_role_policy(self, own):
        document = {"PolicyName": own["name"], "PolicyDocument": own["policy"]}
        self.send("iam", "PutRolePolicy", {"RoleName": own["role"], **document})

    def make_log_group(self, own):
        self.send("logs", "CreateLogGroup", {"logGroupName": own["name"], "tags": own["tags"]})
        days = {"retentionInDays": own["retentionInDays"]}
        self.send("logs", "PutRetentionPolicy", {"logGroupName": own["name"], **days})

    def make_metric_alarm(self, own):
        dimensions = [{"Name": name, "Value": value} for name, value in own["dimensions"].items()]
        actions = {"AlarmActions": own["alarmActions"], "OKActions": own["okActions"]}
        rest = {
            key: value
            for key, value in pascal(own).items()
            if key not in {"Name", "Dimensions", "AlarmActions", "OkActions", "Tags"}
        }
        named = {"AlarmName": own["name"], "Dimensions": dimensions, "Tags": pairs(own["tags"])}
        self.send("cloudwatch", "PutMetricAlarm", {**rest, **actions, **named})

    def make_dashboard(self, own):
        self.send("cloudwatch", "PutDashboard", pascal(own))

    def make_model(self, own):
        self._sagemaker("CreateModel", "ModelName", pascal(own), own)

    def make_endpoint_configuration(self, own):
        self._sagemaker("CreateEndpointConfig", "EndpointConfigName", pascal(own), own)

    def make_endpoint(self, own):
        if "endpointConfigName" in own:  # the component is an Endpoint too
            self._sagemaker("CreateEndpoint", "EndpointName", pascal(own), own)

    def make_target(self, own):
        told = {key: value for key, value in pascal(own).items() if key != "Tags"}
        request = {**told, "Tags": own["tags"]}
        self.send("application-autoscaling", "RegisterScalableTarget", request)

    def make_policy(self, own):
        told = pascal(own)
        told["PolicyName"] = told.pop("Name")
        self.send("application-autoscaling", "PutScalingPolicy", told)

    def make_scheduled_action(self, own):
        told = pascal(own)
        told["ScheduledActionName"] = told.pop("Name")
        self.send("application-autoscaling", "PutScheduledAction", told)

    def _sagemaker(self, operation, name_key, told, own):
        request = {key: value for key, value in told.items() if key not in {"Name", "Tags"}}
        self.send(
            "sagemaker", operation, {name_key: own["name"], **request, "Tags": pairs(own["tags"])}
        )

    def send(self, service, operation, request):
        """Check a request by the service's own model, and make it."""
        told = violations(service, operation, request)
        if told:
            raise ValueError("; ".join(told))
        self.requests.append((operation, request))
        client = self.client(service)
        return getattr(client, snake(operation))(**request)

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def pascal(value):
    """Write keys as the service does."""
    if isinstance(value, dict):
        told = {}
        for key, inner in value.items():
            name = key[0].upper() + key[1:]
            if name in ONE_OF:
                (told[ONE_OF[name]],) = pascal(inner)
            else:
                told[NAMES.get(name, name)] = as_it_is(key, inner)
        return told
    return [pascal(each) for each in value] if isinstance(value, list) else value


def as_it_is(key, value):
    is_map = key in AS_THEY_ARE and isinstance(value, dict)
    return value if is_map else pascal(value)


def whole(value):
    """Give whole numbers as such: the engine's protocol knows floats alone."""
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def pairs(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]
