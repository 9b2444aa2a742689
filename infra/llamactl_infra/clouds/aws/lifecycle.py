"""What must be over before other parts of an endpoint may change, as a resource of its own.

Two rules of SageMaker's have no place in the provider. A variant that is a scaling target keeps its
instance type: the target depends on this resource, which another type replaces, so that Pulumi
takes the target away before the update and puts it back after. And the role must stay while the
endpoint is being deleted, which the provider does not wait for: this resource is deleted after the
endpoint and before the role, and waits.

Pulumi stores the provider beside the resource, pickled by its name: see verification.py.
"""

import time
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from llamactl_catalog.errors import LlamactlError
from llamactl_infra.live.aws.asking import Absent, Clients, told

_WATCHED = ("endpoint", "region", "instance_type", "variant")
_POLL_S = 2.0
# Minutes are usual; SageMaker names no limit.
_LONGEST_S = 3600.0


class LifecycleProvider(dynamic.ResourceProvider):
    """Makes nothing; a deletion waits until the endpoint is gone."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Replace it for another instance type, and whatever depends on it before that."""
        changed = [name for name in _WATCHED if _olds.get(name) != _news.get(name)]
        return dynamic.DiffResult(
            changes=bool(changed),
            replaces=[each for each in changed if each == "instance_type"],
            delete_before_replace=True,
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Return it as it is told."""
        return dynamic.CreateResult(f"{props['endpoint']}/lifecycle", props)

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Return it as it is told now."""
        return dynamic.UpdateResult(_news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Wait while the endpoint is being deleted; one that stays is not waited for."""
        waited_s = 0.0
        while waited_s < _LONGEST_S and _is_deleting(_props):
            time.sleep(_POLL_S)
            waited_s += _POLL_S


class Lifecycle(dynamic.Resource, module="llamactl", name="EndpointLifecycle"):
    """Stands between an endpoint and its role, and between its instance type and its scaling."""

    variant: pulumi.Output[str]

    def __init__(
        self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(LifecycleProvider(), name, dict(props), opts)


def _is_deleting(props: Mapping[str, Any]) -> bool:
    """Tell whether an endpoint is on its way out; what is not told is not waited for."""
    clients = Clients()
    try:
        with told("sagemaker:DescribeEndpoint"):
            client = clients.of("sagemaker", props["region"])
            answer = client.describe_endpoint(EndpointName=props["endpoint"])
    except (Absent, LlamactlError):
        return False
    finally:
        clients.close()
    return bool(answer["EndpointStatus"] == "Deleting")
