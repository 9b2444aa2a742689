"""Write docs/cli.md from the commands themselves; `--check` only tells whether it is current."""

import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import click

from llamactl.main import cli

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
WIDTH = 80
HEAD = """\
# Command line reference

Every command with every option, as `--help` prints it. Written by `make docs`.

Each option can also be set in the environment (`LLAMACTL_STATE_DIR`, `LLAMACTL_DEPLOY_PORT`) or
in `llamactl.toml` (`state-dir = "…"`, `[deploy]` `port = 8000`): an option wins over the
environment, the environment over the file, the file over the default.
"""


def commands(command: click.Command, parent: click.Context | None, name: str) -> Iterator[str]:
    """Give one section for a command, then one for each command below it."""
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=WIDTH, **command.context_settings
    )
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from commands(found, context, below)


def main() -> int:
    page = "\n".join([HEAD, *commands(cli, None, "llamactl")])
    if "--check" not in sys.argv:
        PAGE.write_text(page, "utf-8", newline="\n")
        return 0
    there = PAGE.read_text("utf-8") if PAGE.exists() else ""
    sys.stdout.writelines(
        unified_diff(there.splitlines(True), page.splitlines(True), "docs/cli.md", "the commands")
    )
    return int(there != page)


if __name__ == "__main__":
    sys.exit(main())
