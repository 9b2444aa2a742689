"""Which sizes Azure ML has in a region, from its own list; the list wants a sign-in.

Source: azure-ai-ml 1.35.2, _restclient/arm_ml_service, VirtualMachineSizes.list of API 2025-12-01:
one page, `value` of sizes with `name` and `gpus`. It is the list of Azure ML's own machines, on
which its managed endpoints run; one for endpoints alone is not documented.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from importlib import import_module
from time import sleep
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from llamactl_catalog.availability import Listing, listing
from llamactl_catalog.errors import InvalidInput, NoPermission, Unhealthy
from llamactl_catalog.extras import extra_command
from llamactl_catalog.progress import Report, Step
from llamactl_infra.prices.answers import content, name
from llamactl_infra.prices.retries import (
    ATTEMPTS_TO_CONNECT,
    Busy,
    Pause,
    patiently,
    retry_after_s,
)

if TYPE_CHECKING:
    import httpx

Token = Callable[[], str]

URL = "https://management.azure.com"
SCOPE = "https://management.azure.com/.default"
_ROUTE = "/subscriptions/{}/providers/Microsoft.MachineLearningServices/locations/{}/vmSizes"
_VERSION = "2025-12-01"
_TIMEOUT_S = 60.0
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# What Azure Resource Manager says of a region that the service is not in. Source:
# MicrosoftDocs/azure-docs, troubleshooting/error-register-resource-provider, read 2026-11-22.
_NOT_THERE = ("NoRegisteredProviderFound", "LocationNotAvailableForResourceType")
_NO_SUBSCRIPTION = ("SubscriptionNotFound", "InvalidSubscriptionId")
_NOT_REGISTERED = ("MissingSubscriptionRegistration",)


class NotSignedInError(Exception):
    """Nobody is signed in to Azure here, or what signs in is not installed; it says how."""


def signed_in() -> Token:
    """Give what makes access tokens for whoever is signed in: environment, machine or az login.

    The token is asked for when it is needed, and raises NotSignedInError where there is nobody.

    Raises:
        NotSignedInError: azure-identity is not installed, or told to use what there is not.
    """
    try:
        # By name: it is an optional package, and checks of types need not have it.
        identity, core = import_module("azure.identity"), import_module("azure.core.exceptions")
    except ImportError as error:
        raise NotSignedInError(f"install what signs in: {extra_command('azure')}") from error
    # It logs each way to sign in that failed; all that matters is said in a line.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    try:
        credential = identity.DefaultAzureCredential()
    except ValueError as error:  # of a variable that names no way to sign in
        raise NotSignedInError(str(error)) from error

    def token() -> str:
        try:
            return str(credential.get_token(SCOPE).token)
        except core.ClientAuthenticationError as error:  # nobody at all is one, too
            raise NotSignedInError("sign in with az login") from error
        except core.AzureError as error:
            raise Unhealthy(f"Azure's sign-in cannot be reached: {error}") from error

    return token


def fetch_listings(  # noqa: PLR0913 - whose list, of which regions, and how it is asked
    subscription: str,
    regions: Sequence[str],
    token: Token,
    report: Report,
    today: date,
    *,
    url: str | None = None,
    pause: Pause = sleep,
) -> list[Listing]:
    """Fetch the sizes with GPUs that Azure ML has in each region, as a subscription sees them.

    `url` is where to ask instead of Azure, without a path. It is told the token.

    Raises:
        InvalidInput: the subscription is no id, or a token would go over an open line.
        NotSignedInError: there is no token to be had.
        NoPermission: the token is refused, or there is no such subscription.
        Unhealthy: the service is out of reach, stays busy, or answers what cannot be read.
    """
    _check_subscription(subscription)
    base = URL if url is None else url.rstrip("/")
    _check_line(base)
    found = []
    with _client(base, token()) as client:
        for number, region in enumerate(regions, 1):
            report(Step(f"sizes in {region}, {number} of {len(regions)}"))
            route = _ROUTE.format(subscription, region)
            page = patiently(lambda: _page(client, route), pause, report)  # noqa: B023 - called at once
            found.append(listing("azure", region, _names(page), today))
    return found


def _check_subscription(subscription: str) -> None:
    try:
        UUID(subscription)
    except ValueError as error:
        raise InvalidInput(
            f"'{subscription}' is no id of a subscription",
            hint="az account show --query id gives it",
        ) from error


def _check_line(base: str) -> None:
    parts = urlsplit(base)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        message = f"{base} would be told an access token over an open line"
        raise InvalidInput(message, hint="name an address with https")


def _names(page: object) -> Iterable[str]:
    match page:
        case {"value": [*sizes]}:
            return [_name(each) for each in sizes if _has_gpus(each)]
        case None:
            return []
        case _:
            raise _unreadable("a page without value")


def _has_gpus(size: object) -> bool:
    # Optional in the service's schema: a size that does not say may have some.
    return not isinstance(size, dict) or size.get("gpus") != 0


def _name(size: object) -> str:
    match size:
        case {"name": told}:
            try:
                return name(told)
            except ValueError as error:
                raise _unreadable(f"a size without {error}") from error
        case _:
            raise _unreadable("a size without name")


def _page(client: "httpx.Client", route: str) -> object:
    """Ask once; None where the service is not in that region."""
    import httpx

    host = client.base_url.host
    try:
        answer = client.get(route, params={"api-version": _VERSION})
    except httpx.ConnectError as error:
        raise Busy(f"{host} cannot be reached: {error}", attempts=ATTEMPTS_TO_CONNECT) from error
    except httpx.TransportError as error:
        raise Busy(f"{host} does not answer: {error}") from error
    except httpx.DecodingError as error:
        raise _unreadable(str(error)) from error
    if answer.status_code == _TOO_MANY_REQUESTS or answer.status_code >= _SERVER_ERROR:
        said = f"{host} answers {answer.status_code}"
        raise Busy(said, retry_after_s(answer.headers.get("retry-after")))
    if not answer.is_success:
        _raise_unless_absent(answer)
        return None
    try:
        return content(answer)
    except ValueError as error:
        raise _unreadable("a page that is not JSON") from error


def _raise_unless_absent(answer: "httpx.Response") -> None:
    """Translate a refusal; that the service is not in a region is none."""
    code, message = _error(answer)
    if code in _NOT_THERE:
        return
    said = f"{code}: {message[:300]}"
    if answer.status_code == _UNAUTHORIZED:
        hint = "sign in anew with az login, to the tenant of the subscription"
        raise NoPermission(f"Azure refuses the sign-in: {said}", hint=hint)
    if answer.status_code == _FORBIDDEN:
        hint = "the role Reader on the subscription is enough"
        raise NoPermission(f"Azure refuses its list of sizes: {said}", hint=hint)
    if code in _NO_SUBSCRIPTION:
        hint = "az account list shows those that you have"
        raise NoPermission(f"Azure has no such subscription for you: {said}", hint=hint)
    if code in _NOT_REGISTERED:
        hint = "az provider register --namespace Microsoft.MachineLearningServices"
        raise NoPermission(f"the subscription does not have Azure ML: {said}", hint=hint)
    raise Unhealthy(f"Azure's list of sizes answers {answer.status_code}: {said}")


def _error(answer: "httpx.Response") -> tuple[str, str]:
    """Read code and message of a refusal as Azure Resource Manager writes it."""
    try:
        refusal = content(answer)
    except ValueError:
        refusal = None
    match refusal:
        case {"error": {"code": str(code), "message": str(message)}}:
            return code, message
        case _:
            return str(answer.status_code), answer.text


def _client(base: str, token: str) -> "httpx.Client":
    import httpx

    loopback = httpx.URL(base).host in _LOOPBACK
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    return httpx.Client(base_url=base, timeout=_TIMEOUT_S, trust_env=not loopback, headers=headers)


def _unreadable(what: str) -> Unhealthy:
    return Unhealthy(
        f"Azure's list of sizes answers what cannot be read: {what}",
        hint="what was known before stays in use; a newer llamactl may read it",
    )
