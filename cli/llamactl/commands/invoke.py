"""`llamactl invoke NAME PROMPT`: one question, the answer streamed to stdout."""

from typing import Any

import click

from llamactl.app import App
from llamactl.chat.once import ask_once, piped_prompt
from llamactl.chat.options import opening, sampling_options
from llamactl.chat.partner import open_partner
from llamactl.names import deployment_name
from llamactl.output import stdin_is_terminal, talk
from llamactl_catalog.errors import InvalidInput


@click.command(name="invoke")
@deployment_name
@click.argument("prompt", required=False)
@click.option("--system", metavar="TEXT", help="The system message; '' for none.")
@sampling_options
@click.option("--raw", is_flag=True, help="Complete the text as it is, without the chat format.")
@click.option("--verbose", is_flag=True, help="Tell tokens and times on stderr.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document at the end.")
@click.pass_obj
def command(
    app: App,
    /,
    name: str,
    prompt: str | None,
    *,
    system: str | None,
    raw: bool,
    verbose: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Ask one question and stream the answer.

    The question is PROMPT, or what stdin brings where PROMPT is - or left out. A base model
    continues the text.
    """
    if prompt is None and stdin_is_terminal():
        raise InvalidInput("there is no prompt", hint=f'llamactl invoke {name} "prompt"')
    partner = open_partner(app, name, raw=raw)
    warning = partner.warning()
    if warning is not None and not raw:
        talk(f"warning: {warning}")
    asked = prompt if prompt is not None and prompt != "-" else piped_prompt()
    if not asked.strip():
        raise InvalidInput("the prompt is empty", hint=f'llamactl invoke {name} "prompt"')
    ask_once(partner, opening(partner, system, settings), asked, verbose=verbose, as_json=as_json)
