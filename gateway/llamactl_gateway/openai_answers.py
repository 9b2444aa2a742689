"""What is asked and answered in OpenAI's words, whichever way it travels."""

import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from llamactl_catalog.prompts import Message
from llamactl_gateway.protocol import Delta
from llamactl_gateway.refusals import stream_error
from llamactl_gateway.sampling import Sampling
from llamactl_gateway.server_sent import events

Kind = Literal["chat", "completion"]


@dataclass(frozen=True, slots=True)
class Question:
    """A request's body, and how its answer is to be read: in pieces or whole."""

    kind: Kind
    body: Mapping[str, object]
    streamed: bool

    def content(self) -> bytes:
        """Give the body as it is sent."""
        return json.dumps(self.body).encode()

    @property
    def route(self) -> str:
        """Where a server with OpenAI's routes takes it."""
        match self.kind:
            case "chat":
                return "/v1/chat/completions"
            case "completion":
                return "/v1/completions"
            case _:
                assert_never(self.kind)


def chat_question(
    model: str, messages: Sequence[Message], sampling: Sampling, *, streamed: bool = True
) -> Question:
    """Ask for the assistant's next message."""
    told = [{"role": each.role, "content": each.content} for each in messages]
    body = {"messages": told, **_settings(model, sampling, streamed=streamed)}
    return Question("chat", body, streamed)


def completion_question(
    model: str, prompt: str, sampling: Sampling, *, streamed: bool = True
) -> Question:
    """Ask for the continuation of a text."""
    body = {"prompt": prompt, **_settings(model, sampling, streamed=streamed)}
    return Question("completion", body, streamed)


def answered(
    chunks: Iterable[bytes], question: Question, name: str
) -> Generator[Delta, None, bool]:
    """Give the pieces of an answer, and at last whether it came to its end.

    Raises:
        LlamactlError: the answer holds an error in place of a piece; `name` is the deployment's.
    """
    finished = False
    read = events(chunks) if question.streamed else _whole(chunks)
    for event in read:
        if "error" in event:
            raise stream_error(event, name)
        for choice in event.get("choices") or ():
            reason = choice.get("finish_reason")
            finished = finished or reason is not None
            yield Delta(_text(choice, question), reason)
        usage = event.get("usage")
        if usage:
            yield Delta("", None, usage.get("completion_tokens"), usage.get("prompt_tokens"))
    return finished


def _settings(model: str, sampling: Sampling, *, streamed: bool) -> dict[str, object]:
    usage = {"stream": True, "stream_options": {"include_usage": True}}
    told = usage if streamed else {"stream": False}
    return {"model": model, **told, **sampling.given()}


def _whole(chunks: Iterable[bytes]) -> Generator[dict[str, Any], None, None]:
    try:
        answer = json.loads(b"".join(chunks))
    except ValueError:  # it is cut off, or no answer at all
        return
    if isinstance(answer, dict):
        yield answer


def _text(choice: Mapping[str, Any], question: Question) -> str:
    if question.kind == "completion":
        return str(choice.get("text") or "")
    said = choice.get("delta" if question.streamed else "message") or {}
    return str(said.get("content") or "")
