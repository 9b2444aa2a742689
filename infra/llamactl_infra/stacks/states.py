"""What a deployment on a cloud is, judged from what is kept of it and what its cloud says."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.units import format_duration
from llamactl_infra.deployment import AuthKind, CloudFacts, Deployment, DeploymentState
from llamactl_infra.drafts.draft import open_draft
from llamactl_infra.live.cloud import Fleet, LiveEndpoint, LiveState
from llamactl_infra.spec import Cloud, Spec
from llamactl_infra.stacks.locks import Owner
from llamactl_infra.stacks.reading import Kept

UNKNOWN: Literal["unknown"] = "unknown"
Verdict = tuple[DeploymentState, str | None]
PriceList = Callable[[Cloud, str, str], float | None]
"""The price an hour of an instance type in a region; None: it is on no list."""

_WORDS: dict[LiveState, tuple[DeploymentState, str | None]] = {
    "creating": ("deploying", "its endpoint is being created"),
    "updating": ("updating", "its endpoint is being updated"),
    "running": ("running", None),
    "failed": ("failed", "its endpoint has failed"),
    "deleting": ("deleting", "its endpoint is being deleted"),
}


def no_prices(_cloud: Cloud, _region: str, _instance_type: str) -> None:
    """Know no price."""


def deployment_of(
    kept: Kept,
    live: LiveEndpoint | LlamactlError,
    owner: Owner | None = None,
    prices: PriceList = no_prices,
) -> Deployment | None:
    """Tell a deployment; None: what is kept tells of none.

    `live` is what its cloud says, or why it does not. `owner` is the run that is on the stack now.
    `prices` knows instance types that the settings do not name, as after an update that failed.
    """
    cloud = cloud_of(kept)
    if cloud is None:
        return None
    spec, outputs = kept.spec, kept.outputs
    seen = live if isinstance(live, LiveEndpoint) else None
    state, reason = judge(kept, live, owner)
    if reason is None:
        reason = kept.problem
    known = seen.url if seen is not None else None
    url = known if known is not None else _text(outputs.get("url"))
    return Deployment(
        name=kept.name,
        model=_first(spec and spec.model, outputs.get("model")),
        cloud=cloud,
        region=_first(spec and spec.region, outputs.get("region")),
        instance_type=_first(
            seen and seen.instance_type, spec and spec.instance_type, outputs.get("instance_type")
        ),
        engine=_first(spec and spec.engine, outputs.get("engine")),
        state=state,
        reason=reason,
        endpoint=url if seen is None or seen.state != "absent" else None,
        usd_per_hour=usd_per_hour_now(kept, live, prices),
        created_at=_created_at(kept, seen),
        pid=None,
        context_tokens=spec.context_tokens if spec is not None else None,
        log_path=None,
        weights=spec.weights if spec is not None else None,
        auth=_auth(kept, cloud),
        cloud_facts=_facts(kept, seen),
    )


def cloud_of(kept: Kept) -> Cloud | None:
    """Tell which cloud a stack is on, by its spec or else by its outputs."""
    if kept.spec is not None:
        return kept.spec.cloud
    told = kept.outputs.get("cloud")
    return next((each for each in get_args(Cloud) if each == told), None)


def judge(kept: Kept, live: LiveEndpoint | LlamactlError, owner: Owner | None) -> Verdict:
    """Name the state, and why."""
    if isinstance(live, LlamactlError):
        return UNKNOWN, live.message
    if live.state == "absent":
        return _of_absent(kept, owner)
    state, usual = _WORDS[live.state]
    return state, _doing(live, usual)


def usd_per_hour_now(
    kept: Kept, live: LiveEndpoint | LlamactlError, prices: PriceList = no_prices
) -> float | None:
    """Say what its instances cost: those that run, or where that is not known those asked for."""
    spec = kept.spec
    price: Any = kept.outputs.get("usd_per_hour") if spec is None else spec.usd_per_hour
    if not isinstance(live, LiveEndpoint):
        return None if price is None else float(price)
    if live.state == "absent":
        return 0.0
    if spec is None or spec.instance_type is None:
        return None if price is None else float(price)
    kind = live.instance_type if live.instance_type is not None else spec.instance_type
    count = live.instances if live.instances is not None else spec.instances
    each = [_usd_per_hour(spec, fleet, prices) for fleet in (Fleet(kind, count), *live.beside)]
    known = [usd for usd in each if usd is not None]
    return sum(known) if len(known) == len(each) else None


def _usd_per_hour(spec: Spec, fleet: Fleet, prices: PriceList) -> float | None:
    """Price a fleet as it was planned, or by the list where it is of another type."""
    if fleet.instance_type.lower() == str(spec.instance_type).lower():
        price = spec.usd_per_hour
        return None if price is None else price * fleet.instances / spec.instances
    listed = prices(spec.cloud, str(spec.region), fleet.instance_type)
    return None if listed is None else listed * fleet.instances


def _auth(kept: Kept, cloud: Cloud) -> AuthKind:
    """Say how callers are let in: as what runs was made, or is being made."""
    told = kept.outputs.get("auth")
    usual: AuthKind = "key" if kept.spec is None else open_draft(cloud).auth(kept.spec)
    return next((each for each in get_args(AuthKind) if each == told), usual)


def _of_absent(kept: Kept, owner: Owner | None) -> Verdict:
    was_up = "url" in kept.outputs
    if owner is not None:
        by = f"process {owner.pid} of {owner.user}@{owner.host} is on it since {owner.at}"
        return ("deleting" if was_up else "deploying"), by
    if not kept.resources and not kept.is_unfinished:
        what = "nothing of it is there" if was_up else "nothing of it was made yet"
        return "stopped", f"{what}; llamactl destroy {kept.name} forgets it"
    if was_up:
        return "failed", "its endpoint is gone, and other parts of it are still there"
    return "failed", "its deployment was not finished: the same deploy continues, destroy ends it"


def _doing(live: LiveEndpoint, usual: str | None) -> str | None:
    told = (live.doing, live.reason, usual)
    words = next((each for each in told if each is not None), None)
    if live.state != "creating" or live.created_at is None:
        return words
    elapsed_s = (datetime.now(UTC) - live.created_at).total_seconds()
    return f"{words}, for {format_duration(elapsed_s)}" if elapsed_s > 0 else words


def _facts(kept: Kept, seen: LiveEndpoint | None) -> CloudFacts:
    spec, outputs = kept.spec, kept.outputs
    return CloudFacts(
        image=_text(outputs.get("image", spec and spec.image)),
        image_digest=_text(outputs.get("image_digest")),
        revision=_text(outputs.get("revision", spec and spec.revision)),
        instances=seen.instances if seen is not None else None,
        min_instances=spec.capacity.lowest if spec is not None else None,
        max_instances=spec.capacity.peak if spec is not None else None,
        owner=spec.owner if spec is not None else None,
        expires_on=spec.expires_on if spec is not None else None,
        slot=_text(outputs.get("slot")),
        resources=tuple(str(each.named) for each in kept.resources),
        peak_usd_per_hour=spec.peak_usd_per_hour if spec is not None else None,
    )


def _created_at(kept: Kept, seen: LiveEndpoint | None) -> datetime:
    if seen is not None and seen.created_at is not None:
        return seen.created_at.astimezone(UTC)
    return kept.created_at if kept.created_at is not None else datetime.now(UTC)


def _first(*told: object) -> str:
    return next((str(each) for each in told if each is not None), UNKNOWN)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
