"""Which kind of registry a host is, and the client for it, logged in."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, assert_never

from llamactl_catalog.errors import LlamactlError
from llamactl_containers.registries.acr import acr_login, is_acr
from llamactl_containers.registries.credentials import Login, own_login
from llamactl_containers.registries.ecr import Ecr, ecr_of
from llamactl_containers.registries.oci import Registry
from llamactl_containers.registries.reference import Reference
from llamactl_containers.registries.session import is_here

Kind = Literal["ecr", "acr", "oci"]


def kind_of(host: str) -> Kind:
    """Tell what a registry is, by the form of its name."""
    if ecr_of(host) is not None:
        return "ecr"
    return "acr" if is_acr(host) else "oci"


def login_to(host: str, environment: Mapping[str, str], home: Path) -> Login | None:
    """Give what one logs in to a registry with; None: nothing is known, one asks as anybody.

    The user's own `docker login` goes first where it is not a cloud's registry; there, the cloud's
    credentials do, as a login of docker's is good for hours only.

    Raises:
        NoPermission: the cloud's credentials are missing or refused.
        ProgramMissing: the cloud's SDK is not installed.
    """
    match kind_of(host):
        case "ecr":
            address = ecr_of(host)
            assert address is not None  # noqa: S101 - that is what the kind says
            return Ecr(address).login()
        case "acr":
            return acr_login(host)
        case "oci":
            return own_login(host, environment, home)
        case _ as never:
            assert_never(never)


def open_registry(host: str, environment: Mapping[str, str], home: Path) -> Registry:
    """Give a client for a registry, logged in; nothing is asked of the registry itself yet.

    Raises:
        LlamactlError: of `login_to`.
    """
    pause_s = 0.1 if is_here(host) else 1.0
    return Registry(host, login_to(host, environment, home), pause_s=pause_s)


def have_repository(target: Reference) -> None:
    """Make the repository where the registry does not make it by itself at the first push.

    Raises:
        NoPermission: these credentials may not.
    """
    address = ecr_of(target.registry)
    if address is not None:
        Ecr(address).have_repository(target.repository)


def drop_tag(registry: Registry, target: Reference, tag: str) -> None:
    """Take away a tag that was there for the moment; where a registry keeps it, it does no harm."""
    address = ecr_of(target.registry)
    if address is None:
        registry.remove_tag(target.repository, tag)
        return
    with suppress(LlamactlError):
        Ecr(address).remove_tag(target.repository, tag)
