"""What is still there of a deployment, by its state's word and by its names and tags."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from llamactl_catalog.errors import LlamactlError
from llamactl_infra.clouds.aws.names import (
    ALARMS,
    SCALED,
    SCALING_SERVICE,
    alarm_name,
    content_name,
    dashboard_name,
    log_group_name,
    role_name,
    variant_id,
)
from llamactl_infra.clouds.tags import PREFIX
from llamactl_infra.live.aws.asking import Absent, Clients, told
from llamactl_infra.live.cloud import Held
from llamactl_infra.spec import Spec

_TAG = f"{PREFIX}deployment"
_CONTENT = re.compile(r"-[0-9a-f]{10}$")
_MOST_NAMES = 100

Look = Callable[["_Account", str], bool]


def remains(clients: Clients, spec: Spec, held: Sequence[Held]) -> tuple[str, ...]:
    """Name what is still there, with the command that removes it.

    What AWS does not let be looked for is named too, as that.
    """
    account = _Account(clients, spec)
    where = f" --region {spec.region}" if spec.region is not None else ""
    found = []
    by_name = [] if account.is_anothers() else _of_name(spec)
    for kind, name in dict.fromkeys([*_of_state(held), *by_name, *account.made_of()]):
        try:
            if _LOOKS[kind](account, name):
                found.append(f"{kind} {name} ({_COMMANDS[kind].format(name)}{where})")
        except LlamactlError as error:
            found.append(f"{kind} {name}, perhaps: {error.message}")
    return (*found, *account.untold)


def _of_state(held: Sequence[Held]) -> Iterator[tuple[str, str]]:
    """Give those that the state held, by the provider's types; its ids are their names."""
    for each in held:
        kind = _KINDS.get(each.type.rpartition(":")[2])
        if kind is not None and each.type.startswith("aws:"):
            yield kind, each.id


def _of_name(spec: Spec) -> Iterator[tuple[str, str]]:
    yield "endpoint", spec.name
    yield "scaling target", variant_id(spec.name)
    if spec.region is not None and (spec.sagemaker is None or not spec.sagemaker.execution_role):
        yield "role", role_name(spec.name, spec.region)
    for each in ALARMS:
        yield "alarm", alarm_name(spec.name, each)
    yield "dashboard", dashboard_name(spec.name)
    yield "log group", log_group_name(spec.name)


class _Account:
    """Looks for each kind of thing in the region of a deployment."""

    def __init__(self, clients: Clients, spec: Spec) -> None:
        self._clients = clients
        self._spec = spec
        self.untold: list[str] = []

    def is_anothers(self) -> bool:
        """Tell whether the name is that of an endpoint that is none of this deployment."""
        try:
            arn = self._ask("sagemaker", "describe_endpoint", EndpointName=self._spec.name)
            return not self._is_tagged(str(arn["EndpointArn"]))
        except (Absent, LlamactlError):
            return False

    def made_of(self) -> list[tuple[str, str]]:
        """Find models and configurations, whose names are of their content, by name and tag."""
        found = []
        for kind, operation, key in (
            ("endpoint configuration", "list_endpoint_configs", "EndpointConfig"),
            ("model", "list_models", "Model"),
        ):
            try:
                names = self._tagged(operation, key)
            except LlamactlError as error:
                self.untold.append(f"{kind} {self._spec.name}-…, perhaps: {error.message}")
            else:
                found += [(kind, name) for name in names]
        return found

    def endpoint(self, name: str) -> bool:
        return self._is("sagemaker", "describe_endpoint", EndpointName=name)

    def configuration(self, name: str) -> bool:
        return self._is("sagemaker", "describe_endpoint_config", EndpointConfigName=name)

    def model(self, name: str) -> bool:
        return self._is("sagemaker", "describe_model", ModelName=name)

    def role(self, name: str) -> bool:
        return self._is("iam", "get_role", RoleName=name)

    def alarm(self, name: str) -> bool:
        answer = self._ask("cloudwatch", "describe_alarms", AlarmNames=[name])
        return bool(answer["MetricAlarms"])

    def dashboard(self, name: str) -> bool:
        return self._is("cloudwatch", "get_dashboard", DashboardName=name)

    def log_group(self, name: str) -> bool:
        answer = self._ask("logs", "describe_log_groups", logGroupNamePrefix=name)
        return any(each["logGroupName"] == name for each in answer["logGroups"])

    def scaling_target(self, name: str) -> bool:
        answer = self._ask(
            "application-autoscaling",
            "describe_scalable_targets",
            ServiceNamespace=SCALING_SERVICE,
            ResourceIds=[name],
            ScalableDimension=SCALED,
        )
        return bool(answer["ScalableTargets"])

    def _tagged(self, operation: str, key: str) -> list[str]:
        client = self._clients.within("sagemaker", self._spec)
        stem = _CONTENT.sub("", content_name(self._spec.name, ""))
        with told(f"sagemaker:{operation.title().replace('_', '')}"):
            pages = client.get_paginator(operation).paginate(
                NameContains=stem, PaginationConfig={"PageSize": _MOST_NAMES}
            )
            listed = [each for page in pages for each in page[f"{key}s"]]
        return [
            name
            for each in listed
            if _CONTENT.sub("", name := str(each[f"{key}Name"])) == stem != name
            and self._is_tagged(str(each[f"{key}Arn"]))
        ]

    def _is_tagged(self, arn: str) -> bool:
        try:
            tags = self._ask("sagemaker", "list_tags", ResourceArn=arn)["Tags"]
        except Absent:
            return False
        return any((each["Key"], each["Value"]) == (_TAG, self._spec.name) for each in tags)

    def _is(self, service: str, operation: str, **asked: Any) -> bool:
        try:
            self._ask(service, operation, **asked)
        except Absent:
            return False
        return True

    def _ask(self, service: str, operation: str, **asked: Any) -> Any:
        client = self._clients.within(service, self._spec)
        with told(f"{service}:{operation.title().replace('_', '')}"):
            return getattr(client, operation)(**asked)


_LOOKS: dict[str, Look] = {
    "endpoint": _Account.endpoint,
    "endpoint configuration": _Account.configuration,
    "model": _Account.model,
    "role": _Account.role,
    "alarm": _Account.alarm,
    "dashboard": _Account.dashboard,
    "log group": _Account.log_group,
    "scaling target": _Account.scaling_target,
}
# The provider's types, by their last parts. What belongs to another of these goes with it.
_KINDS = {
    "Endpoint": "endpoint",
    "EndpointConfiguration": "endpoint configuration",
    "Model": "model",
    "Role": "role",
    "MetricAlarm": "alarm",
    "Dashboard": "dashboard",
    "LogGroup": "log group",
    "Target": "scaling target",
}
_COMMANDS = {
    "endpoint": "aws sagemaker delete-endpoint --endpoint-name {0}",
    "endpoint configuration": "aws sagemaker delete-endpoint-config --endpoint-config-name {0}",
    "model": "aws sagemaker delete-model --model-name {0}",
    "role": (
        "aws iam delete-role-policy --role-name {0} --policy-name endpoint; "
        "aws iam delete-role --role-name {0}"
    ),
    "alarm": "aws cloudwatch delete-alarms --alarm-names {0}",
    "dashboard": "aws cloudwatch delete-dashboards --dashboard-names {0}",
    "log group": "aws logs delete-log-group --log-group-name {0}",
    "scaling target": (
        "aws application-autoscaling deregister-scalable-target --service-namespace "
        f"{SCALING_SERVICE} --resource-id {{0}} --scalable-dimension {SCALED}"
    ),
}
