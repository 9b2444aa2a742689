"""The endpoint's traffic as a resource of its own, made after the deployment that it names.

The endpoint's property names deployments, which are made after the endpoint: neither could be
declared first. So the endpoint is declared without, and this resource sets it over REST.

The same resource changes whatever else of the endpoint changes after it was made: Azure Native puts
the endpoint as it is declared, without the traffic, and would take it off the air for as long as
the deployment's own change takes. Settings go with the live traffic in one PUT, tags by a PATCH.

Pulumi stores the provider beside the resource, pickled. It is of this module and has no fields, so
what is stored is its name alone, the same each time; the module must be importable where the engine
runs the program, as it is wherever llamactl is installed.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from llamactl_infra.clouds.azure.management import opened
from llamactl_infra.clouds.azure.shifting import (
    WHOLE,
    Settings,
    Shift,
    apply_settings,
    is_failed,
    live_traffic,
    put_traffic,
    shift,
)

_SHIFTED = ("endpoint", "deployment", "content")
_SETTINGS = ("auth_mode", "public_access", "identity", "tags")
# Read from Azure: what others changed is changed back by the next `up`.
_READ = {"auth_mode": "authMode", "public_access": "publicNetworkAccess"}


class TrafficProvider(dynamic.ResourceProvider):
    """Sets, reads and clears the traffic of an endpoint."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare the live shares, as they were read last, and what they depend on.

        Other content of the same deployment is a change: it is tried again. So is that it was read
        as failed: no input of the deployment says so, and Azure Native would leave it.
        """
        changes = any(_olds.get(name) != _news.get(name) for name in _SETTINGS)
        replaces = ["endpoint"] if _olds.get("endpoint") != _news.get("endpoint") else []
        return dynamic.DiffResult(
            changes=changes or _is_to_shift(_olds, _news),
            replaces=replaces,
            delete_before_replace=False,
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Move all traffic to the deployment."""
        return dynamic.CreateResult(f"{props['endpoint']}/traffic", _applied({}, props))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Apply the settings; move all traffic to the deployment, which may be another one."""
        return dynamic.UpdateResult(_applied(_olds, _news))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Give the shares and settings as they are; without an endpoint there is no traffic."""
        with opened() as management:
            found = management.get(props["endpoint"])
            live = live_traffic(management, props["endpoint"])
            has_failed = is_failed(management, _order(props))
        if found is None or live is None:
            return dynamic.ReadResult("", {})
        properties, tags = found.get("properties") or {}, found.get("tags") or {}
        told = {name: properties.get(field) for name, field in _READ.items() if name in props}
        ours = props.get("tags") or {}
        told["tags"] = {name: value for name, value in tags.items() if name in ours}
        told["has_failed"] = has_failed
        return dynamic.ReadResult(id_, {**props, **told, "traffic": live})

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


def _applied(olds: Mapping[str, Any], props: Mapping[str, Any]) -> dict[str, Any]:
    settings = Settings(
        auth_mode=props["auth_mode"],
        public_access=props["public_access"],
        identity=props["identity"],
        tags=props["tags"],
    )
    with opened() as management:
        apply_settings(management, props["endpoint"], settings, olds.get("tags") or {})
        if not _is_to_shift(olds, props):
            return {**props, "traffic": olds.get("traffic"), "has_failed": False}
        return {**props, "traffic": shift(management, _order(props)), "has_failed": False}


def _is_to_shift(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether traffic is to be moved, or the deployment that has it is to be tried again."""
    wanted = {news.get("deployment"): WHOLE}
    return (
        bool(olds.get("has_failed"))
        or _whole_numbers(olds.get("traffic")) != wanted
        or any(olds.get(name) != news.get(name) for name in _SHIFTED)
    )


def _order(props: Mapping[str, Any]) -> Shift:
    return Shift(
        endpoint=props["endpoint"],
        deployment=props["deployment"],
        instance_type=props["instance_type"],
        update=props["update"],
        percent=int(props["percent"]),
        bake_s=int(props["bake_s"]),
        model=props["model"],
        trial_route=props.get("trial_route"),
    )


def _whole_numbers(told: Any) -> dict[str, int]:
    """Read shares from the stack's state, where every number is a fraction."""
    return {name: int(share) for name, share in (told or {}).items() if share}
