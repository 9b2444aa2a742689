"""Answers `llamactl plan`: plans, prints, and says what would do where nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import click

from llamactl.app import App
from llamactl.output import print_json, talk
from llamactl.own_machine_page import own_page, own_record
from llamactl.plan_page import deploy_command, plan_page, rejected_page
from llamactl.plan_record import plan_record
from llamactl_catalog.availability import cached_listings
from llamactl_catalog.engines import TGI, Engine, remembered
from llamactl_catalog.engines import engine as engine_of
from llamactl_catalog.errors import InvalidInput, NoCapacity
from llamactl_catalog.hardware import Offer
from llamactl_catalog.limits import Limits, slowness
from llamactl_catalog.model import Model
from llamactl_catalog.offers import load_hardware, load_price_book, offers
from llamactl_catalog.own_machine import OwnMachine, own_machine, own_shortage
from llamactl_catalog.placement import Objective, Plan, Quantization
from llamactl_catalog.planning import check_workload, plan
from llamactl_catalog.remedies import remedies
from llamactl_catalog.selection import Selection
from llamactl_catalog.unpriced import unpriced
from llamactl_catalog.workload import Workload

_ROWS = 10
# What TGI takes where it is not told. Source: its launcher/src/main.rs, 3.3.6.
_USUAL_CONTEXT = 4096
_OWN_ENGINE = "llama.cpp"


@dataclass(frozen=True, slots=True)
class Question:
    """What the options of the command say."""

    model: Model
    workload: Workload
    selection: Selection
    quantizations: tuple[Quantization, ...]
    engine: str | None
    objective: Objective
    limits: Limits
    today: date
    max_price_age_days: int
    limit: int | None
    everything: bool
    html: Path | None
    as_json: bool


def workload_of(  # noqa: PLR0913, PLR0917 - the options of a load
    model: Model,
    input_tokens: int,
    output_tokens: int,
    concurrency: int,
    context_tokens: int | None,
    utilization: float,
) -> Workload:
    """Give the load; a context that is not named is TGI's usual one, or what the load takes."""
    if context_tokens is None:
        usual = min(_USUAL_CONTEXT, model.architecture.context_tokens)
        context_tokens = max(usual, input_tokens + output_tokens)
    return Workload(input_tokens, output_tokens, concurrency, context_tokens, utilization)


def plan_rented(app: App, asked: Question) -> None:
    """Rank what the clouds rent.

    Raises:
        NoCapacity: nothing carries the load; it says what would.
        InvalidInput: a region, an instance type, a GPU, an engine or the workload is none.
    """
    _check_page(asked)
    engine = TGI if asked.engine is None else engine_of(asked.engine)
    check_workload(asked.model, asked.workload)
    hardware, book = load_hardware(), load_price_book(app.cache_dir)
    every_offer = offers(hardware, book.prices, cached_listings(app.cache_dir))
    selected = asked.selection.of(every_offer, hardware)
    found = plan(
        asked.model,
        selected,
        asked.workload,
        objective=asked.objective,
        limits=asked.limits,
        quantizations=asked.quantizations,
        engine=engine,
        today=asked.today,
        max_price_age_days=asked.max_price_age_days,
        not_offered=unpriced(asked.selection, hardware, book, engine),
    )
    _tell_idle_regions(asked.selection, found)
    if asked.as_json:
        print_json(plan_record(found, asked.limit))
    elif found.placements:
        limit = asked.limit if asked.limit is not None or asked.everything else _ROWS
        click.echo(plan_page(found, limit=limit, every_region=asked.everything))
    if asked.everything and found.rejected and not asked.as_json:
        click.echo(f"\n{rejected_page(found)}" if found.placements else rejected_page(found))
    if not found.placements:
        wider = replace(asked.selection, instance_types=(), gpus=()).of(every_offer)
        ways = remedies(found, selected, wider, asked.limits, asked.quantizations, engine)
        raise _nothing(found, selected, list(ways), engine)
    if asked.html is not None:
        _write_page(asked.html, found, asked)
    if not asked.as_json:
        # Only here: the plan's own fields must not depend on what this version can deploy.
        talk("\nThis version deploys on this machine only; a coming one takes:")
        talk(f"  {deploy_command(found.placements[0])}")


