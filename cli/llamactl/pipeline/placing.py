"""From an order to the plan and the placements that may be taken, best first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import get_args

import click

from llamactl.app import App
from llamactl.output import talk
from llamactl.pipeline.cloud_order import ANY, CloudOrder
from llamactl.pipeline.plan_file import SavedPlan, read_plan, refuse_differences
from llamactl.pipeline.sought import Scaling, scaling_of, selection_of, sought_by
from llamactl.plan_page import plan_page
from llamactl.ranking import OVER_CAP_HINT, Ranked, Sought, ranked, refusal
from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    NoCapacity,
    NoPermission,
    OverPriceCap,
)
from llamactl_catalog.limits import Limits, overspending
from llamactl_catalog.model import Model
from llamactl_catalog.placement import Placement, Plan, Rejection
from llamactl_infra.spec import Cloud, Spec

_ROWS = 10


@dataclass(frozen=True, slots=True)
class Candidates:
    """What an order may become.

    `placements` are best first, never empty: one where a plan file or what stands says which; with
    `--fallback` the next are tried in this order. A placement's replicas carry the load; `scaling`
    is what may come to them. `stored` is the spec of the deployment of this name, None where there
    is none, or at a dry run; `stands` tells whether there is an endpoint of it, which stays where
    it is.
    """

    model: Model
    plan: Plan
    placements: tuple[Placement, ...]
    scaling: Scaling
    stored: Spec | None
    stands: bool = False


def rented() -> tuple[Cloud, ...]:
    """Name the clouds: every place but this machine."""
    return tuple(each for each in get_args(Cloud) if each != "local")


def cloud_of(placement: Placement) -> Cloud:
    """Give the cloud of a placement."""
    name = placement.offer.instance_type.cloud
    return next(each for each in rented() if each == name)


def candidates(app: App, order: CloudOrder) -> Candidates:
    """Plan an order.

    Where no cloud was named and there are no credentials (and it is no dry run) the plan is
    printed, and the error names the ways on.

    Raises:
        NoCapacity: nothing carries the load; it says what would.
        OverPriceCap: what carries it costs more than --max-usd-per-hour.
        NoPermission: no cloud was named, and there are credentials of none.
        InvalidInput: an option is none, or a plan file no longer holds; it says what differs.
    """
    saved = None if order.plan_file is None else read_plan(order.plan_file)
    order = order if saved is None else _as_saved(order, saved)
    model = app.catalog().model(order.model)
    stored = _stored(app, order)
    scaling = scaling_of(order, stored)
    sought = sought_by(order, model, stored, saved, rented())
    stands = stored is not None and (
        not order.fallback or order.dry_run or _has_endpoint(app, stored)
    )
    if stored is not None and not stands:  # what an earlier run could not have there
        selection = selection_of(order, None, (stored.cloud,))
        sought = replace(sought, selection=selection)
    if order.cloud in {None, ANY} and stored is None and not order.dry_run:
        sought = _where_signed_in(app, sought, order)
    found = ranked(app, sought)
    kept, over = _within(found.plan, sought.limits, scaling)
    if saved is not None:
        reason = next(iter([*over, *found.plan.rejected]), None)
        told = None if reason is None else reason.reason
        refuse_differences(saved, kept[0] if kept else None, told)
    if not kept:
        raise _none(app, sought, found, over)
    plan = replace(found.plan, placements=kept, rejected=(*found.plan.rejected, *over))
    return Candidates(model, plan, kept, scaling, stored, stands)


def _as_saved(order: CloudOrder, saved: SavedPlan) -> CloudOrder:
    """Take the placement of the saved plan; options that say something else of it are refused."""
    named = {
        "--cloud": order.cloud not in {None, saved.cloud},
        "--region": bool(order.regions),
        "--instance-type": bool(order.instance_types),
        "--gpu": bool(order.gpus),
        "--quantize": bool(order.quantizations),
        "--engine": order.engine is not None,
        "--num-shard": order.num_shard is not None,
        "--input-tokens": order.input_tokens is not None,
        "--output-tokens": order.output_tokens is not None,
        "--concurrency": order.concurrency is not None,
        "--context": order.context_tokens is not None,
        "--replicas": order.replicas is not None,
        "--min": order.min_instances is not None,
        "--max": order.max_instances is not None,
    }
    beside = [option for option, is_named in named.items() if is_named]
    if beside:
        message = f"{', '.join(beside)} beside --plan, which has all of the placement"
        raise InvalidInput(message, hint="leave one of them out")
    if saved.model != order.model:
        hint = f"llamactl deploy {saved.model} --plan {saved.path}"
        raise InvalidInput(f"{saved.path} is a plan for {saved.model}", hint=hint)
    return replace(
        order,
        cloud=saved.cloud,
        regions=(saved.region,),
        instance_types=(saved.instance_type,),
        quantizations=(saved.quantization,),
        engine=saved.engine_option,
        min_instances=saved.replicas,
        max_instances=saved.most,
        objective=saved.objective,
    )


def _read_stored(app: App, order: CloudOrder) -> Spec | None:
    target, name = app.stacks(), order.deployment_name()
    if not order.dry_run:
        return target.stored_spec(name) if target.may_know(name) else None
    try:  # it makes nothing, not even a folder, and needs no credentials
        is_known = name in target.names_seen() or target.is_in_use()
        return target.stored_spec(name) if is_known else None
    except LlamactlError as error:
        talk(f"warning: whether '{name}' is deployed is not known: {error.message}")
        return None


def _stored(app: App, order: CloudOrder) -> Spec | None:
    """Read the spec of the deployment of this name, where there is one.

    Raises:
        InvalidInput: it serves another model, or on another cloud than is asked for.
    """
    stored, name = _read_stored(app, order), order.deployment_name()
    if stored is None:
        return None
    hint = f"another --name, or llamactl destroy {name} first"
    if stored.model != order.model:
        raise InvalidInput(f"'{name}' is a deployment of {stored.model}", hint=hint)
    if order.cloud not in {None, ANY, stored.cloud}:
        raise InvalidInput(f"'{name}' is a deployment on {stored.cloud}", hint=hint)
    return stored


def _has_endpoint(app: App, stored: Spec) -> bool:
    """Tell whether a deployment has an endpoint; one that has failed is none."""
    try:
        return app.live(stored.cloud).endpoint(stored).state not in {"absent", "failed"}
    except LlamactlError:  # what cannot be seen is taken to be there
        return True


def _within(
    plan: Plan, limits: Limits, scaling: Scaling
) -> tuple[tuple[Placement, ...], tuple[Rejection, ...]]:
    """Keep what stays below the autoscaler's bound and, at its peak, below the price cap."""
    kept: list[Placement] = []
    over: list[Rejection] = []
    for each in plan.placements:
        reason = excess(each, limits, scaling)
        if reason is None:
            kept.append(each)
        else:
            kind, price = each.offer.instance_type, each.offer.price
            over.append(Rejection(kind.cloud, price.region, kind.name, reason))
    return tuple(kept), tuple(over)


