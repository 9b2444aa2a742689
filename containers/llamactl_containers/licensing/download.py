"""Reading one small file from a URL: patiently, up to a size, with a token for one host alone."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from llamactl_catalog.units import MIB, format_bytes

if TYPE_CHECKING:
    import httpx

    from llamactl_containers.weights.tokens import HubToken

# The longest license of the catalog has 21 kB.
MOST_BYTES = MIB
ATTEMPTS = 3
ATTEMPTS_TO_CONNECT = 2  # there are other places, and a machine without a network has none of them
PAUSE_S = 0.5
CONNECT_TIMEOUT_S = 5.0
SILENCE_TIMEOUT_S = 15.0
WHOLE_TIMEOUT_S = 60.0
_MOST_REDIRECTS = 5
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_UNAUTHORIZED, _FORBIDDEN, _GONE = 401, 403, (404, 410)
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500

Pause = Callable[[float], None]


class NotRead(Exception):
    """Why a place did not give its file.

    `denied` where it asks for another token, or for one; `absent` where it has no such file;
    `attempts` is how often it is worth asking.
    """

    def __init__(
        self, why: str, *, denied: bool = False, absent: bool = False, attempts: int = 1
    ) -> None:
        super().__init__(why)
        self.why = why
        self.denied = denied
        self.absent = absent
        self.attempts = attempts


def download(
    url: str,
    token: "HubToken | None" = None,
    pause: Pause = time.sleep,
    attempts: int = ATTEMPTS,
) -> bytes:
    """Read what a URL gives; the token goes to the URL's own host, and to none it redirects to.

    Raises:
        NotRead: it cannot be read, after some attempts where another may help.
    """
    for attempt in range(1, attempts):
        try:
            return _read(url, token)
        except NotRead as failure:
            if attempt >= failure.attempts:
                raise
        pause(PAUSE_S * 2 ** (attempt - 1))
    return _read(url, token)


def _read(url: str, token: "HubToken | None") -> bytes:
    import httpx

    try:
        place = httpx.URL(url)
        home = _origin(place)
        for _ in range(_MOST_REDIRECTS + 1):
            headers = {"accept": "text/plain, */*;q=0.5", "accept-encoding": "identity"}
            if token is not None and _origin(place) == home:
                headers["authorization"] = f"Bearer {token.value}"
            answer = _answer(place, headers)
            if isinstance(answer, bytes):
                return answer
            if place.scheme == "https" and answer.scheme != "https":
                raise NotRead(f"redirects from https to {answer.scheme}")
            place = answer
    except httpx.InvalidURL as error:
        raise NotRead(f"is no URL: {error}") from error
    except httpx.UnsupportedProtocol as error:
        raise NotRead("is no http or https address") from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        why = f"cannot be reached: {str(error) or 'no connection in time'}"
        raise NotRead(why, attempts=ATTEMPTS_TO_CONNECT) from error
    except httpx.TimeoutException as error:
        raise NotRead("does not answer in time", attempts=ATTEMPTS) from error
    except httpx.TransportError as error:
        raise NotRead(f"cuts the connection: {error}", attempts=ATTEMPTS) from error
    raise NotRead(f"redirects more than {_MOST_REDIRECTS} times")


def _answer(place: "httpx.URL", headers: dict[str, str]) -> "bytes | httpx.URL":
    """Give the file, or the URL that it redirects to."""
    import httpx

    timeout = httpx.Timeout(SILENCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    direct = place.host in _LOOPBACK
    with (
        httpx.Client(timeout=timeout, trust_env=not direct) as client,
        client.stream("GET", place, headers=headers) as answer,
    ):
        if answer.has_redirect_location:
            return place.join(answer.headers["location"])
        _check_status(answer, with_token="authorization" in headers)
        return _body(answer)


def _check_status(answer: "httpx.Response", *, with_token: bool) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status == _UNAUTHORIZED:
        what = "refuses the token" if with_token else "asks for a token"
        raise NotRead(f"answers 401: it {what}", denied=True)
    if status == _FORBIDDEN:
        what = "the token has no access" if with_token else "it asks for a token"
        raise NotRead(f"answers 403: {what}", denied=True)
    if status in _GONE:
        raise NotRead(f"answers {status}: there is no such file", absent=True)
    may_pass = status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR
    raise NotRead(f"answers {status}", attempts=ATTEMPTS if may_pass else 1)


def _body(answer: "httpx.Response") -> bytes:
    body = bytearray()
    ends = time.monotonic() + WHOLE_TIMEOUT_S
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise NotRead(f"gives more than {format_bytes(MOST_BYTES)}: no license text")
        if time.monotonic() > ends:
            raise NotRead(f"takes more than {WHOLE_TIMEOUT_S:.0f} s")
    return bytes(body)


def _origin(place: "httpx.URL") -> tuple[str, str, int | None]:
    return place.scheme, place.host, place.port
