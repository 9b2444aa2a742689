"""Constraints on an answer, as the text that llama.cpp hands to llguidance.

One form for all of them: llguidance's own, whatever a request's field is called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from llamactl_containers.llamacpp.pattern_limits import check_pattern
from llamactl_containers.llamacpp.refusal import Refused
from llamactl_containers.llamacpp.schema_limits import (
    MAX_ENUM,
    MAX_LITERAL_CHARACTERS,
    check_schema,
)

MAX_GRAMMAR_BYTES = 65_536
_HEAD = "%llguidance {}\n"
# One space where JSON may have any number: a small model would otherwise write blanks for ever.
_COMPACT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


@dataclass(frozen=True, slots=True)
class Constraint:
    """What an answer is held to: llguidance's grammar, and the field that it came in by."""

    grammar: str
    param: str

    def refused(self, reason: str) -> Refused:
        """Return the refusal of a request whose constraint cannot be held."""
        return Refused("validation", f"grammar is not valid: {reason}", param=self.param)


def json_constraint(schema: Mapping[str, Any], param: str) -> Constraint:
    """Constrain to JSON of a schema. Properties that it does not name are not written.

    Raises:
        Refused: the schema is invalid, too large, or uses a keyword that cannot be held.
    """
    return constraint(f"start: {json_rule(schema, param)}\n", param)


def regex_constraint(pattern: str, param: str) -> Constraint:
    """Constrain to a regular expression in Rust's syntax.

    Raises:
        Refused: it is too large.
    """
    check_pattern(pattern, param)
    return constraint(f"start: /{_slashed(pattern)}/\n", param)


def choice_constraint(choices: Sequence[str], param: str) -> Constraint:
    """Constrain to one of several texts.

    Raises:
        Refused: there are too many, or they are too long.
    """
    longest = max(map(len, choices))
    if len(choices) > MAX_ENUM or longest > MAX_LITERAL_CHARACTERS:
        message = (
            f"`{param}` may have {MAX_ENUM} choices of {MAX_LITERAL_CHARACTERS} characters. "
            f"Given: {len(choices)}, the longest of {longest}"
        )
        raise Refused("validation", message, param=param)
    return constraint("start: " + " | ".join(quoted(each) for each in choices) + "\n", param)


def constraint(rules: str, param: str) -> Constraint:
    """Return a grammar's rules as llama.cpp takes them.

    Raises:
        Refused: they are too long.
    """
    size = len(rules.encode())
    if size > MAX_GRAMMAR_BYTES:
        message = f"grammar is not valid: {size} bytes; the limit is {MAX_GRAMMAR_BYTES}"
        raise Refused("validation", message, param=param)
    return Constraint(_HEAD + rules, param)


def json_rule(schema: Mapping[str, Any], param: str, totals: dict[str, int] | None = None) -> str:
    """Return the schema as llguidance's inline rule; `totals` as in `check_schema`.

    Raises:
        Refused: the schema is invalid, too large, or uses a keyword that cannot be held.
    """
    checked = check_schema(schema, param, totals)
    return f"%json {orjson.dumps({**checked, 'x-guidance': _COMPACT}).decode()}"


def quoted(text: str) -> str:
    """Return a text as a literal of a grammar."""
    return orjson.dumps(text).decode()


def _slashed(pattern: str) -> str:
    """Escape the slashes that are not yet escaped, and line ends, for a /regex/ literal."""
    out, escaped = [], False
    for character in pattern:
        if character == "/" and not escaped:
            out.append("\\")
        out.append({"\n": "\\n", "\r": "\\r"}.get(character, character))
        escaped = character == "\\" and not escaped
    return "".join(out)
