"""Answers `llamactl compare`: compares, prints, and says why where no cloud carries the load."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from llamactl.app import App
from llamactl.compare_markdown import compare_markdown
from llamactl.compare_page import compare_page
from llamactl.compare_record import compare_record
from llamactl.output import print_json, talk
from llamactl.ranking import workload_of
from llamactl_catalog.availability import cached_listings
from llamactl_catalog.clouds import clouds
from llamactl_catalog.comparing.comparing import Subject, check_load, compare
from llamactl_catalog.comparing.comparison import ApiPrice, Comparison, Load
from llamactl_catalog.costs import HOURS_PER_MONTH
from llamactl_catalog.engine_models import check_loads
from llamactl_catalog.engines import TGI, check_layout
from llamactl_catalog.engines import engine as engine_of
from llamactl_catalog.errors import InvalidInput, NoCapacity
from llamactl_catalog.geography import inside
from llamactl_catalog.hardware import Offer
from llamactl_catalog.limits import Limits
from llamactl_catalog.model import Model
from llamactl_catalog.offers import load_hardware, load_prices, offers
from llamactl_catalog.placement import Layout, Quantization
from llamactl_catalog.planning import check_workload
from llamactl_catalog.regions import Region, load_regions
from llamactl_catalog.selection import Selection
from llamactl_catalog.sources import load_sources
from llamactl_catalog.token_prices import known_regions, load_token_prices, token_prices_for

USUAL_MONTHLY_TOKENS = 100e6
"""The load where none is named: a small one."""
USUAL_PEAK = 2.0


@dataclass(frozen=True, slots=True)
class Question:
    """What the options of the command say."""

    models: tuple[str, ...]
    load: Load
    context_tokens: int | None
    apis: tuple[ApiPrice, ...]
    regions: tuple[str, ...]
    geographies: tuple[str, ...]
    instance_types: tuple[str, ...]
    gpus: tuple[str, ...]
    quantizations: tuple[Quantization, ...]
    engine: str | None
    layout: Layout
    limits: Limits
    discounts: Mapping[str, float]
    today: date
    max_price_age_days: int
    version: str


@dataclass(frozen=True, slots=True)
class Output:
    """Where the comparison goes; `html` is the file of a page."""

    as_markdown: bool
    as_json: bool
    html: Path | None


def load_of(  # noqa: PLR0913, PLR0917 - the options of a load
    monthly_tokens: float | None,
    rps: float | None,
    input_tokens: int,
    output_tokens: int,
    peak: float | None,
    hours_per_month: float = HOURS_PER_MONTH,
    utilization: float | None = None,
) -> Load:
    """Give the load of a month, said in tokens or in requests per second.

    How busy the instances are is said by `peak`, or by its inverse, `utilization`.

    Raises:
        InvalidInput: one of the two is said in both ways.
    """
    if peak is not None and utilization is not None:
        raise InvalidInput(
            "--peak and --utilization both say how busy the instances are",
            hint="a utilization of 0.5 is a peak of 2: name one of the two",
        )
    if peak is None:
        peak = USUAL_PEAK if utilization is None else 1 / utilization
    if monthly_tokens is not None and rps is not None:
        raise InvalidInput(
            "--monthly-tokens and --rps both say what the load is", hint="name one of the two"
        )
    if rps is not None:
        monthly_tokens = rps * hours_per_month * 3600 * (input_tokens + output_tokens)
    if monthly_tokens is None:
        monthly_tokens = USUAL_MONTHLY_TOKENS
    return Load(monthly_tokens, input_tokens, output_tokens, peak, hours_per_month)


def compare_clouds(app: App, asked: Question, output: Output) -> None:
    """Compare the clouds, and print the comparison.

    Raises:
        NoCapacity: no cloud carries the load for any of the models.
        InvalidInput: an option is none, or two of them contradict each other.
    """
    _check(asked, output)
    catalog = app.catalog()
    models = [catalog.model(each) for each in asked.models]
    hardware, prices = load_hardware(), load_prices(app.cache_dir)
    every_offer = offers(hardware, prices, cached_listings(app.cache_dir))
    found = comparison_of(models, asked, every_offer)
    carried = any(each.cheapest is not None for each in found.models)
    if output.as_json:
        print_json(compare_record(found))
    elif carried and output.as_markdown:
        click.echo(compare_markdown(found))
    elif carried:
        click.echo(compare_page(found))
    if not carried:
        raise _nothing(found)
    if output.html is not None:
        from llamactl.report import compare_html, write_page

        write_page(output.html, compare_html(found))
        talk(f"\nwrote {output.html}")


def comparison_of(
    models: Sequence[Model], asked: Question, every_offer: Sequence[Offer]
) -> Comparison:
    """Compare models on what is asked for of the offers."""
    engine = TGI if asked.engine is None else engine_of(asked.engine)
    check_layout(engine, asked.layout)
    load = asked.load
    subjects = []
    for model in models:
        tokens = load.input_tokens, load.output_tokens
        workload = workload_of(model, *tokens, 1, asked.context_tokens, 1.0)
        check_workload(model, workload)
        check_loads(model, engine.on_record())
        subjects.append(Subject(model, workload.context_tokens))
    regions = load_regions()
    # The hardware table has the clouds that rent, and only they are compared.
    rented = dict.fromkeys(each.instance_type.cloud for each in every_offer)
    selection = Selection((), asked.regions, asked.instance_types, asked.gpus)
    offered = inside(asked.geographies, selection.of(every_offer, known=regions.values()), regions)
    return compare(
        subjects,
        offered,
        load,
        clouds=[each for name, each in clouds().items() if name in rented],
        regions=regions,
        today=asked.today,
        version=asked.version,
        apis=(*asked.apis, *_token_prices(models, offered, regions, asked.today)),
        limits=asked.limits,
        quantizations=asked.quantizations,
        engine=engine,
        layout=asked.layout,
        scope=_scope(asked),
        discounts=asked.discounts,
        max_price_age_days=asked.max_price_age_days,
    )


def _token_prices(
    models: Sequence[Model],
    offered: Sequence[Offer],
    regions: Mapping[tuple[str, str], Region],
    today: date,
) -> Iterator[ApiPrice]:
    """Give what the clouds' own services charge per token for these very models."""
    names = {(each.price.cloud, each.price.region) for each in offered}
    where = known_regions(regions, names)
    prices, sources = load_token_prices(), load_sources()
    for model in models:
        for each in token_prices_for(model.id, today, where, prices):
            yield ApiPrice(
                each.name,
                each.usd_per_million_input_tokens,
                each.usd_per_million_output_tokens,
                model.id,
                each.dated,
                sources[each.source].place,
            )


