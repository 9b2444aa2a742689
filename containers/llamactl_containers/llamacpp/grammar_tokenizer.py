"""A vocabulary as llguidance takes it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llguidance import LLTokenizer

# How llguidance marks a token that is no text.
_SPECIAL = b"\xff"


class _Vocabulary:
    """The members that llguidance's `TokenizerWrapper` reads."""

    bos_token_id = None
    special_token_ids: Sequence[int] = ()

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self.tokens = [*tokens, _SPECIAL + b"end"]
        self.eos_token_id = len(tokens)
        self.greedy: LLTokenizer | None = None

    def __call__(self, text: str | bytes) -> list[int]:
        # The wrapper tries with bytes first: it is to come back with text.
        if isinstance(text, bytes):
            raise TypeError("text only")
        return [] if self.greedy is None else self.greedy.greedy_tokenize(text)


def new_tokenizer(tokens: Sequence[bytes]) -> "LLTokenizer":
    """Build a tokenizer; the id behind the last token is the end of the answer."""
    from llguidance import LLTokenizer, TokenizerWrapper

    vocabulary = _Vocabulary(tokens)
    tokenizer = LLTokenizer(TokenizerWrapper(vocabulary))
    vocabulary.greedy = tokenizer
    return tokenizer
