"""The command line: which commands there are, how a failure becomes text, and the exit code."""

import errno
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click

from llamactl.app import App
from llamactl.door import INTERRUPTED
from llamactl.output import prepare_streams, silence_stdout, talk
from llamactl.paths import FilePath, LedgerPlace
from llamactl.settings import command_settings, default_dir, find_settings, read_settings
from llamactl.terminal_text import for_terminal
from llamactl_catalog.errors import LlamactlError, NoCapacity

FULL = (errno.ENOSPC, errno.EDQUOT)
_IN_FORCE = "llamactl.settings"  # where Click's context keeps the path of the settings file


class Entry(NamedTuple):
    """A command of the table: the module that holds it, one line of help, its panel."""

    module: str
    help: str
    panel: str


COMMANDS = {
    "models": Entry("models", "The catalog: what can be deployed.", "Choose"),
    "plan": Entry("plan", "Rank where MODEL can run, by cost, latency or throughput.", "Choose"),
    "compare": Entry(
        "compare", "Compare what MODEL costs on each cloud for a month's load.", "Choose"
    ),
    "catalog": Entry(
        "catalog", "The facts that llamactl plans with, and how to renew them.", "Choose"
    ),
    "license": Entry(
        "license", "Terms of the models: what they ask, and who accepted them.", "Choose"
    ),
    "image": Entry(
        "image", "Container images: the recipe, the build, and where they are kept.", "Run"
    ),
    "weights": Entry(
        "weights", "Weights: who may read them, fetch, stage into your storage, verify.", "Run"
    ),
    "check": Entry(
        "check", "Tell all that can be known of deploying MODEL before it costs anything.", "Run"
    ),
    "deploy": Entry("deploy", "Deploy MODEL and wait until it answers.", "Run"),
    "list": Entry(
        "list", "List the deployments: what runs, where, since when, at what cost.", "Run"
    ),
    "status": Entry("status", "Tell how the deployment NAME is doing, and why.", "Run"),
    "endpoint": Entry("endpoint", "Print the URL of the deployment NAME, and nothing else.", "Run"),
    "logs": Entry("logs", "Print or follow the log of the deployment NAME.", "Run"),
    "destroy": Entry(
        "destroy", "Remove the deployment NAME, all of it, and see that it is gone.", "Run"
    ),
    "chat": Entry("chat", "Talk with a deployment.", "Use"),
    "invoke": Entry("invoke", "Ask one question and stream the answer.", "Use"),
    "doctor": Entry(
        "doctor",
        "Look at this installation: what is there, what is missing, and how to mend it.",
        "Set up",
    ),
    "completion": Entry("completion", "Print the completion script of SHELL.", "Set up"),
}


class ReaderLeft(Exception):
    """Whoever read this command's stdout has left. Click would make exit code 1 of it."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is run."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Give the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the command's module, and check its part of the settings file."""
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"llamactl.commands.{COMMANDS[name].module}").command
        if ctx.default_map and name in ctx.default_map:
            ctx.default_map[name] = command_settings(command, ctx.default_map[name])
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Say which settings file is in force, run the command, keep a broken pipe from Click."""
        if (in_force := ctx.meta.get(_IN_FORCE)) is not None:
            talk(f"settings: {for_terminal(str(in_force))}")
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderLeft from error

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by panel, from the table alone."""
        for panel in dict.fromkeys(entry.panel for entry in COMMANDS.values()):
            with formatter.section(panel):
                rows = [(name, e.help) for name, e in COMMANDS.items() if e.panel == panel]
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the close commands where there is none of that name."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            ctx.fail(f"No such command '{name}'.{hint}")
        return super().resolve_command(ctx, args)


def _load_settings(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    if not ctx.resilient_parsing:
        own = [each.name for each in ctx.command.params if each.name not in {"config", "version"}]
        ctx.default_map = read_settings(value, [*filter(None, own)], COMMANDS)
        ctx.meta[_IN_FORCE] = find_settings(value)
    return value


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "LLAMACTL"},
    epilog="First minute: llamactl deploy --cloud local",
)
@click.option(
    "--config",
    type=FilePath(dir_okay=False),
    callback=_load_settings,
    is_eager=True,
    help="The settings file; else the nearest llamactl.toml.",
)
@click.option("--state-dir", type=FilePath(), help="Where deployments are kept.")
@click.option("--cache-dir", type=FilePath(), help="Where weights and prices are kept.")
@click.option(
    "--catalog-overlay",
    type=FilePath(),
    help="Your organization's models, pins, allows and denies: a folder or a file.",
)
@click.option(
    "--license-ledger",
    type=LedgerPlace(),
    help="Where accepted licenses are on record: a folder, s3://bucket/prefix or az://…",
)
@click.option(
    "--license-policy",
    type=FilePath(dir_okay=False),
    help="Your organization's file of accepted licenses.",
)
@click.option("--non-interactive", is_flag=True, help="Never ask; fail and name the option.")
@click.version_option(package_name="llamactl", prog_name="llamactl")
@click.pass_context
def cli(
    ctx: click.Context,
    config: Path | None,  # noqa: ARG001 - read by its callback
    state_dir: Path | None,
    cache_dir: Path | None,
    catalog_overlay: Path | None,
    license_ledger: str | None,
    license_policy: Path | None,
    non_interactive: bool,
) -> None:
    """Open LLMs on your own AWS or Azure account, or on this machine, in one command."""
    ctx.obj = App(
        state_dir=(state_dir if state_dir is not None else default_dir("state")).absolute(),
        cache_dir=(cache_dir if cache_dir is not None else default_dir("cache")).absolute(),
        catalog_overlay=catalog_overlay,
        non_interactive=non_interactive,
        license_ledger=license_ledger,
        license_policy=license_policy,
    )


def run(args: list[str] | None = None) -> int:
    """Run the command line and return its exit code (the table of README.md)."""
    prepare_streams()
    try:
        result: Any = cli.main(args, prog_name="llamactl", standalone_mode=False)
        _flush()
    except click.ClickException as error:
        with suppress(OSError):  # nobody listens any more
            error.show()
        return error.exit_code
    except LlamactlError as error:
        return _told(error)
    except (click.Abort, KeyboardInterrupt):
        talk("interrupted")
        return INTERRUPTED
    except ReaderLeft:
        silence_stdout()
        return 0
    except OSError as error:
        if error.errno not in FULL:
            raise
        silence_stdout()
        place = error.filename if error.filename is not None else "the output"
        hint = "free some disk space, then try again"
        return _told(NoCapacity(f"no space left to write {place}", hint=hint))
    return result if isinstance(result, int) else 0


def _told(error: LlamactlError) -> int:
    talk(f"{click.style('error:', fg='red', bold=True)} {for_terminal(error.message)}")
    if error.hint is not None:
        talk(f" hint: {for_terminal(error.hint)}")
    return error.exit_code


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderLeft from error
