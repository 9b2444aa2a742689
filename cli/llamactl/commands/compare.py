"""`llamactl compare MODEL…`: what models cost on each cloud for a month's load."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from llamactl.app import App
from llamactl.load_options import API_PRICE, DISCOUNT, TOKEN_COUNT, Amount
from llamactl.planning_options import (
    AMOUNT,
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
from llamactl_catalog.comparing.comparison import ApiPrice
from llamactl_catalog.costs import HOURS_PER_MONTH
from llamactl_catalog.limits import READING_MS_PER_TOKEN, Limits
from llamactl_catalog.placement import Layout, Quantization

_RATE = Amount(min=0, max=1e6, min_open=True)
_PEAK = Amount(min=1, max=100)


@click.command(
    name="compare",
    epilog="Without a load it is 100M tokens a month. Prices are on-demand, a month has 730 hours.",
)
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--monthly-tokens",
    type=TOKEN_COUNT,
    metavar="N",
    help="Tokens of all prompts and answers in a month, like 250000000, 250M or 2B.",
)
@click.option("--rps", type=_RATE, metavar="X", help="Requests per second instead, on average.")
@click.option(
    "--peak",
    type=_PEAK,
    metavar="X",
    help="The busiest time over the average, else 2; the instances are there for it.",
)
@click.option(
    "--utilization",
    type=Amount(0, 1, min_open=True),
    metavar="SHARE",
    help="Instead of --peak: the share of what the instances carry that the load takes.",
)
@click.option(
    "--hours",
    type=Amount(0, HOURS_PER_MONTH, min_open=True),
    default=float(HOURS_PER_MONTH),
    show_default=True,
    metavar="H",
    help="Hours a month in which there are instances, and all of the load arrives.",
)
@click.option(
    "--discount",
    "discounts",
    type=DISCOUNT,
    multiple=True,
    metavar="CLOUD=PERCENT",
    help="Off every price of a cloud, as your contract has it.",
)
@input_tokens_option
@output_tokens_option
@context_option
@click.option(
    "--api",
    "apis",
    type=API_PRICE,
    multiple=True,
    metavar="NAME=INPUT/OUTPUT",
    help="An API to compare with, in $ per 1M tokens, like other=0.50/1.50; may be repeated.",
)
@region_option
@geography_option
@instance_type_option
@gpu_option
@quantize_option
@engine_option
@num_shard_option
@replicas_per_instance_option
@max_usd_per_hour_option
@click.option(
    "--max-ms-per-token",
    type=AMOUNT,
    default=READING_MS_PER_TOKEN,
    show_default=True,
    metavar="MS",
    help="For each user; slower than that, people wait for words.",
)
@max_ttft_option
@max_price_age_option
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown.")
@html_option
@json_option
@click.pass_obj
def command(
    app: App,
    models: Sequence[str],
    monthly_tokens: float | None,
    rps: float | None,
    peak: float | None,
    utilization: float | None,
    hours: float,
    discounts: Sequence[tuple[str, float]],
    input_tokens: int,
    output_tokens: int,
    context: int | None,
    apis: Sequence[ApiPrice],
    regions: tuple[str, ...],
    geographies: tuple[str, ...],
    instance_types: tuple[str, ...],
    gpus: tuple[str, ...],
    quantizations: tuple[Quantization, ...],
    engine: str | None,
    num_shard: int | None,
    replicas_per_instance: int | None,
    max_usd_per_hour: float | None,
    max_ms_per_token: float,
    max_ttft_ms: float | None,
    max_price_age: int,
    as_markdown: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Compare what MODEL costs on each cloud for a month's load."""
    from llamactl.comparer import Output, Question, compare_clouds, load_of

    question = Question(
        models=tuple(dict.fromkeys(models)),
        load=load_of(monthly_tokens, rps, input_tokens, output_tokens, peak, hours, utilization),
        context_tokens=context,
        apis=tuple(apis),
        regions=regions,
        geographies=geographies,
        instance_types=instance_types,
        gpus=gpus,
        quantizations=quantizations,
        engine=engine,
        layout=Layout(num_shard, replicas_per_instance),
        limits=Limits(max_usd_per_hour, None, max_ms_per_token, max_ttft_ms),
        discounts=dict(discounts),
        today=datetime.now(UTC).date(),
        max_price_age_days=max_price_age,
        version=version("llamactl"),
    )
    compare_clouds(app, question, Output(as_markdown, as_json, html))
