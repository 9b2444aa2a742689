"""The endpoint's traffic as a resource of its own, made after the deployment that it names.

The endpoint's property names deployments, which are made after the endpoint: neither could be
declared first. So the endpoint is declared without, and this resource sets it over REST.

Pulumi stores the provider beside the resource, pickled. It is of this module and has no fields, so
what is stored is its name alone, the same each time; the module must be importable where the engine
runs the program, as it is wherever llamactl is installed.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from llamactl_infra.clouds.azure.management import opened
from llamactl_infra.clouds.azure.shifting import WHOLE, Shift, live_traffic, put_traffic, shift

_WATCHED = ("endpoint", "deployment", "endpoint_settings", "content")


class TrafficProvider(dynamic.ResourceProvider):
    """Sets, reads and clears the traffic of an endpoint."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare the live shares, as they were read last, and what they depend on.

        That the endpoint itself changes is a change here: putting it may have cleared them. So is
        other content of the same deployment: it is tried again.
        """
        wanted = {_news.get("deployment"): WHOLE}
        changes = any(_olds.get(name) != _news.get(name) for name in _WATCHED)
        replaces = ["endpoint"] if _olds.get("endpoint") != _news.get("endpoint") else []
        return dynamic.DiffResult(
            changes=changes or _whole_numbers(_olds.get("traffic")) != wanted,
            replaces=replaces,
            delete_before_replace=False,
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Move all traffic to the deployment."""
        return dynamic.CreateResult(f"{props['endpoint']}/traffic", _moved(props))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Move all traffic to the deployment, which may be another one."""
        return dynamic.UpdateResult(_moved(_news))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Give the shares as they are; without an endpoint there is no traffic."""
        with opened() as management:
            live = live_traffic(management, props["endpoint"])
        if live is None:
            return dynamic.ReadResult("", {})
        return dynamic.ReadResult(id_, {**props, "traffic": live})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Take all traffic away: a deployment that has some cannot be deleted."""
        with opened() as management:
            put_traffic(management, _props["endpoint"], {})


class Traffic(dynamic.Resource, module="llamactl", name="AzureMlTraffic"):
    """All traffic of an endpoint to one deployment; `traffic` is what it was when last read."""

    traffic: pulumi.Output[Mapping[str, int]]

    def __init__(
        self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TrafficProvider(), name, {**props, "traffic": None}, opts)


def _moved(props: Mapping[str, Any]) -> dict[str, Any]:
    order = Shift(
        endpoint=props["endpoint"],
        deployment=props["deployment"],
        instance_type=props["instance_type"],
        update=props["update"],
        percent=int(props["percent"]),
        bake_s=int(props["bake_s"]),
        model=props["model"],
        trial_route=props.get("trial_route"),
    )
    with opened() as management:
        return {**props, "traffic": shift(management, order)}


def _whole_numbers(told: Any) -> dict[str, int]:
    """Read shares from the stack's state, where every number is a fraction."""
    return {name: int(share) for name, share in (told or {}).items() if share}
