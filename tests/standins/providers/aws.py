"""A Pulumi provider over AWS's stand-in: the engine runs it as a plug-in.

    python aws.py ENGINE_ADDRESS

The stand-in is where the environment leads AWS's clients. It waits, refuses, and words its refusals
as pulumi-aws 7.51 does, over terraform-provider-aws 6: an endpoint that fails stays in the state; a
second run with nothing changed leaves it so; an update that SageMaker takes back ends well, and the
state has the configuration that runs: the provider reads what it has updated.
"""

import asyncio
import json
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pulumi.provider.experimental import provider as protocol

from standins.aws.reading import is_missing, observed
from standins.aws.translation import change, creation, removal, snake, tagging, whole
from standins.providers.serving import Failed, HalfMade, serve
from standins.providers.values import plain, wrapped

_POLL_S = 0.02
# What cannot change in place. Source: pulumi-aws 7.51's schema, replaceOnChanges.
_NAMES = ("name", "namePrefix", "dashboardName", "role", "roleArn")
_SCALED = ("resourceId", "scalableDimension", "serviceNamespace")
_IMMUTABLE = ("model", "endpoint_configuration")
_WORDS = {
    "model": "SageMaker AI Model",
    "endpoint_configuration": "SageMaker AI Endpoint Configuration",
    "endpoint": "SageMaker AI Endpoint",
    "role": "IAM Role",
    "role_policy": "IAM Role Policy",
    "log_group": "CloudWatch Logs Log Group",
    "metric_alarm": "CloudWatch Metric Alarm",
    "dashboard": "CloudWatch Dashboard",
    "target": "Application Auto Scaling Target",
    "policy": "Application Auto Scaling Scaling Policy",
    "scheduled_action": "Application Auto Scaling Scheduled Action",
}


class Aws(protocol.Provider):
    """The provider of every kind that llamactl declares."""

    def __init__(self):
        self.region = None
        self.clients = {}

    async def check_config(self, request):
        return protocol.CheckResponse(request.new_inputs, [])

    async def diff_config(self, request):
        return protocol.DiffResponse()

    async def configure(self, request):
        self.region = request.variables.get("aws:config:region")
        try:
            await asyncio.to_thread(self.client("sts").get_caller_identity)
        except (BotoCoreError, ClientError) as error:
            said = "Invalid credentials configured.\nUnable to validate AWS credentials. Details: "
            raise Failed(f"{said}no valid credential sources: {_said(error)}") from error
        return protocol.ConfigureResponse(accept_secrets=False, supports_preview=True)

    async def diff(self, request):
        old, new = _inputs(request.old_state), whole(plain(request.new_inputs))
        changed = sorted(
            name
            for name in {*old, *new}
            if old.get(name) != new.get(name) and name not in request.ignore_changes
        )
        kind = kind_of(request.type)
        anew = [each for each in changed if _is_fixed(kind, each)]
        kinds = protocol.PropertyDiffKind
        detailed = {
            name: protocol.PropertyDiff(
                kinds.UPDATE_REPLACE if name in anew else kinds.UPDATE, input_diff=True
            )
            for name in changed
        }
        return protocol.DiffResponse(
            bool(changed),
            replaces=anew,
            diffs=changed,
            detailed_diff=detailed,
            delete_before_replace=bool(anew) and _name(old) == _name(new),
        )

    async def create(self, request):
        if request.preview:
            return protocol.CreateResponse("", request.properties)
        kind, inputs = kind_of(request.type), whole(plain(request.properties))
        told = await asyncio.to_thread(self._all, kind, "creating", inputs, creation(kind, inputs))
        made = id_of(kind, inputs)
        state = _state(inputs, arn_of(kind, inputs, told))
        if kind == "endpoint":
            await asyncio.to_thread(self._wait_in_service, inputs["name"], made, state)
        return protocol.CreateResponse(made, state)

    async def read(self, request):
        kind, known = kind_of(request.type), _inputs(request.properties)
        found = await asyncio.to_thread(observed, kind, known, self.client)
        if found is None:
            return protocol.ReadResponse(None, {}, {})
        arn = plain(request.properties).get("arn")
        return protocol.ReadResponse(request.resource_id, _state(found, arn), wrapped(found))

    async def update(self, request):
        if request.preview:
            return protocol.UpdateResponse(request.news)
        kind, old, new = kind_of(request.type), _inputs(request.olds), whole(plain(request.news))
        arn = plain(request.olds).get("arn")
        asked = change(kind, old, new)
        await asyncio.to_thread(
            self._all, kind, "updating", new, [*asked, *tagging(arn, kind, old, new)]
        )
        state = _state(new, arn)
        if kind == "endpoint" and asked:
            await asyncio.to_thread(self._wait_in_service, new["name"], request.resource_id, state)
            found = await asyncio.to_thread(observed, kind, new, self.client)
            state = _state(found, arn)
        return protocol.UpdateResponse(state)

    async def delete(self, request):
        kind, own = kind_of(request.type), _inputs(request.properties)
        try:
            await asyncio.to_thread(self._all, kind, "deleting", own, [removal(kind, own)])
        except Failed as error:
            if not isinstance(error.__cause__, ClientError) or not is_missing(error.__cause__):
                raise
        if kind == "endpoint":
            await asyncio.to_thread(self._wait_gone, own["name"])

    def client(self, service):
        """Give AWS's own client, which waits little where it is slowed down."""
        if service not in self.clients:
            retries = Config(retries={"mode": "standard", "max_attempts": 5})
            self.clients[service] = boto3.client(service, region_name=self.region, config=retries)
        return self.clients[service]

    def _all(self, kind, doing, own, requests):
        told = {}
        for each in requests:
            call = getattr(self.client(each.service), snake(each.operation))
            try:
                told = call(**each.parameters) or told
            except (BotoCoreError, ClientError) as error:
                what = f"{_WORDS[kind]} ({_name(own)})"
                said = f"operation error {each.service}: {each.operation}, {_said(error)}"
                raise Failed(f"1 error occurred:\n\t* {doing} {what}: {said}") from error
        return told

    def _wait_in_service(self, name, made, state):
        while True:
            told = self.client("sagemaker").describe_endpoint(EndpointName=name)
            match told["EndpointStatus"]:
                case "InService":
                    return
                case "Failed":
                    what = f"waiting for SageMaker AI Endpoint ({name}) to be in service"
                    said = "unexpected state 'Failed', wanted target 'InService'. last error: "
                    reason = f"{what}: {said}{told['FailureReason']}"
                    raise HalfMade(f"1 error occurred:\n\t* {reason}", made, state)
            time.sleep(_POLL_S)

    def _wait_gone(self, name):
        while True:
            try:
                self.client("sagemaker").describe_endpoint(EndpointName=name)
            except ClientError as error:
                if is_missing(error):
                    return
                raise Failed(_said(error)) from error
            time.sleep(_POLL_S)


