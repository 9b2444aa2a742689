"""`llamactl destroy NAME`: complete removal."""

import click

from llamactl.app import App
from llamactl.deployments import on_cloud, place_of
from llamactl.names import FORCE_UNLOCK, deployment_name
from llamactl.output import talk
from llamactl.progress import stage
from llamactl_catalog.errors import InvalidInput, UnknownDeployment
from llamactl_infra.stacks.staged import StagedCopies


@click.command(name="destroy")
@deployment_name
@click.option("--yes", "-y", is_flag=True, help="Do not ask. (On this machine nothing is asked.)")
@click.option(
    "--unlock", is_flag=True, help="First clear the lock that a killed run left, on a cloud."
)
@click.option(
    "--weights",
    is_flag=True,
    help="Also remove the weights that deploy staged for it, unless others use them.",
)
@click.option("--force-unlock", is_flag=True, help=FORCE_UNLOCK)
@click.pass_obj
def command(
    app: App, name: str, yes: bool, unlock: bool, weights: bool, force_unlock: bool
) -> None:
    """Remove the deployment NAME, all of it, and see that it is gone.

    On this machine its log is kept. On a cloud the log goes with it; what goes is shown and asked
    for, and at the end the cloud is asked whether anything is left. Staged weights stay, and are
    named with what they cost, unless --weights removes them.
    """
    if weights and _is_gone(app, name):
        from llamactl.pipeline.staged_copies import settle_copies

        settle_copies(StagedCopies(app.state_dir), app.stacks(), name, None, remove=True)
    elif place_of(app, name) == "this machine":
        if unlock or force_unlock:
            message = f"'{name}' is on this machine, where a killed command leaves no lock"
            raise InvalidInput(message, hint="leave out --unlock and --force-unlock")
        _destroy_here(app, name)
    else:
        from llamactl.pipeline.cloud_removal import destroy_on_cloud

        def destroy() -> None:
            destroy_on_cloud(app, name, yes=yes, unlock=unlock, force=force_unlock, weights=weights)

        on_cloud(app, name, destroy)


def _is_gone(app: App, name: str) -> bool:
    """Tell whether of a deployment the weights alone are left."""
    if name in app.local().names() or not StagedCopies(app.state_dir).recall(name):
        return False
    try:
        app.stacks().require(name)
    except UnknownDeployment:
        return True
    return False


def _destroy_here(app: App, name: str) -> None:
    target = app.local()
    target.require(name)
    with stage("destroy") as report:
        log = target.destroy(name, report)
    talk(f"'{name}' is gone" + (f"; its log is kept in {log.parent}" if log is not None else ""))
