"""The client of an OpenAI-compatible URL: the local engine, TGI, and most others."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.prompts import Message
from llamactl_gateway.line import Line
from llamactl_gateway.openai_answers import Question, chat_question, completion_question
from llamactl_gateway.protocol import SILENCE_TIMEOUT_S, Delta
from llamactl_gateway.refusals import refusal
from llamactl_gateway.sampling import Sampling

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class OpenAIEndpoint:
    """`url` has no path: `http://127.0.0.1:8080`. The key is sent as a bearer token."""

    name: str
    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    silence_timeout_s: float = SILENCE_TIMEOUT_S
    streamed: bool = True

    def chat(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Delta, None, None]:
        """Give the assistant's next message."""
        return self._ask(chat_question(self.model, messages, sampling, streamed=self.streamed))

    def complete(self, prompt: str, sampling: Sampling) -> Generator[Delta, None, None]:
        """Give the continuation of a text."""
        return self._ask(completion_question(self.model, prompt, sampling, streamed=self.streamed))

    def _ask(self, question: Question) -> Generator[Delta, None, None]:
        line = Line(self.name, self.url, self.silence_timeout_s)
        return line.ask(question.route, question, self._headers, self._refused)

    def _headers(self, _content: bytes) -> Mapping[str, str]:
        return {} if self.api_key is None else {"authorization": f"Bearer {self.api_key}"}

    def _refused(self, response: "httpx.Response") -> LlamactlError:
        return refusal(response.status_code, response.text, self.name)
