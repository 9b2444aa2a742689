"""Destroying on a cloud: what goes is shown and asked for, then removed, then looked for."""

from contextlib import suppress

import click

from llamactl.app import App
from llamactl.output import stdin_is_terminal, talk
from llamactl.pipeline.staged_copies import settle_copies
from llamactl.progress import stage
from llamactl.terminal_text import for_terminal
from llamactl_catalog.errors import InvalidInput, LlamactlError, NotFound, UnknownDeployment
from llamactl_infra.deployment import Deployment, kinds_of
from llamactl_infra.stacks.staged import StagedCopies


def destroy_on_cloud(  # noqa: PLR0913 - one for each option
    app: App,
    name: str,
    *,
    yes: bool,
    unlock: bool,
    force: bool = False,
    weights: bool = False,
) -> None:
    """Remove a deployment after a yes, and say what came of it and what stays on purpose.

    `weights`: the copies of weights that deploy has staged for it go too.

    Raises:
        InvalidInput: nobody can be asked, and there is no `yes`.
        Abort: the answer was no.
        LlamactlError: as the target's `destroy` says.
        KeyboardInterrupt: the user asked to stop; what stands was said.
    """
    stacks = app.stacks()
    stacks.require(name)
    if not yes:
        _ask(app, name)
    try:
        with stage("destroy") as report:
            if force:
                removed = stacks.destroy(name, report, unlock=True, force=True)
            else:
                removed = stacks.destroy(name, report, unlock=unlock)
    except KeyboardInterrupt:
        _say_what_stands(app, name)
        raise
    if removed.unasked is not None:
        talk(f"warning: {removed.unasked}")
    count = "1 resource" if removed.resources == 1 else f"{removed.resources} resources"
    seen = "" if removed.unasked is not None else ", and its cloud has nothing of it any more"
    talk(f"'{name}' is gone: {count} removed{seen}")
    for each in removed.held_back:
        talk(f"note: {for_terminal(each)}")
    settle_copies(StagedCopies(app.state_dir), stacks, name, removed.spec, remove=weights)


def _ask(app: App, name: str) -> None:
    if app.non_interactive or not stdin_is_terminal():
        message = f"'{name}' is on a cloud, and nobody can be asked whether it is to go"
        raise InvalidInput(message, hint=f"llamactl destroy {name} --yes")
    try:
        deployment = app.stacks().deployment(name, closely=False)
    except UnknownDeployment:
        raise
    except NotFound:  # a stack that holds nothing: there is nothing to lose
        return
    for line in page(deployment):
        talk(for_terminal(line))
    click.confirm(f"Remove '{name}' and all of it?", abort=True, err=True)


def page(deployment: Deployment) -> list[str]:
    """Say what goes, and what it costs until it is gone."""
    facts, price = deployment.cloud_facts, deployment.usd_per_hour
    count = facts.instances if facts is not None else None
    fleet = f"{count} {deployment.instance_type}" if count else deployment.instance_type
    cost = f"${price:.2f} an hour now" if price is not None else "its price is not known"
    lines = [
        f"{deployment.name}  {deployment.model}, {deployment.state}",
        f"  on     {deployment.cloud}, {deployment.region}, {fleet}, {cost}",
    ]
    if deployment.reason is not None:
        lines.append(f"  state  {deployment.reason}")
    if facts is not None and facts.resources:
        lines.append(f"  goes   {', '.join(facts.kinds())}")
    return lines


def _say_what_stands(app: App, name: str) -> None:
    left: tuple[str, ...] | None = None
    with suppress(LlamactlError):
        left = app.stacks().standing(name)
    if left:
        talk(f"still there, and charged for as before: {', '.join(kinds_of(left))}")
    if left != ():
        talk(f"llamactl destroy {name} goes on where this stopped")
