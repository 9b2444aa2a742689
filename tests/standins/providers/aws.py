"""A Pulumi provider over AWS's stand-in: the engine runs it as a plug-in.

    python aws.py ENGINE_ADDRESS

The stand-in is where the environment leads AWS's clients. It replaces, waits, refuses, and words
its refusals as pulumi-aws 7.51 does: each rule names where it was read, of terraform-provider-aws
6.30 (TF), pulumi-terraform-bridge 3.120 (bridge) and pulumi-aws (PA). README.md in the folder above
has them all with their tests. `AWS_STANDIN_WAIT_S` is how long it waits for an endpoint, in the
place of an hour.
"""

import asyncio
import json
import os
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pulumi.provider.experimental import provider as protocol

from standins.aws.account import ACCOUNT
from standins.aws.reading import is_missing, observed
from standins.aws.translation import change, creation, removal, snake, tagging, whole
from standins.providers.serving import Failed, HalfMade, serve
from standins.providers.values import plain, wrapped

_POLL_S = 0.02
# TF internal/service/sagemaker/endpoint.go, waitEndpointInService: fixed, for both.
_WAIT_S = float(os.environ.get("AWS_STANDIN_WAIT_S", "3600"))
_PENDING = ("Creating", "Updating", "SystemUpdating")
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
        anew = [each for each in changed if _is_fixed(kind, each, old, new)]
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
            # bridge pkg/tfbridge/schema.go, nameRequiresDeleteBeforeReplace, and PA resources.go,
            # setAutonaming: of whatever has a `name`, where one is given, be it another or not.
            delete_before_replace=bool(anew) and "name" in new,
        )

    async def create(self, request):
        if request.preview:
            return protocol.CreateResponse("", request.properties)
        kind, inputs = kind_of(request.type), whole(plain(request.properties))
        told = await asyncio.to_thread(self._all, kind, "creating", inputs, creation(kind, inputs))
        if kind == "endpoint":
            # TF endpoint.go, resourceEndpointCreate (#45951): the id is set after the wait, so that
            # nothing of a creation that fails, or outlives it, is in the state.
            await asyncio.to_thread(self._wait_in_service, inputs["name"], "create")
        state = _state(inputs, self._arn_of(kind, inputs, told))
        return protocol.CreateResponse(id_of(kind, inputs), state)

    async def read(self, request):
        kind, known = kind_of(request.type), _known(request)
        found = await asyncio.to_thread(observed, kind, known, self.client)
        if found is None:
            return protocol.ReadResponse(None, {}, {})
        arn = plain(request.properties).get("arn") or self._arn_of(kind, found, {})
        return protocol.ReadResponse(request.resource_id, _state(found, arn), wrapped(found))

    async def update(self, request):
        if request.preview:
            return protocol.UpdateResponse(request.news)
        kind, old, new = kind_of(request.type), _inputs(request.olds), whole(plain(request.news))
        arn = plain(request.olds).get("arn")
        asked = change(kind, old, new)
        state = _state(new, arn)
        try:
            await asyncio.to_thread(
                self._all, kind, "updating", new, [*tagging(arn, kind, old, new), *asked]
            )
            if kind == "endpoint" and asked:
                await asyncio.to_thread(self._wait_in_service, new["name"], "update")
        except Failed as error:
            # terraform-plugin-sdk v2, Resource.Apply: without Partial what was planned is kept;
            # bridge pkg/tfbridge/provider.go, Update: and stored, with the reason.
            raise HalfMade(str(error), request.resource_id, state) from error
        if kind == "endpoint" and asked:  # TF: an update ends with a read
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
        # TF endpoint.go, waitEndpointDeleted with findEndpointByName: one that is Deleting counts
        # as gone, so that nothing is waited for.

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

    def _wait_in_service(self, name, doing):
        # TF endpoint.go, waitEndpointInService; internal/retry/state.go: its words.
        what = f"waiting for SageMaker AI Endpoint ({name}) {doing}"
        deadline = time.monotonic() + _WAIT_S
        while True:
            told = self.client("sagemaker").describe_endpoint(EndpointName=name)
            status = told["EndpointStatus"]
            reason = f". last error: {told['FailureReason']}" if "FailureReason" in told else ""
            if status == "InService":
                return
            if status not in _PENDING:  # Failed, and RollingBack too
                said = f"unexpected state '{status}', wanted target 'InService'{reason}"
                raise Failed(f"1 error occurred:\n\t* {what}: {said}")
            if time.monotonic() >= deadline:
                said = (
                    "timeout while waiting for state to become 'InService' "
                    f"(last state: '{status}', timeout: 1h0m0s)"
                )
                raise Failed(f"1 error occurred:\n\t* {what}: {said}")
            time.sleep(_POLL_S)

    def _arn_of(self, kind, inputs, told):
        """Give the address that the service told, or its own of that name."""
        if kind == "role" and told:
            return told["Role"]["Arn"]
        arns = [value for key, value in told.items() if key.lower().endswith("arn")]
        return arns[0] if arns else arn(kind, inputs, self.region)


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


def arn(kind, inputs, region):
    """Give the address of something. Source: the service authorization reference of each."""
    name, where = _name(inputs), f"{region}:{ACCOUNT}"
    action = f"0:resource/sagemaker/{inputs.get('resourceId')}:scheduledActionName/{name}"
    return {
        "model": f"arn:aws:sagemaker:{where}:model/{name}",
        "endpoint_configuration": f"arn:aws:sagemaker:{where}:endpoint-config/{name}",
        "endpoint": f"arn:aws:sagemaker:{where}:endpoint/{name}",
        "role": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "role_policy": None,
        "log_group": f"arn:aws:logs:{where}:log-group:{name}",
        "metric_alarm": f"arn:aws:cloudwatch:{where}:alarm:{name}",
        "dashboard": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}",
        "scheduled_action": f"arn:aws:autoscaling:{where}:scheduledAction:{action}",
    }[kind]


def _name(inputs):
    return inputs.get("name") or inputs.get("dashboardName") or inputs.get("resourceId")


def _is_fixed(kind, field, old, new):
    if kind in _IMMUTABLE:
        return field != "tags"
    if kind == "endpoint" and field == "deploymentConfig":  # TF endpoint.go: ForceNew, of a part
        return _rollback(old) != _rollback(new)
    return field in _NAMES or field in _SCALED


def _rollback(inputs):
    return (inputs.get("deploymentConfig") or {}).get("autoRollbackConfiguration")


def _state(inputs, arn):
    declared = json.dumps(whole(inputs), sort_keys=True)
    return wrapped({**inputs, "arn": arn, "declared": declared})


def _inputs(state):
    """Give what was declared; of a state that was taken over before it was read, all of it."""
    told = whole(plain(state))
    if "declared" not in told:
        return told
    declared = json.loads(told["declared"])
    return {name: told.get(name, value) for name, value in declared.items()}


def _known(request):
    """Give what is known of what is to be read; of one that is taken over, its id."""
    known = _inputs(request.properties)
    return known or {"name": request.resource_id}


def _said(error):
    if not isinstance(error, ClientError):
        return str(error)
    told = error.response
    status = told["ResponseMetadata"]["HTTPStatusCode"]
    head = f"https response error StatusCode: {status}, RequestID: 0"
    return f"{head}, {told['Error']['Code']}: {told['Error']['Message']}"


if __name__ == "__main__":
    serve("7.51.1", Aws())