def kind_of(token):
    """Give the kind of aws:sagemaker/endpointConfiguration:EndpointConfiguration."""
    return snake(token.rpartition(":")[2])


def id_of(kind, inputs):
    match kind:
        case "role_policy":
            return f"{inputs['role']}:{inputs['name']}"
        case "target":
            return inputs["resourceId"]
        case "scheduled_action":
            return f"{inputs['name']}-{inputs['serviceNamespace']}-{inputs['resourceId']}"
    return _name(inputs)


def arn_of(kind, inputs, told):
    """Give the address that the service told, or one that is as good."""
    if kind == "role":
        return told["Role"]["Arn"]
    arns = [value for key, value in told.items() if key.endswith("Arn")]
    return arns[0] if arns else f"arn:aws:{kind}:::{_name(inputs)}"


def _name(inputs):
    return inputs.get("name") or inputs.get("dashboardName") or inputs.get("resourceId")


def _is_fixed(kind, field):
    if kind in _IMMUTABLE:
        return field != "tags"
    return field in _NAMES or field in _SCALED


def _state(inputs, arn):
    declared = json.dumps(whole(inputs), sort_keys=True)
    return wrapped({**inputs, "arn": arn, "declared": declared})


def _inputs(state):
    """Give what was declared; of a state that was taken over before it was read, all of it."""
    told = plain(state)
    return json.loads(told["declared"]) if "declared" in told else whole(told)


def _said(error):
    if not isinstance(error, ClientError):
        return str(error)
    told = error.response
    status = told["ResponseMetadata"]["HTTPStatusCode"]
    head = f"https response error StatusCode: {status}, RequestID: 0"
    return f"{head}, {told['Error']['Code']}: {told['Error']['Message']}"


if __name__ == "__main__":
    serve("7.51.1", Aws())
