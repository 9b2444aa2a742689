"""SageMaker's operations, by their names."""

from collections.abc import Callable, Mapping
from typing import Any

from standins.aws.endpoints import Endpoints
from standins.aws.faults import Fault

Asked = dict[str, Any]
_Operation = Callable[[Endpoints, str, Asked, Fault | None], Asked]


def sagemaker(
    operation: str, its: Endpoints, region: str, asked: Asked, fault: Fault | None
) -> Asked | None:
    """Answer as SageMaker does; None: it is none of these."""
    found = _OPERATIONS.get(operation)
    return found(its, region, asked, fault) if found is not None else None


def _configured(its: Endpoints, region: str, asked: Asked) -> Asked:
    for each in asked["ProductionVariants"]:
        its.models.describe(region, each["ModelName"])
    return its.configurations.create(region, asked)


_OPERATIONS: Mapping[str, _Operation] = {
    "CreateModel": lambda its, where, asked, _: its.models.create(where, asked),
    "DescribeModel": lambda its, where, asked, _: its.models.describe(where, asked["ModelName"]),
    "DeleteModel": lambda its, where, asked, _: its.delete_model(where, asked["ModelName"]),
    "ListModels": lambda its, where, asked, _: its.models.listed(where, asked),
    "CreateEndpointConfig": lambda its, where, asked, _: _configured(its, where, asked),
    "DescribeEndpointConfig": lambda its, where, asked, _: its.configurations.describe(
        where, asked["EndpointConfigName"]
    ),
    "DeleteEndpointConfig": lambda its, where, asked, _: its.delete_configuration(
        where, asked["EndpointConfigName"]
    ),
    "ListEndpointConfigs": lambda its, where, asked, _: its.configurations.listed(where, asked),
    "CreateEndpoint": lambda its, where, asked, fault: its.create(where, asked, fault),
    "UpdateEndpoint": lambda its, where, asked, fault: its.update(where, asked, fault),
    "UpdateEndpointWeightsAndCapacities": lambda its, where, asked, _: its.scale(where, asked),
    "DescribeEndpoint": lambda its, where, asked, _: its.describe(where, asked["EndpointName"]),
    "DeleteEndpoint": lambda its, where, asked, fault: its.delete(
        where, asked["EndpointName"], fault
    ),
    "ListEndpoints": lambda its, where, asked, _: its.listed(where, asked),
}
