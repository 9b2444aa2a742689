"""What every kind of endpoint can do."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from llamactl_catalog.prompts import Message
from llamactl_gateway.sampling import Sampling

# The first token of a long prompt on a slow machine takes minutes: 4096 tokens of a 7B model on
# two cores are about 800 s at 5 tokens/s, and a queue may be before it.
SILENCE_TIMEOUT_S = 900.0


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer. The counts come once, at the end, where the endpoint gives them."""

    text: str
    finish_reason: str | None = None
    completion_tokens: int | None = None
    prompt_tokens: int | None = None


class Endpoint(Protocol):
    """One model that answers: in pieces, or where it is told not to stream in one.

    Closing an iterator stops the answer on the server.
    """

    def chat(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Delta, None, None]:
        """Stream the assistant's next message.

        Raises:
            LlamactlError: while iterating, when the endpoint refuses, fails or is gone.
        """

    def complete(self, prompt: str, sampling: Sampling) -> Generator[Delta, None, None]:
        """Stream the continuation of a text, without any chat format.

        Raises:
            LlamactlError: as for `chat`.
        """
