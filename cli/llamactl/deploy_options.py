"""The options of `deploy`, by where they hold: anywhere, on a cloud, on this machine alone."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar, get_args

import click
from click.core import ParameterSource

from llamactl.accept_option import accept_license_option
from llamactl.names import FORCE_UNLOCK
from llamactl.paths import FilePath
from llamactl.planning_options import AMOUNT, CONCURRENCY, COUNT, INPUT_TOKENS, OUTPUT_TOKENS
from llamactl_catalog.placement import Objective, Quantization
from llamactl_infra.given_settings import split_setting
from llamactl_infra.spec import Cloud, Update

MAX_PORT = 65535
USUAL_TIMEOUT_S = 600.0
USUAL_PARALLEL = 4
_ANY = "any"
_Command = TypeVar("_Command", bound=Callable[..., Any])


def _quantizations(
    _ctx: click.Context, _param: click.Parameter, asked: tuple[str, ...]
) -> tuple[Quantization, ...]:
    return tuple(each for each in get_args(Quantization) if each in asked or _ANY in asked)


def _settings(
    _ctx: click.Context, _param: click.Parameter, asked: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    return tuple(map(split_setting, asked))


settings_option = click.option(
    "--set",
    "settings",
    multiple=True,
    callback=_settings,
    metavar="KEY=VALUE",
    help="Any other setting of the stack, like log_days=90; may be repeated.",
)


def _seconds(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):  # which no comparison of a range keeps out
        raise click.BadParameter("'nan' is not a number of seconds")
    return value


def _day(_ctx: click.Context, _param: click.Parameter, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"'{text}' is no day; write it like 2027-01-31") from None
    if day < datetime.now(UTC).date():
        raise click.BadParameter(f"{day} is past")
    return day.isoformat()


def _count(*names: str, help: str, metavar: str = "N") -> Any:  # noqa: A002 - as Click calls it
    return click.option(*names, type=COUNT, metavar=metavar, help=help)


def _many(*names: str, help: str, metavar: str | None = None) -> Any:  # noqa: A002 - as Click calls it
    return click.option(*names, multiple=True, metavar=metavar, help=help)


_ANYWHERE = (
    click.option(
        "--cloud",
        type=click.Choice([*get_args(Cloud), _ANY]),
        help="Where; else the clouds that there are credentials for.",
    ),
    click.option("--name", help="The deployment's name; else the model's id."),
    click.option(
        "--engine",
        metavar="NAME[@VERSION]",
        help="The serving program: on a cloud tgi; here llama.cpp, or tgi with Docker and a GPU.",
    ),
    click.option(
        "--context",
        "context_tokens",
        type=COUNT,
        metavar="TOKENS",
        help="On a cloud what one request may take; here what all at once share.",
    ),
    click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=1),
        callback=_seconds,
        metavar="SECONDS",
        help="How long to wait until it is ready; else by the weights' size, here 600.",
    ),
    accept_license_option,
    click.option("--yes", "-y", is_flag=True, help="Do not ask: what it costs is approved."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)
_LOOK = (
    click.option("--dry-run", is_flag=True, help="Show what would be; needs no credentials."),
    click.option("--preview", is_flag=True, help="Show Pulumi's own diff; changes nothing."),
)
_ON_A_CLOUD = (
    *_LOOK,
    click.option(
        "--plan",
        "plan_file",
        type=FilePath(dir_okay=False),
        metavar="FILE",
        help="Take the placement of this plan, exactly: plan --json or --dry-run --json wrote it.",
    ),
    _many("--region", "regions", help="Only this region; may be repeated."),
    _many("--instance-type", "instance_types", help="Only this; may be repeated."),
    _many("--gpu", "gpus", metavar="GPU", help="Only this GPU, like A10G; may be repeated."),
    click.option(
        "--quantize",
        "quantizations",
        type=click.Choice([*get_args(Quantization), _ANY]),
        multiple=True,
        callback=_quantizations,
        help="How weights are stored; else in 16 bit, as published. May be repeated.",
    ),
    _count("--num-shard", help="Split the model over so many GPUs; else as is best."),
    _count("--input-tokens", help=f"Of a prompt; else {INPUT_TOKENS}."),
    _count("--output-tokens", help=f"Of an answer; else {OUTPUT_TOKENS}."),
    _count("--concurrency", help=f"How many requests run at once; else {CONCURRENCY}."),
    click.option(
        "--optimize",
        "objective",
        type=click.Choice(get_args(Objective)),
        default="cost",
        show_default=True,
        help="Take the cheapest, the fastest for one user, or the one with most tokens/s.",
    ),
    click.option(
        "--max-usd-per-hour",
        type=AMOUNT,
        metavar="USD",
        help="Refuse what costs more at the peak, by --max or a schedule.",
    ),
    _count("--replicas", help="So many instances; else as few as carry the load."),
    _count("--min", "min_instances", help="At least so many, which carry the load."),
    _count("--max", "max_instances", help="Scale by itself up to so many."),
    _count("--target-concurrency", help="Scale out beyond so many requests an instance."),
    click.option(
        "--update",
        type=click.Choice(get_args(Update)),
        help="How an update moves the traffic; else all at once.",
    ),
    click.option(
        "--image",
        metavar="REF@DIGEST|ready",
        help="The container; ready is the cloud's own. Else what is pushed, or can be pulled.",
    ),
    click.option(
        "--registry", metavar="REGISTRY", help="Build llamactl's own image and push it there."
    ),
    click.option(
        "--weights",
        metavar="hub|s3://…|az://…",
        help="Where they come from; else the Hub, gated ones staged or with your token.",
    ),
    settings_option,
    click.option("--owner", metavar="NAME", help="Whose it is: a tag on every resource."),
    click.option(
        "--expires",
        "expires_on",
        callback=_day,
        metavar="DAY",
        help="Until when it is needed, like 2027-01-31: a tag on every resource.",
    ),
    click.option(
        "--fallback", is_flag=True, help="Where there is no room, go on with the plan's next."
    ),
    click.option("--unlock", is_flag=True, help="Clear the lock that a killed run has left."),
    click.option("--force-unlock", is_flag=True, help=FORCE_UNLOCK),
)
_HERE = (
    click.option(
        "--gguf",
        type=FilePath(),
        help="Serve this GGUF file of yours as MODEL, instead of fetching one.",
    ),
    click.option("--port", type=click.IntRange(1, MAX_PORT), help="Listen here; else a free port."),
    click.option(
        "--parallel",
        type=click.IntRange(1, 64),
        metavar="N",
        help=f"How many answers run at once; else {USUAL_PARALLEL}.",
    ),
    click.option(
        "--threads",
        type=click.IntRange(1, 1024),
        help="Processor threads of llama.cpp; else all cores, all but one for a single answer.",
    ),
    click.option(
        "--api-key",
        "with_api_key",
        is_flag=True,
        help="Ask for an API key: llamactl endpoint NAME --key.",
    ),
)


def _names(options: Iterable[Any]) -> tuple[str, ...]:
    """Give the parameters that options make, by adding them to a command of nothing."""

    def nothing() -> None: ...

    for option in options:
        option(nothing)
    made: list[click.Parameter] = getattr(nothing, "__click_params__", [])
    return tuple(str(each.name) for each in made)


_CLOUD_NAMES = _names(_ON_A_CLOUD)
_HERE_NAMES = _names(_HERE)


class DeployCommand(click.Command):
    """A command whose help tells its options by where they hold."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in three parts."""
        parts: dict[str, list[tuple[str, str]]] = {
            "Options": [],
            "On a cloud": [],
            "On this machine": [],
        }
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                parts[_part(str(parameter.name))].append(record)
        for title, records in parts.items():
            with formatter.section(title):
                formatter.write_dl(records)


