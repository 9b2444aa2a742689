"""The options that say what an image is to be; `image recipe` and `image build` share them."""

from collections.abc import Callable
from typing import TypeVar

import click

from llamactl.paths import FilePath
from llamactl_catalog.serving_contracts import cloud_contracts

_Command = TypeVar("_Command", bound=Callable[..., object])

_OPTIONS = (
    click.argument("model"),
    click.option(
        "--for",
        "platform",
        type=click.Choice(cloud_contracts()),
        required=True,
        help="The platform that will run it.",
    ),
    click.option("--engine", default="tgi", metavar="NAME[@VERSION]", help="tgi or vllm."),
    click.option(
        "--base", metavar="REF", help="The image below; else the one that the engine publishes."
    ),
    click.option("--revision", metavar="COMMIT", help="Of the model; else the catalog's."),
    click.option(
        "--with-weights",
        "weights",
        type=FilePath(),
        metavar="DIR",
        help="A folder of weights that the image is to hold.",
    ),
    click.option(
        "--without-texts", is_flag=True, help="Leave the texts of the model's license out."
    ),
)


def image_options(command: _Command) -> _Command:
    """Give a command the options of an image, passed on as `ImageOrder` names them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
