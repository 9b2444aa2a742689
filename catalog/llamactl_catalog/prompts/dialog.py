"""A message, and the rules that a family sets for the order and the text of messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llamactl_catalog.errors import InvalidInput

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Dialog:
    """A conversation in strict turns: `exchanges` are answered questions, `question` is open."""

    system: str | None
    exchanges: tuple[tuple[str, str], ...]
    question: str


def alternating(messages: Sequence[Message], family: str) -> Dialog:
    """Read messages as: one system message or none, then user and assistant in turns, user last.

    Raises:
        InvalidInput: naming the first message that breaks the rule, and the rule.
    """
    system, turns = split_system(messages)
    offset = len(messages) - len(turns)
    require_turns(turns, family, offset=offset)
    if len(turns) % 2 == 0:
        raise InvalidInput(
            f"the {family} format ends with a user message, not with the assistant's",
            hint="add the question that the model is to answer",
        )
    contents = [turn.content for turn in turns]
    exchanges = tuple(zip(contents[0:-1:2], contents[1::2], strict=True))
    return Dialog(system, exchanges, contents[-1])


def split_system(messages: Sequence[Message]) -> tuple[str | None, Sequence[Message]]:
    """Take a leading system message off: its text (None where there is none) and the rest."""
    if messages and messages[0].role == "system":
        return messages[0].content, messages[1:]
    return None, messages


def require_turns(turns: Sequence[Message], family: str, *, offset: int) -> None:
    """Require at least one message, from the user first and then from each in turn.

    `offset` messages come before `turns`; it only serves to number the wrong one.

    Raises:
        InvalidInput: naming the first message that breaks the rule, and the rule.
    """
    if not turns:
        raise InvalidInput(
            f"the {family} format needs a user message", hint="add the question to answer"
        )
    for index, turn in enumerate(turns):
        expected = "user" if index % 2 == 0 else "assistant"
        if turn.role != expected:
            raise InvalidInput(
                f"message {offset + index + 1} is from '{turn.role}' where the {family} format "
                f"wants '{expected}'",
                hint="at most one system message, first; then user and assistant in strict turns",
            )


def require_open(messages: Sequence[Message], family: str) -> None:
    """Require at least one message, and that the assistant has not had the last word.

    Raises:
        InvalidInput: naming the rule.
    """
    if not messages:
        raise InvalidInput(f"the {family} format needs a message", hint="add a user message")
    if messages[-1].role == "assistant":
        raise InvalidInput(
            f"the {family} format ends with a user message, not with the assistant's",
            hint="add the question that the model is to answer",
        )


def refuse_control_strings(
    messages: Sequence[Message], controls: Sequence[str], family: str
) -> None:
    """Refuse a text that could be read as the format's own structure (prompt injection).

    Engines turn these strings into control tokens wherever they stand, so a text that holds one
    could close its own turn and open another. Escaping would change what the user wrote without
    saying so; refusing is what Meta's reference code does with its special tags
    (meta-llama/codellama, llama/generation.py, SPECIAL_TAGS and UNSAFE_ERROR, 2024-01).

    Raises:
        InvalidInput: naming the message and the string.
    """
    for number, message in enumerate(messages, start=1):
        for control in controls:
            if control in message.content:
                raise InvalidInput(
                    f"message {number} ({message.role}) contains {control!r}, "
                    f"which is a control string of the {family} format",
                    hint="leave it out, or break it up with a space",
                )
