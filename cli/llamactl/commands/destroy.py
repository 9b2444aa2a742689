"""`llamactl destroy NAME`: complete removal."""

import click

from llamactl.app import App
from llamactl.names import deployment_name
from llamactl.output import talk
from llamactl.progress import stage


@click.command(name="destroy")
@deployment_name
@click.option("--yes", "-y", is_flag=True, help="Do not ask. (On this machine nothing is asked.)")
@click.pass_obj
def command(app: App, name: str, yes: bool) -> None:  # noqa: ARG001 - see its help
    """Stop the deployment NAME and remove all of it but its log."""
    target = app.local()
    with stage("destroy") as report:
        log = target.destroy(name, report)
    talk(f"'{name}' is gone" + (f"; its log is kept in {log.parent}" if log is not None else ""))
