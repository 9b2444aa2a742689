"""One registry over HTTP: its tokens, its patience, and its errors."""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from llamactl_catalog.errors import NoPermission
from llamactl_containers.registries.answers import cut, refusal
from llamactl_containers.registries.credentials import Login

if TYPE_CHECKING:
    import httpx

Body = Callable[[], Iterator[bytes]]
ATTEMPTS = 4
_PAUSE_S = 1.0
_TIMEOUT_S = 60.0
BUSY = frozenset({429, 500, 502, 503, 504})
_UNAUTHORIZED = 401
_HUB_HOST = "registry-1.docker.io"
_PARAMETER = re.compile(r'([a-z_]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a registry; `scope` is what its token must allow.

    A body that is a function is asked for its bytes again where the request is sent again.
    """

    method: str
    url: str
    scope: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | Body | None = field(default=None, repr=False)


def is_here(host: str) -> bool:
    """Tell whether a registry is on this machine: only then is http without TLS spoken."""
    return (urlsplit(f"//{host}").hostname or "") in {"localhost", "127.0.0.1", "::1"}


class Session:
    """Requests to one registry, with the token that each needs.

    `pause_s` is what is waited before the second attempt, and twice that before each next one.
    """

    def __init__(self, host: str, login: Login | None = None, *, pause_s: float = _PAUSE_S) -> None:
        import httpx

        self.host = host
        self._login = login
        self._pause_s = pause_s
        self._tokens: dict[str, str] = {}
        scheme = "http" if is_here(host) else "https"
        self.base = f"{scheme}://{_HUB_HOST if host == 'docker.io' else host}"
        timeout = httpx.Timeout(_TIMEOUT_S, connect=15.0)
        self._client = httpx.Client(timeout=timeout, headers={"User-Agent": "llamactl"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._client.close()

    def ask(
        self,
        what: str,
        request: Request,
        expect: Collection[int],
    ) -> "httpx.Response":
        """Send a request until it has an answer that is expected; `what` says what it is for.

        Raises:
            LlamactlError: it was refused, or there was no answer after some attempts.
        """
        import httpx

        for attempt in range(ATTEMPTS):
            is_last = attempt + 1 == ATTEMPTS
            try:
                answer = self.send(request)
            except httpx.TransportError as error:
                if is_last:
                    raise cut(self.host, what, error) from None
            else:
                if answer.status_code in expect:
                    return answer
                if is_last or answer.status_code not in BUSY:
                    raise refusal(self.host, what, answer)
            self.wait(attempt)
        raise AssertionError

    def wait(self, attempt: int) -> None:
        """Wait before the attempt after this one."""
        time.sleep(self._pause_s * 2**attempt)

    def send(self, request: Request) -> "httpx.Response":
        """Send a request once, and once more with a token where the registry asks for one.

        Raises:
            httpx.TransportError: no answer.
            NoPermission: the credentials are refused.
        """
        url = request.url if "://" in request.url else f"{self.base}{request.url}"
        request = replace(request, url=url)
        answer = self._send(request)
        if answer.status_code == _UNAUTHORIZED and self._is_own(url):
            challenge = answer.headers.get("www-authenticate", "")
            if self._answer_challenge(challenge, request.scope):
                answer = self._send(request)
        return answer

    def _send(self, request: Request) -> "httpx.Response":
        headers = dict(request.headers)
        if request.scope in self._tokens and self._is_own(request.url):
            headers["Authorization"] = self._tokens[request.scope]
        body = request.content() if callable(request.content) else request.content
        is_reading = request.method in {"GET", "HEAD"}  # httpx sends no token on to another host
        return self._client.request(
            request.method, request.url, headers=headers, content=body, follow_redirects=is_reading
        )

    def _is_own(self, url: str) -> bool:
        parts, own = urlsplit(url), urlsplit(self.base)
        return (parts.scheme, parts.netloc) == (own.scheme, own.netloc)

    def _answer_challenge(self, challenge: str, scope: str) -> bool:
        """Have the token that a refusal asks for; False: there is nothing to try with."""
        kind = challenge.partition(" ")[0].lower()
        had = self._tokens.pop(scope, None)
        if kind == "basic":
            if self._login is None or had is not None:
                return False
            self._tokens[scope] = f"Basic {self._login.basic()}"
            return True
        if kind != "bearer":
            return False
        found = dict(_PARAMETER.findall(challenge))
        if "realm" not in found:
            return False
        self._tokens[scope] = f"Bearer {self._token(found, scope)}"
        return True

    def _token(self, challenge: Mapping[str, str], scope: str) -> str:
        """Fetch a token. Source: distribution's specification of token authentication."""
        import httpx

        realm = challenge["realm"]
        parts = urlsplit(realm)
        if parts.scheme != "https" and not is_here(parts.netloc):
            message = f"{self.host} asks for credentials over http, at {parts.netloc}"
            raise NoPermission(message, hint="nothing was sent: they would be for all to read")
        service = {"service": challenge["service"]} if "service" in challenge else {}
        try:
            answer = self._ask_realm(realm, {**service, "scope": scope})
        except httpx.TransportError as error:
            raise cut(parts.netloc, "a token", error) from None
        if not answer.is_success:
            raise refusal(self.host, "these credentials", answer)
        told: dict[str, Any] = answer.json()
        token = told.get("token") or told.get("access_token")
        if not isinstance(token, str):
            raise NoPermission(f"{self.host} gives no token", hint=f"docker login {self.host}")
        return token

    def _ask_realm(self, realm: str, parameters: Mapping[str, str]) -> "httpx.Response":
        login = self._login
        if login is not None and login.identity_token is not None:
            form = {
                **parameters,
                "grant_type": "refresh_token",
                "client_id": "llamactl",
                "refresh_token": login.identity_token,
            }
            return self._client.post(realm, data=form)
        headers = {} if login is None else {"Authorization": f"Basic {login.basic()}"}
        return self._client.get(realm, params=parameters, headers=headers)
