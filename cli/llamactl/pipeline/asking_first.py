"""The yes before anything is made: the page of what is about to be, what changes, the question."""

import click

from llamactl.app import App
from llamactl.interview import can_ask
from llamactl.output import talk
from llamactl.pipeline.answering import is_applied
from llamactl.pipeline.cloud_order import CloudOrder
from llamactl.pipeline.confirmation_page import confirmation_page
from llamactl.pipeline.ground import Ground
from llamactl.pipeline.license_standing import standing_of
from llamactl.pipeline.preparing import Prepared
from llamactl.pipeline.previewing import change_lines, preview_of
from llamactl.terminal_text import for_terminal
from llamactl_catalog.errors import InvalidInput


def confirmed(app: App, ground: Ground, order: CloudOrder, ready: Prepared) -> None:
    """Show what is about to be, and have a person's yes, unless it was given with the command.

    Where nothing would change nothing is asked.

    Raises:
        InvalidInput: there is nobody to ask, and no --yes.
        Abort: the answer was no.
    """
    standing = standing_of(ready.model, ready.spec.revision, ready.acceptance)
    talk(f"\n{for_terminal(confirmation_page(ready, standing))}\n")
    if order.yes:
        return
    if not can_ask(app):
        message = f"deploying '{ready.spec.name}' costs money, and nobody can be asked"
        raise InvalidInput(message, hint="--yes approves; --dry-run shows this page alone")
    if is_applied(ground, ready.spec):
        return
    if ready.spec.image is not None:
        lines = change_lines(preview_of(app, ground, ready.spec, order))
        if not lines:
            return
        talk("\n".join(["What changes:", *(f"  {each}" for each in lines)]))
    else:
        talk("What changes is known when the image is built.")
    click.confirm("Go on?", abort=True, err=True)
