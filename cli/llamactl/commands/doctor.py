"""`llamactl doctor`: what is installed here, where things are kept, and what does not work."""

import os

import click

from llamactl.app import App
from llamactl.output import talk


@click.command(name="doctor")
@click.option(
    "--install-pulumi",
    is_flag=True,
    help="Fetch the engine's release that goes with this llamactl; nothing else is changed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(app: App, install_pulumi: bool, as_json: bool) -> int:
    """Look at this installation: what is there, what is missing, and how to mend it.

    The exit code is that of the first line that FAILED. llamactl check asks the clouds.
    """
    from llamactl.pipeline.finding_lines import told
    from llamactl.pipeline.installation import installation
    from llamactl.progress import stage

    if install_pulumi:
        from llamactl_infra.stacks.installed import install_engine

        with stage("pulumi") as report:
            install_engine(os.environ, report)
        talk()
    return told(installation(app, os.environ), as_json=as_json)
