"""Access tokens for whoever is signed in to Azure where this runs."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from llamactl_catalog.errors import NoPermission, Unhealthy
from llamactl_containers.registries.acr import Identity, signed_in, token_of

Token = Callable[[str], str]
"""Gives an access token for a scope."""

TOKEN_VARIABLE = "LLAMACTL_AZURE_TOKEN"  # noqa: S105 - a variable's name

# Azure's command line makes a token in a second, and one that has no five minutes left anew.
_KEPT_S = 240.0


def tokens(here: Mapping[str, str]) -> Token:
    """Give what makes access tokens by their scope; each is used for some minutes.

    Raises:
        ProgramMissing: azure-identity is not installed.
        NoPermission: a variable names a way to sign in that there is not.
    """
    given = here.get(TOKEN_VARIABLE)
    if given:
        return lambda _scope: given
    return tokens_of(_identity(here))


def tokens_of(identity: Identity, now: Callable[[], float] = time.monotonic) -> Token:
    """Give what makes an identity's tokens by their scope; each is used for some minutes."""
    kept: dict[str, tuple[float, str]] = {}

    def token(scope: str) -> str:
        if scope not in kept or now() - kept[scope][0] > _KEPT_S:
            kept[scope] = (now(), _new_token(identity, scope))
        return kept[scope][1]

    return token


def _new_token(identity: Identity, scope: str) -> str:
    failed: tuple[type[Exception], ...] = ()
    with suppress(ImportError):  # then nothing of it can be raised
        from azure.core.exceptions import AzureError

        failed = (AzureError,)
    try:
        return token_of(identity, scope)
    except failed as error:
        first = str(error).partition("\n")[0]
        raise Unhealthy(f"Azure's sign-in cannot be reached: {first}", hint="try again") from error


def _identity(here: Mapping[str, str]) -> Identity:
    # Source: Pulumi, Azure Native, installation-configuration, read 2026-11-22.
    names = ("ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET")
    tenant, client, secret = (here.get(name) for name in names)
    try:
        if tenant and client and secret:
            with suppress(ImportError):
                from azure.identity import ClientSecretCredential

                identity: Identity = ClientSecretCredential(tenant, client, secret)
                return identity
        return signed_in()
    except ValueError as error:  # of a variable that is none of theirs
        raise NoPermission(f"nobody can sign in to Azure: {error}", hint="az login") from error
