"""Causes of a failed operation: the words that tell one, what it means here, and its fix."""

import re
from dataclasses import dataclass

from llamactl_catalog.errors import LlamactlError


@dataclass(frozen=True, slots=True)
class Cause:
    """What `words` in a message mean, and what to do; of several the first that fits is taken.

    One that `says_only_that` something failed gives way to one that says why, found elsewhere.
    """

    words: re.Pattern[str]
    error: type[LlamactlError]
    fix: str
    says_only_that: bool = False


def cause(
    words: str, error: type[LlamactlError], fix: str, *, says_only_that: bool = False
) -> Cause:
    """Write a cause; its words are a regular expression, whatever the case."""
    return Cause(re.compile(words, re.IGNORECASE | re.DOTALL), error, fix, says_only_that)