def excess(each: Placement, limits: Limits, scaling: Scaling) -> str | None:
    """Say by which bound a placement is too large; None: it is within all.

    What the replicas alone cost, the plan has compared with the limits.
    """
    if scaling.most is not None and each.instances > scaling.most:
        return f"needs {each.instances} instances for this load, and --max is {scaling.most}"
    capacity = scaling.capacity(each.instances)
    if not capacity.is_scaled:
        return None
    spent = overspending(limits, capacity.peak_usd_per_hour(each.usd_per_hour))
    return None if spent is None else f"{capacity.peak} instances at the peak cost {spent}"


def _none(
    app: App, sought: Sought, found: Ranked, over: tuple[Rejection, ...]
) -> NoCapacity | OverPriceCap:
    """Say what is in the way: the price cap alone, the autoscaler's bound, or the load."""
    if not over:
        return refusal(app, sought, found)
    first = over[0]
    message = f"{first.instance_type} in {first.region}: {first.reason}"
    if sought.limits.max_usd_per_hour is not None:
        return OverPriceCap(message, hint=OVER_CAP_HINT)
    return NoCapacity(message, hint="a higher --max, or less --concurrency")


def _where_signed_in(app: App, sought: Sought, order: CloudOrder) -> Sought:
    """Narrow the clouds to those that there are credentials of.

    Raises:
        NoPermission: there are none; the plan is printed before.
    """
    refused = dict(_refusals(app, order))
    able = tuple(each for each in rented() if each not in refused)
    if able:
        selection = replace(sought.selection, clouds=able)
        return replace(sought, selection=selection)
    found = ranked(app, sought).plan
    if found.placements and not order.as_json:
        click.echo(plan_page(found, limit=_ROWS, every_region=False))
    ways = [f"{name}: {error.message}; {error.hint}" for name, error in refused.items()]
    here = f"llamactl deploy {order.model} --cloud local"
    raise NoPermission(
        "no --cloud was named, and there are working credentials for none",
        hint="\n       ".join([*ways, f"without credentials, on this machine: {here}"]),
    )


def _refusals(app: App, order: CloudOrder) -> Iterator[tuple[Cloud, LlamactlError]]:
    from llamactl_infra.drafts.draft import open_draft

    for each in rented():
        try:
            app.live(each).account(open_draft(each).account_meant(order.settings, None))
        except LlamactlError as error:
            yield each, error
