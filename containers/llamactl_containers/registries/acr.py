"""Azure's registry: the login by exchange of the signed-in identity's token."""

import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from llamactl_catalog.errors import NoPermission, ProgramMissing, Unhealthy
from llamactl_catalog.extras import extra_command
from llamactl_containers.registries.answers import cut, refusal
from llamactl_containers.registries.credentials import Login

if TYPE_CHECKING:
    import httpx

_HOST = re.compile(r"[a-z0-9]{5,50}(-[a-z0-9]+)?\.azurecr\.(io|cn|us)")
# What docker is told as user with a refresh token. Source: `az acr login --expose-token`.
_TOKEN_USER = "00000000-0000-0000-0000-000000000000"  # noqa: S105 - a user name
MANAGEMENT = "https://management.azure.com"
_TIMEOUT_S = 30.0


class Identity(Protocol):
    """Whoever is signed in: what azure-identity calls a credential."""

    def get_token(self, *scopes: str) -> Any:
        """Give a token for these scopes, as an object with `token`."""


def is_acr(host: str) -> bool:
    """Tell whether a host is one of ACR's."""
    return _HOST.fullmatch(host) is not None


def acr_login(host: str, identity: Identity | None = None, *, base: str | None = None) -> Login:
    """Log in to a registry of Azure; the login holds for three hours.

    The identity's token is exchanged for the registry's refresh token. Source: Azure/acr,
    docs/AAD-OAuth.md, "Calling POST /oauth2/exchange".

    Raises:
        NoPermission: nobody is signed in, or has no right there.
        ProgramMissing: azure-identity is not installed.
    """
    import httpx

    who = identity if identity is not None else signed_in()
    form = {
        "grant_type": "access_token",
        "service": host,
        "access_token": token_of(who, f"{MANAGEMENT}/.default"),
    }
    where = base if base is not None else f"https://{host}"
    try:
        answer = httpx.post(f"{where}/oauth2/exchange", data=form, timeout=_TIMEOUT_S)
    except httpx.TransportError as error:
        raise cut(host, "a login", error) from None
    if not answer.is_success:
        raise refusal(host, "this identity (AcrPush and AcrPull give the right)", answer)
    return Login(_TOKEN_USER, _refresh_token(answer))


def signed_in() -> Identity:
    """Give whoever is signed in here: the environment, a managed identity, or `az login`.

    Raises:
        ProgramMissing: azure-identity is not installed.
    """
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError as error:
        hint = extra_command("azure")
        raise ProgramMissing("Azure needs the extra 'azure'", hint=hint) from error
    # It logs each way that leads to nobody; the error says what counts.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    identity: Identity = DefaultAzureCredential()
    return identity


def token_of(identity: Identity, scope: str) -> str:
    """Give an identity's token for a scope.

    Raises:
        NoPermission: nobody is signed in.
    """
    kinds: tuple[type[Exception], ...] = ()
    with suppress(ImportError):
        from azure.core.exceptions import ClientAuthenticationError

        kinds = (ClientAuthenticationError,)
    try:
        return str(identity.get_token(scope).token)
    except kinds as error:
        first = str(error).partition("\n")[0].rstrip(".")
        hint = "az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
        raise NoPermission(f"nobody is signed in to Azure: {first}", hint=hint) from error


def _refresh_token(answer: "httpx.Response") -> str:
    try:
        return str(answer.json()["refresh_token"])
    except (ValueError, KeyError) as error:
        raise Unhealthy("the registry's answer holds no token", hint="run it again") from error
