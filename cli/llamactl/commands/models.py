"""`llamactl models`: the catalog, as a list and a model at a time."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import get_args

import click

from llamactl.app import App
from llamactl.model_page import COLUMNS, shortened, wrapped
from llamactl.model_page import model_page as page_of
from llamactl.output import print_json, print_table, talk
from llamactl_catalog.catalog import Catalog, HiddenModel
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.model import Model, Variant
from llamactl_catalog.units import format_count

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMBT]?)", re.IGNORECASE)
# What a model is called and what it has differ: Llama 2 13B has 13.02B, Llama 3.2 3B has 3.21B.
_TO_SPARE = Decimal("1.1")
_SHORTEST_LICENSE = 8


class _ListByDefault(click.Group):
    """A group that lists where no command is named: `models --json` is `models list --json`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `list` before options that are not the group's own."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def _size(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Decimal | None:
    """Read a count of parameters as people write it: `13B` is 13 * 10**9."""
    if value is None:
        return None
    match = _SIZE.fullmatch(value)
    if match is None:
        raise click.BadParameter(f"'{value}' is no size; write it like 13B or 135M")
    return Decimal(match[1]) * _UNITS[match[2].upper()]


@click.group(
    name="models",
    cls=_ListByDefault,
    epilog="Without a command it lists, and takes the options of list: llamactl models --json",
)
def command() -> None:
    """The catalog: what can be deployed."""


@command.command(name="list")
@click.option("--family", help="Only this family, like llama-2.")
@click.option("--license", "license_id", help="Only under this license, like apache-2.0.")
@click.option("--variant", type=click.Choice(get_args(Variant)), help="Only this variant.")
@click.option(
    "--max-parameters",
    metavar="SIZE",
    callback=_size,
    help="Up to this size and a tenth more: a model called 3B may have 3.2B.",
)
@click.option(
    "--commercial",
    is_flag=True,
    help="Only those that a business may use. To host one that is for 'own use' as a service for "
    "others takes a separate license.",
)
@click.option(
    "--fits",
    "gpus",
    metavar="GPU[:COUNT]",
    help="Only those that run in 16 bit on such GPUs, like A10G:1, at 2048 tokens of context.",
)
@click.option("--all", "with_hidden", is_flag=True, help="The hidden ones too, and why.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_models(
    app: App,
    family: str | None,
    license_id: str | None,
    variant: Variant | None,
    max_parameters: Decimal | None,
    commercial: bool,
    gpus: str | None,
    with_hidden: bool,
    as_json: bool,
) -> None:
    """List the models that can be deployed."""
    catalog = app.catalog()
    _check_names(catalog, family, license_id)
    has_room = _room_question(gpus)

    def fits(model: Model) -> bool:
        return (
            family in (None, model.family)
            and license_id in (None, model.license.id)
            and variant in (None, model.variant)
            and (max_parameters is None or model.parameters <= max_parameters * _TO_SPARE)
            and (model.license.commercial_use or not commercial)
            and has_room(model)
        )

    models = [each for each in catalog.models if fits(each)]
    hidden = [each for each in catalog.hidden if fits(each.model)]
    if as_json:
        print_json(_records(models, hidden) if with_hidden else [record(each) for each in models])
    else:
        _print_list(models, hidden, with_hidden=with_hidden)


@command.command(name="show")
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show_model(app: App, model: str, as_json: bool) -> None:
    """Show all that the catalog knows of a model."""
    found = app.catalog().model(model)
    if as_json:
        print_json(asdict(found))
    else:
        click.echo(page_of(found))


def record(model: Model) -> dict[str, object]:
    """Give what `list --json` says of one model: the public interface's fields."""
    return {
        "id": model.id,
        "family": model.family,
        "parameters": model.parameters,
        "variant": model.variant,
        "context_tokens": model.architecture.context_tokens,
        "license": model.license.id,
        "commercial_use": model.license.commercial_use,
        "gated": model.gated,
        "guardrails": model.guardrails,
        "sources": [{"kind": source.kind, **asdict(source)} for source in model.sources],
    }


def _records(models: Sequence[Model], hidden: Sequence[HiddenModel]) -> list[dict[str, object]]:
    return [
        *({**record(each), "hidden_because": None} for each in models),
        *({**record(each.model), "hidden_because": each.reason} for each in hidden),
    ]


def _room_question(gpus: str | None) -> Callable[[Model], bool]:
    if gpus is None:
        return lambda _: True
    from llamactl_catalog.fitting import fitting
    from llamactl_catalog.offers import load_hardware
    from llamactl_catalog.selection import gpus as gpus_of

    return fitting(*gpus_of(gpus, load_hardware()))


def _check_names(catalog: Catalog, family: str | None, license_id: str | None) -> None:
    every_model = [*catalog.models, *(each.model for each in catalog.hidden)]
    families = sorted({each.family for each in every_model})
    licenses = [each.id for each in catalog.licenses]
    for option, value, known in (
        ("--family", family, families),
        ("--license", license_id, licenses),
    ):
        if value is not None and value not in known:
            close = did_you_mean(value, known)
            raise InvalidInput(
                f"{option}: there is no '{value}'{close}", hint=f"there is {', '.join(known)}"
            )


def _print_list(
    models: Sequence[Model], hidden: Sequence[HiddenModel], *, with_hidden: bool
) -> None:
    if models:
        _print_models(models)
    else:
        talk("no model fits")
    if hidden and not with_hidden:
        talk(f"{len(hidden)} more hidden by the catalog overlay; --all shows them and why")
    elif hidden:
        click.echo()
        _print_hidden(hidden)


def _print_models(models: Sequence[Model]) -> None:
    cells: dict[str, Callable[[Model], str]] = {
        "model": lambda each: each.id,
        "size": lambda each: format_count(each.parameters),
        "context": lambda each: str(each.architecture.context_tokens),
        "license": lambda each: each.license.id,
        "business": _business,
        "access": lambda each: "gated" if each.gated else "open",
    }
    taken = sum(
        max(len(name), *(len(cell(each)) for each in models)) + 2
        for name, cell in cells.items()
        if name != "license"
    )
    width = max(COLUMNS - taken, _SHORTEST_LICENSE)
    cells["license"] = lambda each: shortened(each.license.id, width)
    rows = [[cell(each) for cell in cells.values()] for each in models]
    print_table([*cells], rows, right=["size", "context"])


def _business(model: Model) -> str:
    if not model.license.commercial_use:
        return "no"
    return "yes" if model.license.hosting == "allowed" else "own use"


def _print_hidden(hidden: Sequence[HiddenModel]) -> None:
    width = max(COLUMNS - 2 - max(len(each.model.id) for each in hidden), _SHORTEST_LICENSE)
    rows = [
        [each.model.id if line == 0 else "", text]
        for each in hidden
        for line, text in enumerate(wrapped(each.reason, width))
    ]
    print_table(["hidden model", "because"], rows)
