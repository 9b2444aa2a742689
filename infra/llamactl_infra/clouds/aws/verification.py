"""That SageMaker has kept an update, as a resource of its own, looked at after the endpoint.

SageMaker takes an update back that fails, and says InService. The engine takes that for well done,
and at its end deletes the configuration and the model that were replaced: those that run. With a
resource that fails the engine's run ends before it deletes. So it does while an update is under
way that the provider no longer waits for: the old ones serve until its end.

Pulumi stores the provider beside the resource, pickled. It is of this module and has no fields, so
what is stored is its name alone, the same each time; the module must be importable where the engine
runs the program, as it is wherever llamactl is installed.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from llamactl_catalog.errors import LlamactlError, StillBusy, Unhealthy
from llamactl_infra.live.aws.asking import Absent, Clients, told

_WATCHED = ("endpoint", "region", "configuration")


class VerificationProvider(dynamic.ResourceProvider):
    """Looks at which configuration an endpoint runs.

    Where the endpoint was just made, what cannot be looked at is let be: nothing old goes then.
    """

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
        try:
            outs = _verified(props)
        except Untold:
            outs = {**props, "live": None}
        return dynamic.CreateResult(f"{props['endpoint']}/verification", outs)

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


class Untold(Unhealthy):
    """SageMaker does not tell which configuration runs."""


def _verified(props: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse another configuration than the one asked for, and one that is still to come.

    Raises:
        StillBusy: an update is under way.
        Unhealthy: another configuration runs.
        Untold: SageMaker does not tell.
    """
    name, wanted = props["endpoint"], str(props["configuration"])
    try:
        live = _live(props)
    except (Absent, LlamactlError) as error:
        if not _is_answer(error):  # then nothing old can be deleted in this run, either
            return {**props, "live": None}
        raise Untold(f"which configuration {name} runs is not known: {error}") from error
    runs = str(live["EndpointConfigName"])
    if runs == wanted:
        return {**props, "live": runs}
    if live["EndpointStatus"] in {"Updating", "SystemUpdating"}:
        raise StillBusy(f"SageMaker is still updating {name}: {runs} runs, and not yet {wanted}")
    reason = " ".join(str(live.get("FailureReason") or "it gives no reason").split())
    which = f"{runs} runs on, and not {wanted}"
    raise Unhealthy(f"SageMaker has taken the update back ({which}): {reason}")


def _is_answer(error: Exception) -> bool:
    """Tell whether AWS has said something, and not the network or who looks for credentials."""
    from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # ships no types

    return isinstance(error.__cause__, ClientError)


def _live(props: Mapping[str, Any]) -> Mapping[str, Any]:
    """Describe the endpoint, with the credentials that AWS's own tools find.

    Where there are none, the search ends at the machine's own role: botocore 1.43.117 gives that a
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