def deploy_options(command: _Command) -> _Command:
    """Give a command all of them."""
    for option in reversed((*_ANYWHERE, *_ON_A_CLOUD, *_HERE)):
        command = option(command)
    return command


def of_clouds(options: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values of those that hold on a cloud alone."""
    return {name: options[name] for name in _CLOUD_NAMES}


def of_here(options: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values of those that hold on this machine alone."""
    return {name: options[name] for name in _HERE_NAMES}


def refuse_others(ctx: click.Context, *, here: bool) -> None:
    """Refuse what was typed and does not hold there; settings of a file are passed over.

    Raises:
        UsageError: with the options by name.
    """
    others = _CLOUD_NAMES if here else _HERE_NAMES
    typed = [
        each.opts[0]
        for each in ctx.command.params
        if each.name in others
        and ctx.get_parameter_source(str(each.name)) is ParameterSource.COMMANDLINE
    ]
    if typed:
        said = f"{', '.join(typed)}: only on {'a cloud' if here else 'this machine'}"
        way = "leave out --cloud local" if here else "add --cloud local"
        raise click.UsageError(f"{said}; {way}, or leave it out", ctx)


def _part(name: str) -> str:
    if name in _CLOUD_NAMES:
        return "On a cloud"
    return "On this machine" if name in _HERE_NAMES else "Options"