def _scope(asked: Question) -> tuple[str, ...]:
    """Say what alone was compared, by the options that narrowed it."""
    limits = asked.limits
    narrow = {
        "--geography": asked.geographies,
        "--region": asked.regions,
        "--instance-type": asked.instance_types,
        "--gpu": asked.gpus,
        "--max-usd-per-hour": (limits.max_usd_per_hour,),
        "--max-ms-per-token": (limits.max_ms_per_token,),
        "--max-ttft-ms": (limits.max_ttft_ms,),
    }
    said = [
        f"{option} {value:g}" if isinstance(value, float) else f"{option} {value}"
        for option, values in narrow.items()
        for value in values
        if value is not None
    ]
    return (f"Only what keeps to this was compared: {', '.join(said)}.",) if said else ()


def _check(asked: Question, output: Output) -> None:
    """Refuse what cannot be, before any work is done for it."""
    check_load(asked.load)
    names = [each.name for each in asked.apis]
    if twins := sorted({name for name in names if names.count(name) > 1}):
        message = f"--api: '{twins[0]}' is there twice"
        raise InvalidInput(message, hint="give each API a name of its own")
    if output.as_json and output.as_markdown:
        message = "--json and --markdown both print the comparison"
        raise InvalidInput(message, hint="name one of the two")
    if output.html is not None:
        from llamactl.report import check_installed, check_target

        check_installed()
        check_target(output.html)


def _nothing(found: Comparison) -> NoCapacity:
    """Say why each cloud carries none of the models."""
    reasons = "".join(
        f"\n  {each.model.id} on {side.cloud.name}: {side.reason}"
        for each in found.models
        for side in each.sides
    )
    names = " and ".join(each.model.id for each in found.models)
    clouds_named = " nor ".join(each.name for each in found.clouds)
    return NoCapacity(
        f"neither {clouds_named} carries {names} for this load{reasons}",
        hint="loosen the limits, take more regions and GPUs, or --quantize any; "
        f"`llamactl plan {found.models[0].model.id}` says more",
    )
