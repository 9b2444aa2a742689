"""The argument NAME that many commands take, completed by the shell from what is deployed."""

import click

from llamactl.settings import default_dir


def _complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from llamactl_infra.local.target import LocalTarget

    given = ctx.find_root().params.get("state_dir")
    target = LocalTarget(given if given is not None else default_dir("state"))
    return [each.name for each in target.deployments() if each.name.startswith(incomplete)]


deployment_name = click.argument("name", metavar="NAME", shell_complete=_complete)