def plan_here(asked: Question) -> None:
    """Size a model for this machine.

    Raises:
        NoCapacity: it does not fit the memory that is free.
        InvalidInput: an option that only what is rented has.
    """
    import psutil

    from llamactl_containers.gguf import OVERHEAD_BYTES

    check_workload(asked.model, asked.workload)
    _check_here(asked)
    free_bytes = psutil.virtual_memory().available
    own = own_machine(asked.model, asked.workload, free_bytes, OVERHEAD_BYTES)
    short = own_shortage(own)
    if short is None:
        short = _too_slow_here(own, asked.limits)
    if asked.as_json:
        print_json(own_record(own, asked.workload, asked.today, short))
    if short is not None:
        raise NoCapacity(
            f"{asked.model.id} does not run so on this machine: {short}",
            hint="a smaller --context or --concurrency, or a rented GPU: "
            f"llamactl plan {asked.model.id}",
        )
    if not asked.as_json:
        click.echo(own_page(own, asked.workload))
        talk(f"\n  llamactl deploy {asked.model.id} --cloud local")


def _check_page(asked: Question) -> None:
    """Refuse a page that could not be written, before anything is planned for it."""
    if asked.html is None:
        return
    if asked.as_json:
        raise InvalidInput("--html and --json are two ways to give the plan", hint="take one")
    from llamactl.report import check_installed, check_target

    check_installed()
    check_target(asked.html)


def _write_page(path: Path, found: Plan, asked: Question) -> None:
    from importlib.metadata import version

    from llamactl.report import plan_html, write_page

    page = plan_html(
        found,
        made_on=asked.today,
        version=version("llamactl"),
        limit=asked.limit,
        every_region=asked.everything,
    )
    write_page(path, page)
    talk(f"\nwrote {path}")


def _check_here(asked: Question) -> None:
    """Refuse options that say nothing of this machine, rather than to pass over them."""
    rented = asked.selection
    if rented.regions or rented.instance_types or rented.gpus:
        raise InvalidInput(
            "--region, --instance-type and --gpu are of what clouds rent",
            hint="leave them out, or leave out --cloud local",
        )
    if asked.html is not None:
        raise InvalidInput("--html is of what clouds rent", hint="leave out --cloud local")
    if asked.quantizations != ("none",):
        raise InvalidInput(
            "--quantize is of what clouds rent", hint="a GGUF file is quantized as it is"
        )
    if asked.engine not in (None, _OWN_ENGINE):
        message = f"no engine '{asked.engine}' for this machine in a plan"
        raise InvalidInput(message, hint=f"leave out --engine, or --engine {_OWN_ENGINE}")


def _too_slow_here(own: OwnMachine, limits: Limits) -> str | None:
    if limits == Limits(max_usd_per_hour=limits.max_usd_per_hour):
        return None
    if own.speed is None:
        return "no speed is known of it here, so that no limit of speed can be kept"
    return slowness(limits, own.speed, own.speed.tokens_per_s)


def _tell_idle_regions(selection: Selection, found: Plan) -> None:
    """Say which of the regions asked for has nothing of what else is asked for."""
    seen = {each.offer.price.region for each in found.placements}
    seen |= {each.region for each in found.rejected}
    for region in selection.regions:
        if region.casefold() not in seen:
            talk(f"{region}: nothing of what is asked for is offered there")


def _nothing(
    failed: Plan, selected: Sequence[Offer], ways: Sequence[str], engine: Engine
) -> NoCapacity:
    """Say how many offers fail, why the cheapest one does, and what would do."""
    incompatible = remembered(engine.incompatible_because)
    usable = [
        each
        for each in selected
        if each.unavailable_because is None and incompatible(each.instance_type) is None
    ]
    cheapest = min(usable or selected, key=lambda each: each.price.usd_per_hour)
    name = cheapest.instance_type.name
    place = name, cheapest.price.region
    reason = next(
        each.reason for each in failed.rejected if (each.instance_type, each.region) == place
    )
    among = f"none of {len(selected)} offers carries" if len(selected) > 1 else "it does not carry"
    hint = "\n       ".join(["what would do:", *ways])
    return NoCapacity(
        f"{among} {failed.model.id} for this load; {name}: {reason}",
        hint=hint
        if ways
        else "no one change would do: more money, looser limits of speed, --quantize any, less "
        "--context, less --concurrency or another --gpu; try several",
    )
