"""`llamactl logs NAME`: what the engine wrote."""

import json

import click

from llamactl.app import App
from llamactl.deployments import on_cloud, place_of
from llamactl.door import INTERRUPTED
from llamactl.names import deployment_name

DEFAULT_TAIL = 100


@click.command(name="logs")
@deployment_name
@click.option("--follow", "-f", is_flag=True, help="Go on with what is written from now on.")
@click.option(
    "--tail",
    type=click.IntRange(min=0),
    default=DEFAULT_TAIL,
    show_default=True,
    help="How many lines of the past.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def command(app: App, name: str, follow: bool, tail: int, as_json: bool) -> None:
    """Print or follow the log of the deployment NAME."""
    try:
        if place_of(app, name) == "this machine":
            lines = app.local().logs(name, tail=tail, follow=follow)
        else:
            stacks = app.stacks()
            lines = on_cloud(app, name, lambda: stacks.logs(name, tail=tail, follow=follow))
        for line in lines:
            # One object a line, so that a log that is followed can be read as it comes.
            click.echo(json.dumps({"deployment": name, "line": line}) if as_json else line)
    except KeyboardInterrupt:  # the way to end --follow: nothing was interrupted
        click.get_current_context().exit(INTERRUPTED)
