"""Azure Resource Manager over REST: asked with patience, and waited for until a change is made.

It is used where Pulumi's own provider cannot be: for traffic, and to look at what there is. Source
of what is asked and answered: azure-ai-ml 1.35.2, _restclient/arm_ml_service, API 2025-12-01; Azure
Resource Manager, async-operations, both read 2026-11-22.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    NoPermission,
    StillBusy,
    Throttled,
    Unhealthy,
    Unreachable,
)
from llamactl_catalog.progress import silent
from llamactl_infra.clouds.azure.signing_in import Token, tokens
from llamactl_infra.clouds.azure.versions import version_of
from llamactl_infra.prices.retries import (
    ATTEMPTS,
    ATTEMPTS_TO_CONNECT,
    Busy,
    patiently,
    retry_after_s,
)

if TYPE_CHECKING:
    import httpx

URL = "https://management.azure.com"
DATA_SCOPE = "https://ml.azure.com/.default"
"""The scope of a token that online endpoints take."""

ADDRESS_VARIABLE = "LLAMACTL_AZURE_URL"

_TIMEOUT_S = 60.0
_POLL_S = 5.0
_PATIENCE_S = 1800.0
_CONFLICT_WAIT_S = 10.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NOT_FOUND, _CONFLICT, _BUSY, _SERVER_ERROR = 404, 409, 429, 500
_UNAUTHORIZED, _FORBIDDEN = 401, 403


class NotTaken(Unhealthy):
    """A request that Azure does not take as it is; `code` is the reason in its own words."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Management:
    """Resources by their ids. `pause` waits, so that a test need not.

    Where Azure is busy it is asked again, `attempts` times in all.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        pause: Callable[[float], None] = sleep,
        *,
        attempts: int = ATTEMPTS,
    ) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self._pause = pause
        self._attempts = attempts
        self._client: httpx.Client | None = None
        parts = urlsplit(self.url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            message = f"{url} would be told an access token over an open line"
            raise InvalidInput(message, hint="name an address with https")

    @property
    def is_here(self) -> bool:
        """Tell whether it is no Azure, but something on this machine."""
        return urlsplit(self.url).hostname in _LOOPBACK

    def get(self, resource: str) -> dict[str, Any] | None:
        """Give a resource as it is; None: there is none.

        Raises:
            LlamactlError: it cannot be read.
        """
        answer = self._asked("GET", resource, None)
        return None if answer.status_code == _NOT_FOUND else _content(answer)

    def listed(self, resource: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Give all that a list has, over its pages; none where what it is of is not there.

        Raises:
            LlamactlError: it cannot be read.
        """
        found: list[dict[str, Any]] = []
        page, more = resource, query
        while page:
            answer = self._asked("GET", page, None, more)
            if answer.status_code == _NOT_FOUND:
                break
            content = _content(answer)
            found += [each for each in content.get("value") or [] if isinstance(each, dict)]
            page, more = str(content.get("nextLink") or ""), None
        return found

    def post(self, resource: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask a resource for what it gives only when it is asked: its keys, its log.

        Raises:
            LlamactlError: it does not give it.
        """
        return _content(_found(self._asked("POST", resource, body), resource))

    def put(self, resource: str, body: Mapping[str, Any]) -> None:
        """Make a resource what the body says, and wait until it is.

        Raises:
            LlamactlError: it is refused, or comes to nothing.
        """
        self._changed(_found(self._asked("PUT", resource, body), resource))

    def patch(self, resource: str, body: Mapping[str, Any]) -> None:
        """Change what the body says of a resource and nothing else, and wait until it is changed.

        Raises:
            LlamactlError: Azure refuses the change, or does not finish it.
        """
        self._changed(_found(self._asked("PATCH", resource, body), resource))

    def delete(self, resource: str) -> None:
        """Delete a resource, and wait until it is gone; one that does not exist is no error.

        Raises:
            LlamactlError: Azure refuses the deletion, or does not finish it.
        """
        answer = self._asked("DELETE", resource, None)
        if answer.status_code != _NOT_FOUND:
            self._changed(answer)

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()

    def _changed(self, answer: "httpx.Response") -> None:
        if not answer.is_success:
            raise _refusal(answer)
        operation = answer.headers.get("azure-asyncoperation")
        if operation is not None:
            self._wait(operation, answer)

    def _wait(self, operation: str, answer: "httpx.Response") -> None:
        until = time.monotonic() + _PATIENCE_S
        while True:
            self._pause(_wait_s(answer))
            answer = self._asked("GET", operation, None)
            match _content(answer):
                case {"status": "Succeeded"}:
                    return
                case {"status": "Failed" | "Canceled" as status, **rest}:
                    error = rest.get("error") or {}
                    said = f"{error.get('code', status)}: {error.get('message', 'no reason told')}"
                    raise Unhealthy(f"Azure gave up a change: {said}")
                case _:
                    pass  # still under way
            if time.monotonic() > until:
                raise Unhealthy(f"Azure has not made a change in {_PATIENCE_S:.0f} s")

    def _asked(
        self,
        method: str,
        resource: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None = None,
    ) -> "httpx.Response":
        if resource.startswith("http"):  # that Azure has named, with all that belongs to it
            if urlsplit(resource).netloc != urlsplit(self.url).netloc:
                raise Unhealthy(f"Azure names another host to ask on: {resource}")
            return patiently(lambda: self._once(method, resource, body, None), self._pause, silent)
        asked = {**(query or {}), "api-version": version_of(resource)}
        whole = f"{self.url}{resource}"
        return patiently(lambda: self._once(method, whole, body, asked), self._pause, silent)

    def _once(
        self,
        method: str,
        whole: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
    ) -> "httpx.Response":
        import httpx

        headers = {"authorization": f"Bearer {self.token(f'{URL}/.default')}"}
        try:
            answer = self._line().request(method, whole, params=query, json=body, headers=headers)
        except httpx.TransportError as error:
            said = f"Azure cannot be reached: {error}"
            attempts = min(self._attempts, ATTEMPTS_TO_CONNECT)
            raise Busy(said, attempts=attempts) from error
        _raise_if_busy(answer, self._attempts)
        return answer

    def _line(self) -> "httpx.Client":
        import httpx

        if self._client is None:
            self._client = httpx.Client(timeout=_TIMEOUT_S, trust_env=not self.is_here)
        return self._client


@contextmanager
def opened(
    environment: Mapping[str, str] | None = None,
    token: Token | None = None,
    *,
    attempts: int = ATTEMPTS,
) -> Iterator[Management]:
    """Open the way to Azure, for whoever is signed in where this runs, or as `token` says.

    Credentials that Pulumi's Azure Native takes from the environment are taken here too.

    Raises:
        ProgramMissing: azure-identity is not installed.
    """
    here = os.environ if environment is None else environment
    url = here.get(ADDRESS_VARIABLE) or URL
    management = Management(url, tokens(here) if token is None else token, attempts=attempts)
    try:
        yield management
    finally:
        management.close()


def _raise_if_busy(answer: "httpx.Response", attempts: int) -> None:
    status, asked_s = answer.status_code, retry_after_s(answer.headers.get("retry-after"))
    if status == _CONFLICT:
        wait_s = asked_s if asked_s is not None else _CONFLICT_WAIT_S
        said = f"Azure has another change under way: {_said(answer)}"
        raise Busy(said, wait_s, attempts=attempts, error=StillBusy)
    if status == _BUSY or status >= _SERVER_ERROR:
        said, error = f"Azure answers {status}: {_said(answer)}", Unreachable
        raise Busy(said, asked_s, attempts=attempts, error=Throttled if status == _BUSY else error)


def _found(answer: "httpx.Response", resource: str) -> "httpx.Response":
    if answer.status_code == _NOT_FOUND:
        raise Unhealthy(f"Azure has no {resource}")
    return answer


def _content(answer: "httpx.Response") -> dict[str, Any]:
    if not answer.is_success:
        raise _refusal(answer)
    try:
        content: Any = answer.json()
    except ValueError as error:
        raise Unhealthy("Azure answers what is no JSON") from error
    if not isinstance(content, dict):
        raise Unhealthy("Azure answers what is no object")
    return content


def _refusal(answer: "httpx.Response") -> LlamactlError:
    said = _said(answer)
    if answer.status_code == _UNAUTHORIZED:
        hint = "sign in anew with az login, to the tenant of the subscription"
        return NoPermission(f"Azure does not take the sign-in: {said}", hint=hint)
    if answer.status_code == _FORBIDDEN:
        roles = "the role AzureML Data Scientist gives the rights on a workspace's endpoints"
        return NoPermission(f"Azure refuses: {said}", hint=f"{roles}; docs/azure.md has all")
    return NotTaken(f"Azure answers {answer.status_code}: {said}", said.partition(":")[0])


def _said(answer: "httpx.Response") -> str:
    try:
        content: Any = answer.json()
    except ValueError:
        return answer.text[:300]
    match content:
        case {"error": {"code": str(code), "message": str(message)}}:
            return f"{code}: {message[:300]}"
        case _:
            return str(content)[:300]


def _wait_s(answer: "httpx.Response") -> float:
    exact = answer.headers.get("x-ms-retry-after-ms")
    if exact is not None and exact.isdigit():
        return int(exact) / 1000
    asked_s = retry_after_s(answer.headers.get("retry-after"))
    return asked_s if asked_s is not None else _POLL_S
