"""The state of a conversation: what was said, and the settings of the next answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from llamactl.chat.answer import Answer
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.prompts import Message
from llamactl_gateway.endpoint import Sampling


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation so far. `tokens` is its length with the last answer, where it is known.

    `defaults` are the settings that the conversation began with.
    """

    system: str | None
    sampling: Sampling
    defaults: Sampling
    said: tuple[Message, ...] = ()
    tokens: int | None = None

    def asking(self, question: str) -> Sequence[Message]:
        """The messages to send for a question.

        Raises:
            InvalidInput: the question holds what is no character in any encoding.
        """
        require_utf8(question)
        system = () if self.system is None else (Message("system", self.system),)
        return (*system, *self.said, Message("user", question))

    def answered(self, question: str, answer: Answer) -> "Session":
        """The conversation with the question and its answer, an answer cut short included.

        A question without any answer is dropped: formats want strict turns.
        """
        if not answer.text.strip():
            return self
        turn = (Message("user", question), Message("assistant", answer.text))
        counts = (answer.prompt_tokens, answer.completion_tokens)
        tokens = sum(counts) if None not in counts else None  # type: ignore[arg-type]  # no None
        return replace(self, said=(*self.said, *turn), tokens=tokens)

    def cleared(self) -> "Session":
        """The conversation begun anew, with the same settings."""
        return replace(self, said=(), tokens=None)

    def with_setting(self, name: str, value: object) -> "Session":
        """One setting changed; None sets it back to where the conversation began."""
        chosen = value if value is not None else getattr(self.defaults, name)
        sampling = replace(self.sampling, **{name: chosen})  # type: ignore[arg-type]  # own field
        return replace(self, sampling=sampling)


def require_utf8(text: str) -> None:
    """Refuse a text of a terminal or a command line that is in another encoding.

    Raises:
        InvalidInput: it holds what is no character in any encoding.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        hint = "set the terminal and the locale to UTF-8, such as LC_ALL=C.UTF-8"
        raise InvalidInput("what came in is not UTF-8", hint=hint) from error
