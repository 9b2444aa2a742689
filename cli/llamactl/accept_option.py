"""The option --accept-license, for every command that needs an accepted license."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from llamactl.pipeline.accepted import Accepted
from llamactl_catalog.errors import InvalidInput

VARIABLE = "LLAMACTL_ACCEPT_LICENSE"
_SEPARATORS = re.compile(r"[,\s]+")

_Command = TypeVar("_Command", bound=Callable[..., Any])


def accept_license_option(command: _Command) -> _Command:
    """Give a command the parameter `accept_license`: the references that were named."""
    option = click.option(
        "--accept-license",
        multiple=True,
        metavar="ID@HASH",
        envvar=VARIABLE,
        show_envvar=True,
        callback=_accepted,
        help="Accept this very text of a license: its id and 8 or more digits of its hash.",
    )
    return option(command)


def _accepted(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Accepted:
    source = ctx.get_parameter_source(str(param.name))
    if source is ParameterSource.DEFAULT_MAP and values:
        raise InvalidInput(
            "accept-license cannot stand in a settings file: nobody accepts by being in a folder",
            hint="use --accept-license, or license-policy with your organization's policy file",
        )
    references = tuple(each for value in values for each in _SEPARATORS.split(value) if each)
    is_named_here = source is ParameterSource.COMMANDLINE
    return Accepted(references, "option" if is_named_here else "environment")
