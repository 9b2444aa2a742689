"""The token of whoever is signed in to Azure: asked for when needed, and anew before it expires."""

import time
from contextlib import suppress
from typing import Any, Protocol

from llamactl_catalog.errors import NoPermission, Unhealthy
from llamactl_containers.registries.acr import Identity, signed_in

# Source: MicrosoftDocs/azure-ai-docs, how-to-authenticate-online-endpoint: --resource
# https://ml.azure.com for data-plane calls with a Microsoft Entra token.
_SCOPE = "https://ml.azure.com/.default"
_RENEW_BEFORE_S = 300.0  # as azure-core does; a request may take 180 s


class EntraIdentity(Protocol):
    """Whoever asks."""

    def token(self) -> str:
        """Give a token that holds for now.

        Raises:
            NoPermission: nobody is signed in.
        """

    def forget(self) -> None:
        """Ask for a new one next time: this one was refused."""


class FoundEntraIdentity:
    """What Azure's tools would sign in with: environment, the machine's identity, or az login."""

    def __init__(self, identity: Identity | None = None) -> None:
        self._identity = identity
        self._token: Any = None

    def token(self) -> str:
        """Give a token that holds for now.

        Raises:
            NoPermission: nobody is signed in.
            ProgramMissing: azure-identity is not installed.
            Unhealthy: the sign-in cannot be reached.
        """
        if self._token is None or self._token.expires_on - time.time() < _RENEW_BEFORE_S:
            if self._identity is None:
                self._identity = signed_in()
            self._token = _asked(self._identity)
        return str(self._token.token)

    def forget(self) -> None:
        """Ask for a new one next time: this one was refused."""
        self._token = None


def _asked(identity: Identity) -> Any:
    refused: tuple[type[Exception], ...] = ()
    failed: tuple[type[Exception], ...] = ()
    with suppress(ImportError):  # then nothing of it can be raised
        from azure.core.exceptions import AzureError, ClientAuthenticationError

        refused, failed = (ClientAuthenticationError,), (AzureError,)
    try:
        return identity.get_token(_SCOPE)
    except refused as error:
        first = str(error).partition("\n")[0].rstrip(".")
        hint = "az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
        raise NoPermission(f"nobody is signed in to Azure: {first}", hint=hint) from error
    except failed as error:
        first = str(error).partition("\n")[0].rstrip(".")
        raise Unhealthy(f"Azure's sign-in cannot be reached: {first}", hint="try again") from error
