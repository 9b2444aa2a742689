"""That SageMaker has kept an update, as a resource of its own, looked at after the endpoint.

SageMaker takes an update back that fails, and says InService. The engine takes that for well done,
and at its end deletes the configuration and the model that were replaced: those that run. With a
resource that fails the engine's run ends before it deletes.

Pulumi stores the provider beside the resource, pickled. It is of this module and has no fields, so
what is stored is its name alone, the same each time; the module must be importable where the engine
runs the program, as it is wherever llamactl is installed.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from llamactl_catalog.errors import LlamactlError, Unhealthy
from llamactl_infra.live.aws.asking import Absent, Clients, told

_WATCHED = ("endpoint", "region", "configuration")


class VerificationProvider(dynamic.ResourceProvider):
    """Looks at which configuration an endpoint runs; what cannot be looked at is let be."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Look again where something else is asked for, or ran when it was read last."""
        changes = any(_olds.get(name) != _news.get(name) for name in _WATCHED)
        live = _olds.get("live")
        return dynamic.DiffResult(
            changes=changes or (live is not None and live != _news.get("configuration")),
            replaces=[],
            delete_before_replace=False,
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Look whether the endpoint runs what was asked for."""
        return dynamic.CreateResult(f"{props['endpoint']}/verification", _verified(props))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Look whether the endpoint runs what is asked for now."""
        return dynamic.UpdateResult(_verified(_news))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Give the configuration that runs; without an endpoint there is nothing to verify."""
        try:
            live = _live(props)
        except Absent:
            return dynamic.ReadResult("", {})
        except LlamactlError:
            return dynamic.ReadResult(id_, props)
        return dynamic.ReadResult(id_, {**props, "live": live["EndpointConfigName"]})


class Verification(dynamic.Resource, module="llamactl", name="EndpointVerification"):
    """An endpoint's configuration, verified; `live` is the one that ran when it was looked at."""

    live: pulumi.Output[str | None]

    def __init__(
        self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(VerificationProvider(), name, {**props, "live": None}, opts)


def _verified(props: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse another configuration than the one asked for; not known is neither good nor bad."""
    try:
        live = _live(props)
    except (Absent, LlamactlError):
        return {**props, "live": None}
    runs, wanted = str(live["EndpointConfigName"]), str(props["configuration"])
    if runs == wanted:
        return {**props, "live": runs}
    if _is_coming(live, wanted):
        return {**props, "live": None}
    reason = " ".join(str(live.get("FailureReason") or "it gives no reason").split())
    which = f"{runs} runs on, and not {wanted}"
    raise Unhealthy(f"SageMaker has taken the update back ({which}): {reason}")


def _is_coming(live: Mapping[str, Any], configuration: str) -> bool:
    """Tell whether an update to a configuration is under way still, and not on its way back."""
    pending = live.get("PendingDeploymentSummary", {}).get("EndpointConfigName")
    return bool(pending == configuration and live["EndpointStatus"] != "RollingBack")


def _live(props: Mapping[str, Any]) -> Mapping[str, Any]:
    """Describe the endpoint, with the credentials that AWS's own tools find.

    Where there are none, the search ends at the machine's own role: botocore 1.44.5 gives that a
    second for each of two questions, once.

    Raises:
        Absent: there is no such endpoint.
        LlamactlError: SageMaker does not tell.
    """
    clients = Clients()
    try:
        client = clients.of("sagemaker", props["region"])
        with told("sagemaker:DescribeEndpoint"):
            answer: Mapping[str, Any] = client.describe_endpoint(EndpointName=props["endpoint"])
    finally:
        clients.close()
    return answer
