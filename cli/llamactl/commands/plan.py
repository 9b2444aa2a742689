"""`llamactl plan MODEL`: where it can run for a workload, at what speed and price."""

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click

from llamactl.app import App
from llamactl.paths import FilePath
from llamactl_catalog.cautions import MAX_PRICE_AGE_DAYS
from llamactl_catalog.limits import Limits
from llamactl_catalog.placement import Objective, Quantization
from llamactl_catalog.selection import Selection
from llamactl_infra.spec import Cloud

_RENTED = tuple(each for each in get_args(Cloud) if each != "local")
_TOKENS = click.IntRange(min=1)
_AMOUNT = click.FloatRange(min=0, min_open=True)


@click.command(
    name="plan",
    epilog="$ per 1M output tokens = $ per hour / (tokens/s x 3600 x utilization) x 1,000,000. "
    "A month has 730 hours.",
)
@click.argument("model")
@click.option(
    "--cloud",
    type=click.Choice([*get_args(Cloud), "any"]),
    default="any",
    show_default=True,
    help="Where; any is every cloud that rents.",
)
@click.option("--region", "regions", multiple=True, help="Only this region; may be repeated.")
@click.option(
    "--instance-type", "instance_types", multiple=True, help="Only this; may be repeated."
)
@click.option(
    "--gpu", "gpus", multiple=True, metavar="GPU", help="Only this GPU, like A10G; may be repeated."
)
@click.option(
    "--quantize",
    "quantizations",
    type=click.Choice([*get_args(Quantization), "any"]),
    multiple=True,
    default=("none",),
    show_default=True,
    help="How weights are stored; none is 16 bit, as published. May be repeated.",
)
@click.option("--engine", metavar="NAME[@VERSION]", help="The serving program; else tgi.")
@click.option(
    "--input-tokens", type=_TOKENS, default=512, show_default=True, metavar="N", help="Of a prompt."
)
@click.option(
    "--output-tokens",
    type=_TOKENS,
    default=256,
    show_default=True,
    metavar="N",
    help="Of an answer.",
)
@click.option(
    "--concurrency",
    type=_TOKENS,
    default=4,
    show_default=True,
    metavar="N",
    help="How many requests run at once.",
)
@click.option(
    "--context",
    type=_TOKENS,
    metavar="TOKENS",
    help="What one request may take at most; else 4096, or the model's, or what the load takes.",
)
@click.option(
    "--utilization",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    metavar="SHARE",
    help="The share of the hour in which that load is there.",
)
@click.option(
    "--optimize",
    type=click.Choice(get_args(Objective)),
    default="cost",
    show_default=True,
    help="Rank by $/hour, by ms per token, or by tokens/s.",
)
@click.option("--max-usd-per-hour", type=_AMOUNT, metavar="USD", help="For all replicas together.")
@click.option("--min-tokens-per-s", type=_AMOUNT, metavar="N", help="For all requests together.")
@click.option("--max-ms-per-token", type=_AMOUNT, metavar="MS", help="For each user.")
@click.option("--max-ttft-ms", type=_AMOUNT, metavar="MS", help="Until a user's first token.")
@click.option(
    "--max-price-age",
    type=click.IntRange(min=0),
    default=MAX_PRICE_AGE_DAYS,
    show_default=True,
    metavar="DAYS",
    help="Mark prices that are older.",
)
@click.option("--limit", type=_TOKENS, metavar="N", help="Show N placements; the table else 10.")
@click.option("--all", "everything", is_flag=True, help="Every region, and why offers fail.")
@click.option("--html", type=FilePath(dir_okay=False), metavar="FILE", help="Write a page to FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    app: App,
    model: str,
    cloud: str,
    regions: tuple[str, ...],
    instance_types: tuple[str, ...],
    gpus: tuple[str, ...],
    quantizations: tuple[str, ...],
    engine: str | None,
    input_tokens: int,
    output_tokens: int,
    concurrency: int,
    context: int | None,
    utilization: float,
    optimize: Objective,
    max_usd_per_hour: float | None,
    min_tokens_per_s: float | None,
    max_ms_per_token: float | None,
    max_ttft_ms: float | None,
    max_price_age: int,
    limit: int | None,
    everything: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Rank where MODEL can run, by cost, latency or throughput."""
    from llamactl.planner import Question, plan_here, plan_rented, workload_of

    found = app.catalog().model(model)
    question = Question(
        model=found,
        workload=workload_of(found, input_tokens, output_tokens, concurrency, context, utilization),
        selection=Selection(_RENTED if cloud == "any" else (cloud,), regions, instance_types, gpus),
        quantizations=tuple(
            each
            for each in get_args(Quantization)
            if each in quantizations or "any" in quantizations
        ),
        engine=engine,
        objective=optimize,
        limits=Limits(max_usd_per_hour, min_tokens_per_s, max_ms_per_token, max_ttft_ms),
        today=datetime.now(UTC).date(),
        max_price_age_days=max_price_age,
        limit=limit,
        everything=everything,
        html=html,
        as_json=as_json,
    )
    if cloud == "local":
        plan_here(question)
    else:
        plan_rented(app, question)
