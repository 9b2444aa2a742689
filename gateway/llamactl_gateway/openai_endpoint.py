"""The client of an OpenAI-compatible URL: the local engine, TGI, and most others."""

import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llamactl_catalog.errors import NoCapacity, Unhealthy
from llamactl_catalog.prompts import Message
from llamactl_gateway.protocol import Delta
from llamactl_gateway.refusals import refusal, stream_error
from llamactl_gateway.sampling import Sampling
from llamactl_gateway.server_sent import events

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT_S = 5.0
# The first token of a long prompt on a slow machine takes minutes: 4096 tokens of a 7B model on
# two cores are about 800 s at 5 tokens/s, and a queue may be before it.
SILENCE_TIMEOUT_S = 900.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class OpenAIEndpoint:
    """`url` has no path: `http://127.0.0.1:8080`. The key is sent as a bearer token."""

    name: str
    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    silence_timeout_s: float = SILENCE_TIMEOUT_S

    def chat(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Delta, None, None]:
        """Stream the assistant's next message."""
        told = [{"role": each.role, "content": each.content} for each in messages]
        body = {"messages": told, **self._settings(sampling)}
        return self._stream(self._client(), "/v1/chat/completions", body, _chat_text)

    def complete(self, prompt: str, sampling: Sampling) -> Generator[Delta, None, None]:
        """Stream the continuation of a text."""
        body = {"prompt": prompt, **self._settings(sampling)}
        return self._stream(self._client(), "/v1/completions", body, _completion_text)

    def _settings(self, sampling: Sampling) -> dict[str, object]:
        usage = {"stream": True, "stream_options": {"include_usage": True}}
        return {"model": self.model, **usage, **sampling.given()}

    def _stream(
        self,
        client: "httpx.Client",
        route: str,
        body: Mapping[str, object],
        text_of: Callable[[Any], str],
    ) -> Generator[Delta, None, None]:
        with (
            self._translated(),
            client,
            client.stream("POST", route, content=json.dumps(body)) as response,
        ):
            if not response.is_success:
                response.read()
                raise refusal(response.status_code, response.text, self.name)
            yield from self._deltas(response.iter_bytes(), text_of)

    def _deltas(
        self, chunks: Iterable[bytes], text_of: Callable[[Any], str]
    ) -> Generator[Delta, None, None]:
        finished = False
        for event in events(chunks):
            if "error" in event:
                raise stream_error(event, self.name)
            for choice in event.get("choices", ()):
                reason = choice.get("finish_reason")
                finished = finished or reason is not None
                yield Delta(text_of(choice), reason)
            if event.get("usage"):
                usage = event["usage"]
                counts = (usage.get("completion_tokens"), usage.get("prompt_tokens"))
                yield Delta("", None, *counts)
        if not finished:
            raise self._broken_off()

    def _client(self) -> "httpx.Client":
        import httpx

        headers = {"content-type": "application/json"}
        if self.api_key is not None:
            headers["authorization"] = f"Bearer {self.api_key}"
        return httpx.Client(
            base_url=self.url,
            headers=headers,
            timeout=httpx.Timeout(self.silence_timeout_s, connect=CONNECT_TIMEOUT_S),
            # Reading the certificates takes 20 ms, and plain HTTP has no use for them.
            verify=httpx.URL(self.url).scheme == "https",
            # A proxy from the environment has no way to this machine's own loopback.
            trust_env=httpx.URL(self.url).host not in _LOOPBACK,
        )

    @contextmanager
    def _translated(self) -> Generator[None, None, None]:
        import httpx

        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._silent() from error
        except httpx.TimeoutException as error:
            raise NoCapacity(
                f"'{self.name}' said nothing for {self.silence_timeout_s:.0f} s",
                hint=f"llamactl logs {self.name} shows what it is busy with",
            ) from error
        except httpx.TransportError as error:
            raise self._broken_off() from error

    def _silent(self) -> Unhealthy:
        return Unhealthy(
            f"'{self.name}' does not answer at {self.url}", hint=f"llamactl status {self.name}"
        )

    def _broken_off(self) -> Unhealthy:
        return Unhealthy(
            f"the answer of '{self.name}' broke off", hint=f"llamactl status {self.name}"
        )


def _chat_text(choice: Mapping[str, Any]) -> str:
    return str((choice.get("delta") or {}).get("content") or "")


def _completion_text(choice: Mapping[str, Any]) -> str:
    return str(choice.get("text") or "")
