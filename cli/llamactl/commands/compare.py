"""`llamactl compare MODEL…`: what models cost on each cloud for a month's load."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import get_args

import click

from llamactl.app import App
from llamactl.load_options import API_PRICE, TOKEN_COUNT, Amount
from llamactl.paths import FilePath
from llamactl_catalog.cautions import MAX_PRICE_AGE_DAYS
from llamactl_catalog.comparing.comparison import ApiPrice
from llamactl_catalog.limits import Limits
from llamactl_catalog.placement import Quantization

_TOKENS = click.IntRange(min=1)
_AMOUNT = Amount(min=0, min_open=True)
_RATE = Amount(min=0, max=1e6, min_open=True)
_PEAK = Amount(min=1, max=100)
# Adults read 238 English words a minute silently; a word is 4/3 of a Llama token or so: 189 ms a
# token. Source: M. Brysbaert, How many words do we read per minute?, Journal of Memory and Language
# 109 (2019), abstract; the tokens a word are a rule of thumb.
READING_MS_PER_TOKEN = 200.0


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
    default=2.0,
    show_default=True,
    metavar="X",
    help="The busiest time over the average; the instances are there for it.",
)
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
    "--context",
    type=_TOKENS,
    metavar="TOKENS",
    help="What one request may take at most; else 4096, or the model's, or what the load takes.",
)
@click.option(
    "--api",
    "apis",
    type=API_PRICE,
    multiple=True,
    metavar="NAME=INPUT/OUTPUT",
    help="An API to compare with, in $ per 1M tokens, like other=0.50/1.50; may be repeated.",
)
@click.option("--region", "regions", multiple=True, help="Only this region; may be repeated.")
@click.option(
    "--geography",
    "geographies",
    multiple=True,
    metavar="NAME",
    help="Only regions in this part of the world, country or the EU; may be repeated.",
)
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
@click.option("--max-usd-per-hour", type=_AMOUNT, metavar="USD", help="For all replicas together.")
@click.option(
    "--max-ms-per-token",
    type=_AMOUNT,
    default=READING_MS_PER_TOKEN,
    show_default=True,
    metavar="MS",
    help="For each user; slower than that, people wait for words.",
)
@click.option("--max-ttft-ms", type=_AMOUNT, metavar="MS", help="Until a user's first token.")
@click.option(
    "--max-price-age",
    type=click.IntRange(min=0),
    default=MAX_PRICE_AGE_DAYS,
    show_default=True,
    metavar="DAYS",
    help="Mark prices that are older.",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown.")
@click.option("--html", type=FilePath(dir_okay=False), metavar="FILE", help="Write a page to FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    app: App,
    models: Sequence[str],
    monthly_tokens: float | None,
    rps: float | None,
    peak: float,
    input_tokens: int,
    output_tokens: int,
    context: int | None,
    apis: Sequence[ApiPrice],
    regions: tuple[str, ...],
    geographies: tuple[str, ...],
    instance_types: tuple[str, ...],
    gpus: tuple[str, ...],
    quantizations: tuple[str, ...],
    engine: str | None,
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
        load=load_of(monthly_tokens, rps, input_tokens, output_tokens, peak),
        context_tokens=context,
        apis=tuple(apis),
        regions=regions,
        geographies=geographies,
        instance_types=instance_types,
        gpus=gpus,
        quantizations=tuple(
            each
            for each in get_args(Quantization)
            if each in quantizations or "any" in quantizations
        ),
        engine=engine,
        limits=Limits(max_usd_per_hour, None, max_ms_per_token, max_ttft_ms),
        today=datetime.now(UTC).date(),
        max_price_age_days=max_price_age,
        version=version("llamactl"),
    )
    compare_clouds(app, question, Output(as_markdown, as_json, html))
