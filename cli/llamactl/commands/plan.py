"""`llamactl plan MODEL`: where it can run for a workload, at what speed and price."""

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click

from llamactl.app import App
from llamactl.load_options import Amount
from llamactl.planning_options import (
    AMOUNT,
    CONCURRENCY,
    COUNT,
    context_option,
    engine_option,
    geography_option,
    gpu_option,
    html_option,
    input_tokens_option,
    instance_type_option,
    json_option,
    max_price_age_option,
    max_ttft_option,
    max_usd_per_hour_option,
    num_shard_option,
    output_tokens_option,
    quantize_option,
    region_option,
    replicas_per_instance_option,
)
from llamactl_catalog.limits import Limits
from llamactl_catalog.placement import Layout, Objective, Quantization
from llamactl_catalog.selection import Selection
from llamactl_infra.spec import Cloud

_RENTED = tuple(each for each in get_args(Cloud) if each != "local")


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
@region_option
@geography_option
@instance_type_option
@gpu_option
@quantize_option
@engine_option
@num_shard_option
@replicas_per_instance_option
@input_tokens_option
@output_tokens_option
@click.option(
    "--concurrency",
    type=COUNT,
    default=CONCURRENCY,
    show_default=True,
    metavar="N",
    help="How many requests run at once.",
)
@context_option
@click.option(
    "--utilization",
    type=Amount(0, 1, min_open=True),
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
@max_usd_per_hour_option
@click.option("--min-tokens-per-s", type=AMOUNT, metavar="N", help="For all requests together.")
@click.option(
    "--max-ms-per-token",
    type=AMOUNT,
    metavar="MS",
    help="For each user; else what is slower than 200, reading speed, comes last.",
)
@max_ttft_option
@max_price_age_option
@click.option("--limit", type=COUNT, metavar="N", help="Show N placements; the table else 10.")
@click.option("--all", "everything", is_flag=True, help="Every region, and why offers fail.")
@html_option
@json_option
@click.pass_obj
def command(
    app: App,
    model: str,
    cloud: str,
    regions: tuple[str, ...],
    geographies: tuple[str, ...],
    instance_types: tuple[str, ...],
    gpus: tuple[str, ...],
    quantizations: tuple[Quantization, ...],
    engine: str | None,
    num_shard: int | None,
    replicas_per_instance: int | None,
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
    from llamactl.planner import Question, plan_here, plan_rented
    from llamactl.ranking import workload_of

    found = app.catalog().model(model)
    question = Question(
        model=found,
        workload=workload_of(found, input_tokens, output_tokens, concurrency, context, utilization),
        selection=Selection(_RENTED if cloud == "any" else (cloud,), regions, instance_types, gpus),
        geographies=geographies,
        quantizations=quantizations,
        engine=engine,
        layout=Layout(num_shard, replicas_per_instance),
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
        plan_here(app, question)
    else:
        plan_rented(app, question)
