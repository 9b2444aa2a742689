"""Where what runs is not what was asked for: configuration, model, counts.

SageMaker takes an update back that fails, and says InService: only the live configuration tells.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from llamactl_infra.clouds.aws.asked import Asked, asked_of
from llamactl_infra.clouds.aws.configuration_content import (
    configuration_content,
    configuration_name,
)
from llamactl_infra.clouds.aws.model_content import model_content
from llamactl_infra.clouds.aws.names import SCALED, SCALING_SERVICE, variant_id
from llamactl_infra.live.aws.asking import Absent, Clients, told
from llamactl_infra.live.aws.contents import Difference, as_the_service_has_it, compared
from llamactl_infra.live.aws.endpoint import configuration_of, described, instances_of
from llamactl_infra.spec import Spec

_AT_REST = ("InService", "OutOfService", "Failed", "UpdateRollbackFailed")
_COUNT = "InitialInstanceCount"
_MODEL = "ModelName"
# What stands there only if it was asked for: SageMaker sets none of it by itself.
_OPTIONAL_OF_CONFIGURATION = ("KmsKeyId", "DataCaptureConfig", "AsyncInferenceConfig")
_OPTIONAL_OF_MODEL = ("VpcConfig", "EnableNetworkIsolation")


def differences(clients: Clients, spec: Spec) -> tuple[str, ...]:
    """Say where what runs is not what the spec asks for; () where it is.

    Raises:
        InvalidInput: the spec is not complete.
        LlamactlError: AWS does not let it be read.
    """
    asked = asked_of(spec)
    live = described(clients, spec)
    if live is None:
        return (f"there is no endpoint {spec.name} in {asked.region}",)
    return (
        *_state(live),
        *_content(clients, asked, live),
        *_counts(spec, live),
        *_scaling(clients, spec),
    )


def _state(live: Mapping[str, Any]) -> Iterator[str]:
    status, reason = live["EndpointStatus"], live.get("FailureReason")
    if status == "InService":
        return
    if status not in _AT_REST:
        yield f"the endpoint is still {status}"
    else:
        yield f"the endpoint is {status}: {reason or 'SageMaker gives no reason'}"


def _content(clients: Clients, asked: Asked, live: Mapping[str, Any]) -> Iterator[str]:
    wanted, runs = configuration_name(asked), str(live["EndpointConfigName"])
    configuration = configuration_of(clients, asked.spec, runs)
    if configuration is None:  # removed by others, or by the engine where it could not look before
        if runs != wanted:
            yield _other_configuration(wanted, runs, live)
        yield f"the configuration {runs}, which runs, is no longer there: deploy again"
        return
    found = list(_of_configuration(asked, configuration))
    variants = configuration.get("ProductionVariants", [{}])
    found += _of_model(clients, asked, str(variants[0].get(_MODEL)))
    names = {each.name for each in found}
    if runs != wanted and not (names == {_COUNT} and asked.spec.capacity.is_scaled):
        yield _other_configuration(wanted, runs, live)
    for each in found:
        if each.name != _MODEL and not (each.name == _COUNT and asked.spec.capacity.is_scaled):
            yield each.text


def _other_configuration(wanted: str, runs: str, live: Mapping[str, Any]) -> str:
    reason = live.get("FailureReason")
    which = f"{runs} runs, and not {wanted}"
    if reason is not None and live["EndpointStatus"] == "InService":
        return f"SageMaker has taken the update back by itself ({which}): {reason}"
    return f"another configuration is in force: {which}"


def _of_configuration(asked: Asked, live: Mapping[str, Any]) -> Iterator[Difference]:
    wanted = as_the_service_has_it(configuration_content(asked))
    yield from compared(wanted, live, _OPTIONAL_OF_CONFIGURATION)


def _of_model(clients: Clients, asked: Asked, name: str) -> Iterator[Difference]:
    client = clients.within("sagemaker", asked.spec)
    try:
        with told("sagemaker:DescribeModel"):
            live = client.describe_model(ModelName=name)
    except Absent:
        yield Difference("Model", f"its model {name} is no longer there")
        return
    role = str(live.get("ExecutionRoleArn", ""))
    if role != asked.role and role.rpartition("/")[2] != asked.role:
        yield Difference("ExecutionRoleArn", f"role: {role}, and {asked.role} was asked for")
    wanted = as_the_service_has_it(model_content(asked))
    yield from compared(wanted, live, _OPTIONAL_OF_MODEL)


def _counts(spec: Spec, live: Mapping[str, Any]) -> Iterator[str]:
    there = instances_of(live.get("ProductionVariants", []))
    if there is None or live["EndpointStatus"] != "InService":
        return
    if spec.capacity.within(there) != there:
        yield f"instances: {there}, not {spec.capacity}"


def _scaling(clients: Clients, spec: Spec) -> Iterator[str]:
    client = clients.within("application-autoscaling", spec)
    with told("application-autoscaling:DescribeScalableTargets"):
        answer = client.describe_scalable_targets(
            ServiceNamespace=SCALING_SERVICE,
            ResourceIds=[variant_id(spec.name)],
            ScalableDimension=SCALED,
        )
    found = [(each["MinCapacity"], each["MaxCapacity"]) for each in answer["ScalableTargets"]]
    if not spec.capacity.is_scaled:
        for least, most in found:
            yield f"autoscaling: from {least} to {most}, and none was asked for"
        return
    asked = spec.capacity.bounds  # a schedule sets its own, from its time on
    wanted = " or ".join(f"{least} to {most}" for least, most in asked)
    if not found:
        yield f"autoscaling: none, and {wanted} was asked for"
    for least, most in found:
        if (least, most) not in asked:
            yield f"autoscaling: from {least} to {most}, and {wanted} was asked for"
