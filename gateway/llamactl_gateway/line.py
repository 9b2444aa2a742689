"""The HTTP line to one deployment: how long it waits, and what a silence or a cut means."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llamactl_catalog.errors import InvalidInput, LlamactlError, NoCapacity, Unhealthy
from llamactl_gateway.openai_answers import Question, answered
from llamactl_gateway.protocol import Delta

if TYPE_CHECKING:
    import httpx

# Gives the headers that open the door for a body, at the moment that it is sent.
Headers = Callable[[bytes], Mapping[str, str]]
# Gives the error for an answer that is none, its body read.
Refused = Callable[["httpx.Response"], LlamactlError]

CONNECT_TIMEOUT_S = 5.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Line:
    """`name` is the deployment's, `base` its scheme and host, as errors show them.

    A `private` line carries credentials that plain HTTP would show to others on the way.
    """

    name: str
    base: str
    silence_timeout_s: float
    private: bool = False

    def ask(
        self,
        route: str,
        question: Question,
        headers: Headers,
        refused: Refused,
        unpacked: Callable[[Iterable[bytes]], Iterable[bytes]] = iter,
    ) -> Generator[Delta, None, None]:
        """Post a question and give its answer; `unpacked` takes off what is around the engine's.

        Raises:
            LlamactlError: while iterating; whatever `headers`, `refused` or `unpacked` say.
        """
        client = self._client()
        return self._answer(client, route, question, headers, refused, unpacked)

    def broken_off(self) -> Unhealthy:
        """Give the error for an answer without its end."""
        return Unhealthy(
            f"the answer of '{self.name}' broke off", hint=f"llamactl status {self.name}"
        )

    def _answer(  # noqa: PLR0913, PLR0917 - those of `ask`
        self,
        client: "httpx.Client",
        route: str,
        question: Question,
        headers: Headers,
        refused: Refused,
        unpacked: Callable[[Iterable[bytes]], Iterable[bytes]],
    ) -> Generator[Delta, None, None]:
        self._check_private()
        content = question.content()
        with (
            self._translated(),
            client,
            client.stream("POST", route, content=content, headers=headers(content)) as response,
        ):
            if not response.is_success:
                response.read()
                raise refused(response)
            chunks = unpacked(response.iter_bytes())
            finished = yield from answered(chunks, question, self.name)
            if not finished:
                raise self.broken_off()

    def _client(self) -> "httpx.Client":
        import httpx

        parts = urlsplit(self.base)
        return httpx.Client(
            base_url=self.base,
            headers={"content-type": "application/json"},
            timeout=httpx.Timeout(self.silence_timeout_s, connect=CONNECT_TIMEOUT_S),
            # Reading the certificates takes 20 ms, and plain HTTP has no use for them.
            verify=parts.scheme == "https",
            # A proxy from the environment has no way to this machine's own loopback.
            trust_env=parts.hostname not in _LOOPBACK,
        )

    def _check_private(self) -> None:
        parts = urlsplit(self.base)
        if self.private and parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise InvalidInput(f"no credentials are sent to {self.base}", hint="it must be https")

    @contextmanager
    def _translated(self) -> Generator[None, None, None]:
        import httpx

        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unhealthy(
                f"'{self.name}' does not answer at {self.base}", hint=f"llamactl status {self.name}"
            ) from error
        except httpx.TimeoutException as error:
            raise NoCapacity(
                f"'{self.name}' said nothing for {self.silence_timeout_s:.0f} s",
                hint=f"llamactl logs {self.name} shows what it is busy with",
            ) from error
        except httpx.TransportError as error:
            raise self.broken_off() from error
