"""The options that `plan` and `compare` share: what is asked of an offer, and of a request."""

from typing import get_args

import click

from llamactl.load_options import Amount
from llamactl.paths import FilePath
from llamactl_catalog.cautions import MAX_PRICE_AGE_DAYS
from llamactl_catalog.placement import Quantization

COUNT = click.IntRange(min=1)
AMOUNT = Amount(min=0, min_open=True)
INPUT_TOKENS, OUTPUT_TOKENS, CONCURRENCY = 512, 256, 4
"""The load of whoever names none."""

_ANY = "any"


def _quantizations(
    _ctx: click.Context, _param: click.Parameter, asked: tuple[str, ...]
) -> tuple[Quantization, ...]:
    """Give each way that is asked for once, in the order in which they are known."""
    return tuple(each for each in get_args(Quantization) if each in asked or _ANY in asked)


region_option = click.option(
    "--region", "regions", multiple=True, help="Only this region; may be repeated."
)
instance_type_option = click.option(
    "--instance-type", "instance_types", multiple=True, help="Only this; may be repeated."
)
gpu_option = click.option(
    "--gpu", "gpus", multiple=True, metavar="GPU", help="Only this GPU, like A10G; may be repeated."
)
quantize_option = click.option(
    "--quantize",
    "quantizations",
    type=click.Choice([*get_args(Quantization), _ANY]),
    multiple=True,
    default=("none",),
    show_default=True,
    callback=_quantizations,
    help="How weights are stored; none is 16 bit, as published. May be repeated.",
)
engine_option = click.option(
    "--engine", metavar="NAME[@VERSION]", help="The serving program; else tgi."
)
num_shard_option = click.option(
    "--num-shard",
    type=COUNT,
    metavar="N",
    help="Split a replica over N GPUs; else as is best.",
)
replicas_per_instance_option = click.option(
    "--replicas-per-instance",
    type=COUNT,
    metavar="N",
    help="With vllm, replicas in one container; else as many as its GPUs hold. tgi holds 1.",
)
geography_option = click.option(
    "--geography",
    "geographies",
    multiple=True,
    metavar="NAME",
    help="Only regions in this part of the world, country or the EU; may be repeated.",
)
input_tokens_option = click.option(
    "--input-tokens",
    type=COUNT,
    default=INPUT_TOKENS,
    show_default=True,
    metavar="N",
    help="Of a prompt.",
)
output_tokens_option = click.option(
    "--output-tokens",
    type=COUNT,
    default=OUTPUT_TOKENS,
    show_default=True,
    metavar="N",
    help="Of an answer.",
)
context_option = click.option(
    "--context",
    type=COUNT,
    metavar="TOKENS",
    help="What one request may take at most; else 4096, or the model's, or what the load takes.",
)
max_usd_per_hour_option = click.option(
    "--max-usd-per-hour", type=AMOUNT, metavar="USD", help="For all replicas together."
)
max_ttft_option = click.option(
    "--max-ttft-ms", type=AMOUNT, metavar="MS", help="Until a user's first token."
)
max_price_age_option = click.option(
    "--max-price-age",
    type=click.IntRange(min=0),
    default=MAX_PRICE_AGE_DAYS,
    show_default=True,
    metavar="DAYS",
    help="Mark prices that are older.",
)
html_option = click.option(
    "--html", type=FilePath(dir_okay=False), metavar="FILE", help="Write a page to FILE."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
