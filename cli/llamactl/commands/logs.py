"""`llamactl logs NAME`: what the engine wrote."""

import click

from llamactl.app import App
from llamactl.names import deployment_name

DEFAULT_TAIL = 100
INTERRUPTED = 130


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
@click.pass_obj
def command(app: App, name: str, follow: bool, tail: int) -> None:
    """Print or follow the log of the deployment NAME."""
    try:
        for line in app.local().logs(name, tail=tail, follow=follow):
            click.echo(line)
    except KeyboardInterrupt:  # the way to end --follow: nothing was interrupted
        click.get_current_context().exit(INTERRUPTED)
