"""The client of an Azure ML online endpoint: a key or a sign-in's token at its scoring address.

Every route of the container is reached under the scoring URL's host, so OpenAI's are used,
whatever route the URL itself names. Source: MicrosoftDocs/azure-ai-docs, how-to-authenticate-
online-endpoint, read 2026-11-22; public clients of such endpoints, which ask /v1 under its host.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llamactl_catalog.errors import LlamactlError
from llamactl_catalog.prompts import Message
from llamactl_gateway.azure_refusals import LIMIT_S, refusal_of
from llamactl_gateway.entra_identity import EntraIdentity, FoundEntraIdentity
from llamactl_gateway.line import Line
from llamactl_gateway.openai_answers import Question, chat_question, completion_question
from llamactl_gateway.protocol import SILENCE_TIMEOUT_S, Delta
from llamactl_gateway.sampling import Sampling

if TYPE_CHECKING:
    import httpx

_GRACE_S = 10.0  # the platform speaks first
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class AzureEndpoint:
    """`url` is the scoring URL. Without a key, `identity` gives a token of whoever is signed in.

    `deployment` is the one behind the address that answers; None: the endpoint's traffic decides.
    """

    name: str
    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    deployment: str | None = None
    identity: EntraIdentity = field(default_factory=FoundEntraIdentity, repr=False, compare=False)
    silence_timeout_s: float = SILENCE_TIMEOUT_S
    streamed: bool = True

    def chat(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Delta, None, None]:
        """Give the assistant's next message."""
        return self._ask(chat_question(self.model, messages, sampling, streamed=self.streamed))

    def complete(self, prompt: str, sampling: Sampling) -> Generator[Delta, None, None]:
        """Give the continuation of a text."""
        return self._ask(completion_question(self.model, prompt, sampling, streamed=self.streamed))

    def _ask(self, question: Question) -> Generator[Delta, None, None]:
        parts = urlsplit(self.url)
        base = f"{parts.scheme}://{parts.netloc}"
        silence_s = min(self.silence_timeout_s, LIMIT_S + _GRACE_S)
        line = Line(self.name, base, silence_s, private=True)
        return line.ask(question.route, question, self._headers, self._refused)

    def _headers(self, _content: bytes) -> Mapping[str, str]:
        secret = self.api_key if self.api_key is not None else self.identity.token()
        chosen = {} if self.deployment is None else {"azureml-model-deployment": self.deployment}
        return {"authorization": f"Bearer {secret}", **chosen}

    def _refused(self, response: "httpx.Response") -> LlamactlError:
        if response.status_code == _UNAUTHORIZED and self.api_key is None:
            self.identity.forget()
        return refusal_of(
            response.status_code,
            response.headers,
            response.text,
            self.name,
            with_key=self.api_key is not None,
        )
