"""`llamactl chat NAME`: a conversation at the terminal; a pipe in is one shot."""

from typing import Any

import click

from llamactl.app import App
from llamactl.chat.once import ask_once, piped_prompt
from llamactl.chat.options import opening, sampling_options
from llamactl.chat.partner import open_partner
from llamactl.chat.reader import terminal_reader
from llamactl.chat.repl import converse
from llamactl.names import deployment_name
from llamactl.output import stdin_is_terminal, talk
from llamactl_catalog.errors import InvalidInput


@click.command(name="chat")
@deployment_name
@click.option("--system", metavar="TEXT", help="The system message; '' for none.")
@sampling_options
@click.option("--verbose", is_flag=True, help="Tell tokens and times after each answer.")
@click.pass_obj
def command(app: App, /, name: str, system: str | None, verbose: bool, **settings: Any) -> None:
    """Talk with a deployment.

    /? at the prompt lists the commands. What a pipe brings is asked once, and only the answer is
    printed.
    """
    interactive = stdin_is_terminal()
    if interactive and app.non_interactive:
        hint = f'pipe the prompt in, or: llamactl invoke {name} "prompt"'
        raise InvalidInput("chat asks for input, which --non-interactive forbids", hint=hint)
    partner = open_partner(app, name)
    session = opening(partner, system, settings)
    warning = partner.warning()
    if warning is not None:
        talk(f"warning: {warning}")
    if interactive:
        converse(partner, session, terminal_reader(app.state_dir), verbose=verbose)
    else:
        ask_once(partner, session, piped_prompt(), verbose=verbose)
