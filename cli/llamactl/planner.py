"""Answers `llamactl plan`: plans, prints, and says what would do where nothing does."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from llamactl.app import App
from llamactl.output import print_json, talk
from llamactl.own_machine_page import own_page, own_record
from llamactl.plan_license import PlanLicense, plan_license
from llamactl.plan_page import deploy_command, plan_page, rejected_page
from llamactl.plan_record import placement_record, plan_record
from llamactl.ranking import Sought, cheaper_precision, ranked, refusal
from llamactl_catalog.candidates import ANY_LAYOUT
from llamactl_catalog.engines import DEPLOYED, TGI, check_layout
from llamactl_catalog.engines import engine as engine_of
from llamactl_catalog.errors import InvalidInput, NoCapacity
from llamactl_catalog.limits import Limits, slowness
from llamactl_catalog.model import Model
from llamactl_catalog.own_machine import OwnMachine, own_machine, own_shortage
from llamactl_catalog.placement import Layout, Objective, Plan, Quantization
from llamactl_catalog.planning import check_workload
from llamactl_catalog.selection import Selection
from llamactl_catalog.workload import Workload

_ROWS = 10
_OWN_ENGINE = "llama.cpp"


@dataclass(frozen=True, slots=True)
class Question:
    """What the options of the command say."""

    model: Model
    workload: Workload
    selection: Selection
    geographies: tuple[str, ...]
    quantizations: tuple[Quantization, ...]
    engine: str | None
    layout: Layout
    objective: Objective
    limits: Limits
    today: date
    max_price_age_days: int
    limit: int | None
    everything: bool
    html: Path | None
    as_json: bool


def plan_rented(app: App, asked: Question) -> None:
    """Rank what the clouds rent.

    Raises:
        NoCapacity: nothing carries the load; it says what would.
        OverPriceCap: what carries it costs more than the limit, and that alone is in the way.
        InvalidInput: a region, an instance type, a GPU, an engine or the workload is none.
    """
    _check_page(asked)
    engine = TGI if asked.engine is None else engine_of(asked.engine)
    check_layout(engine, asked.layout)
    sought = Sought(
        model=asked.model,
        workload=asked.workload,
        selection=asked.selection,
        geographies=asked.geographies,
        today=asked.today,
        quantizations=asked.quantizations,
        engine=engine,
        layout=asked.layout,
        objective=asked.objective,
        limits=asked.limits,
        max_price_age_days=asked.max_price_age_days,
    )
    result = ranked(app, sought)
    found = result.plan
    terms, cheaper = plan_license(app, asked.model), cheaper_precision(sought, result)
    _tell_idle_regions(asked.selection, found)
    if asked.as_json:
        record = plan_record(found, asked.limit, accepted=terms.accepted)
        saving = None if cheaper is None else placement_record(cheaper, 1, found)
        extra = {"license": terms.as_json(), "cheaper_precision": saving}
        print_json({**record, **extra})
    elif found.placements:
        limit = asked.limit if asked.limit is not None or asked.everything else _ROWS
        page = plan_page(
            found,
            limit=limit,
            every_region=asked.everything,
            license_words=terms.words,
            cheaper=cheaper,
        )
        click.echo(page)
    if asked.everything and found.rejected and not asked.as_json:
        click.echo(f"\n{rejected_page(found)}" if found.placements else rejected_page(found))
    if not found.placements:
        raise refusal(app, sought, result)
    if asked.html is not None:
        _write_page(asked.html, found, asked)
    if not asked.as_json:
        _tell_next(found, asked, terms)


def _tell_next(found: Plan, asked: Question, terms: PlanLicense) -> None:
    """Give the command that deploys the first placement, unless `deploy` would refuse it."""
    if terms.refusal is not None:
        talk(f"\ndeploy refuses {found.model.id}: {terms.refusal.message}")
        talk(f"  {terms.refusal.hint}")
    elif found.placements[0].engine not in DEPLOYED:
        talk(f"\nllamactl does not deploy {found.placements[0].engine} yet: this is a plan alone")
    else:
        told = deploy_command(found.placements[0], found, asked.engine, asked.layout)
        talk(f"\nDeploy it, or look first with --dry-run:\n  {told}")


def plan_here(app: App, asked: Question) -> None:
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
        terms = plan_license(app, asked.model)
        record = own_record(own, asked.workload, asked.today, short, accepted=terms.accepted)
        print_json({**record, "license": terms.as_json()})
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
    if rented.regions or rented.instance_types or rented.gpus or asked.geographies:
        raise InvalidInput(
            "--region, --geography, --instance-type and --gpu are of what clouds rent",
            hint="leave them out, or leave out --cloud local",
        )
    if asked.html is not None:
        raise InvalidInput("--html is of what clouds rent", hint="leave out --cloud local")
    if asked.quantizations != ("none",):
        raise InvalidInput(
            "--quantize is of what clouds rent", hint="a GGUF file is quantized as it is"
        )
    if asked.layout != ANY_LAYOUT:
        message = "--num-shard and --replicas-per-instance are of what clouds rent"
        raise InvalidInput(message, hint="leave them out, or leave out --cloud local")
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
