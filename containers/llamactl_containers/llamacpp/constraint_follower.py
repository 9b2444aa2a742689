"""Holds an answer against its constraint, text by text, whatever llama.cpp made of it.

llama.cpp generates freely when it does not take a grammar, and again from the token on at which
llguidance meets one of its limits; both times only its log says so (xllamacpp 2026.10.11549,
common/llguidance.cpp). So nothing leaves that the constraint does not allow.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from llamactl_containers.llamacpp.grammar import Constraint
from llamactl_containers.llamacpp.grammar_tokenizer import new_tokenizer
from llamactl_containers.llamacpp.refusal import Refused

if TYPE_CHECKING:
    from llguidance import LLTokenizer

_BYTE_VALUES = 256


class ConstraintFollower:
    """Follows one answer. Building it compiles the grammar, without the interpreter's lock."""

    def __init__(self, constraint: Constraint, stops: Sequence[str] = ()) -> None:
        """Begin; `stops` are the strings before which an answer may end, whole or not.

        Raises:
            Refused: the constraint does not compile.
        """
        from llguidance import LLMatcher

        self._constraint = constraint
        self._stops = stops
        self._matcher = LLMatcher(_bytes_as_tokens(), constraint.grammar, log_level=0)
        if self._matcher.is_error():
            raise constraint.refused(self._matcher.get_error().partition("\n")[0])

    def broken(self, text: str, *, ended: bool) -> Refused | None:
        """Take more of the answer, and whether it ended by itself; return why it may not go out."""
        if text and not self._matcher.consume_tokens(list(text.encode())):
            return self._constraint.refused("llama.cpp did not hold the answer to it: simplify it")
        if ended and not self._may_end():
            return self._constraint.refused("the answer ended before it was whole: simplify it")
        return None

    def _may_end(self) -> bool:
        if self._matcher.is_accepting() or self._matcher.is_stopped():
            return True
        # llama.cpp does not say which stop string it was: it must have been one that fits here.
        return any(self._allows(stop) for stop in self._stops)

    def _allows(self, text: str) -> bool:
        wanted = list(text.encode())
        return self._matcher.deep_copy().validate_tokens(wanted) == len(wanted)


@cache
def _bytes_as_tokens() -> "LLTokenizer":
    return new_tokenizer([bytes([value]) for value in range(_BYTE_VALUES)])
