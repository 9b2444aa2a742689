"""The deployments of every target, found by their names: those on this machine first."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar

from llamactl.app import App
from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    ProgramMissing,
    UnknownDeployment,
)
from llamactl_infra.deployment import Deployment
from llamactl_infra.spec import Cloud

if TYPE_CHECKING:
    from llamactl_infra.stacks.known_endpoint import KnownEndpoint

Place = Literal["this machine", "a cloud"]
_Found = TypeVar("_Found")


def everything(app: App) -> tuple[list[Deployment], LlamactlError | None]:
    """Give every deployment; and where the engine cannot tell of those on clouds, why not."""
    found = app.local().deployments()
    try:
        stacks = app.stacks()
        if stacks.is_in_use():
            found += stacks.deployments()
    except LlamactlError as error:
        return found, error
    return found, None


def place_of(app: App, name: str) -> Place:
    """Say where a deployment is to be looked for.

    Raises:
        InvalidInput: no deployment can have that name.
        UnknownDeployment: there is none of that name.
    """
    local = app.local()
    if name in local.names():
        return "this machine"
    if app.stacks().may_know(name):
        return "a cloud"
    local.require(name)
    return "this machine"


def find(app: App, name: str, *, closely: bool = False) -> Deployment:
    """Give one deployment as it is now; `closely`: with where it differs from what it is to be.

    Raises:
        UnknownDeployment: there is none of that name.
        ProgramMissing: it is on a cloud, and the engine is not installed.
        LlamactlError: it cannot be looked at.
    """
    if place_of(app, name) == "this machine":
        return app.local().deployment(name)
    return on_cloud(app, name, lambda: app.stacks().deployment(name, closely=closely))


def known_endpoint(app: App, name: str) -> "KnownEndpoint | None":
    """Return where a deployment on a cloud answers, as its stack has it; None: ask its target.

    Raises:
        UnknownDeployment: there is none of that name.
        ProgramMissing: it is on a cloud, and Pulumi is needed and not installed.
        LlamactlError: it cannot be looked at.
    """
    if place_of(app, name) == "this machine":
        return None
    return on_cloud(app, name, lambda: app.stacks().known_endpoint(name))


def api_key(app: App, deployment: Deployment) -> str | None:
    """Give the key that callers show; None: there is none.

    Raises:
        LlamactlError: the cloud does not give it.
    """
    if deployment.cloud == "local":
        return deployment.api_key
    return app.stacks().api_key(deployment.name) if deployment.auth == "key" else None


def on_cloud(app: App, name: str, ask: Callable[[], _Found]) -> _Found:
    """Ask the engine of a deployment, and tell an unknown name with all that are known.

    Raises:
        UnknownDeployment: there is none of that name.
        LlamactlError: whatever was asked raises.
    """
    try:
        return ask()
    except UnknownDeployment as error:
        known = sorted({*app.local().names(), *error.known})
        raise UnknownDeployment(name, known) from error
    except ProgramMissing:
        seen = app.stacks().names_seen()
        if name in seen:
            raise
        known = sorted({*app.local().names(), *seen})
        raise UnknownDeployment(name, known) from None


def require_free(app: App, name: str, cloud: Cloud) -> None:
    """Refuse a name that a deployment has where this one is not to be: one name is one deployment.

    Raises:
        InvalidInput: it is taken; the message says where.
    """
    wanted_here = cloud == "local"
    if wanted_here:
        is_taken, where = name in app.stacks().names_seen(), "a cloud"
    else:
        is_taken, where = name in app.local().names(), "this machine"
    if is_taken:
        raise InvalidInput(
            f"'{name}' is the name of a deployment on {where}",
            hint=f"give another --name; or llamactl destroy {name} ends that one",
        )
