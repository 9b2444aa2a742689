"""The argument NAME that many commands take, completed by the shell; words that some share."""

import os
from contextlib import suppress
from pathlib import Path

import click

from llamactl.settings import default_dir


def _complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from llamactl_catalog.errors import LlamactlError
    from llamactl_containers.file_trust import require_own_state
    from llamactl_infra.local.layout import StateFolder
    from llamactl_infra.stacks.traces import names_seen

    given = ctx.find_root().params.get("state_dir")
    state_dir = Path(given if given is not None else default_dir("state"))
    names: set[str] = set()
    with suppress(LlamactlError):  # a shell that completes can show no error
        require_own_state(state_dir)
        names.update(each.name for each in StateFolder(state_dir).folders())
        names.update(names_seen(state_dir, Path.cwd(), os.environ))  # without Pulumi: a key waits
    return sorted(name for name in names if name.startswith(incomplete))


FORCE_UNLOCK = "Also clear the lock of a run that cannot be seen, such as another machine's."

deployment_name = click.argument("name", metavar="NAME", shell_complete=_complete)
