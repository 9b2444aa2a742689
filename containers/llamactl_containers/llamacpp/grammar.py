"""Constraints on an answer, as text for llguidance, checked before llama.cpp sees them.

llama.cpp ignores a grammar that does not compile and generates freely (xllamacpp 2026.10.11549,
tried), so the same library checks it here first.
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from llamactl_containers.llamacpp.refusal import Refused

_HEAD = "%llguidance {}\n"
# One space where JSON may have any number: a small model would otherwise write blanks for ever.
_COMPACT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
# From about 100,000 on llama.cpp takes seconds, in which nobody else gets a token; at 10^9 it gives
# the constraint up without a word (tried).
_TOO_MANY_REPEATS = re.compile(r"(?<!\\)\{[0-9,]*?[0-9]{5}")
_VALUES = ("enum", "const", "default", "examples", "required")
_MAPS_OF_SCHEMAS = ("properties", "patternProperties", "$defs", "definitions")


def json_grammar(schema: Mapping[str, Any]) -> str:
    """Constrain to JSON of a schema. Properties that it does not name are not written.

    Raises:
        Refused: the schema is invalid or uses a keyword that cannot be enforced.
    """
    return checked_grammar(f"start: {json_rule(schema)}\n")


def regex_grammar(pattern: str) -> str:
    """Constrain to a regular expression in Rust's syntax.

    Raises:
        Refused: it is invalid.
    """
    if _TOO_MANY_REPEATS.search(pattern):
        message = "grammar is not valid: more than 9999 repeats"
        raise Refused("validation", message, param="grammar")
    return checked_grammar(f"start: /{_slashed(pattern)}/\n")


def checked_grammar(rules: str) -> str:
    """Give a grammar's rules as llama.cpp takes them.

    Raises:
        Refused: they do not compile.
    """
    from llguidance import LLMatcher

    grammar = _HEAD + rules
    problem = LLMatcher.validate_grammar(grammar)
    if problem:
        reason = problem.splitlines()[0].partition(": ")[2] or problem
        raise Refused("validation", f"grammar is not valid: {reason}", param="grammar")
    return grammar


def json_rule(schema: Mapping[str, Any]) -> str:
    """Give the schema as llguidance's inline rule."""
    closed = _closed(schema)
    return f"%json {orjson.dumps({**closed, 'x-guidance': _COMPACT}).decode()}"


def _closed(schema: Any) -> Any:
    """Close every object that names its properties, as TGI's and OpenAI's strict mode do."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _closed_under(key, value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        inner.setdefault("type", "object")
        inner.setdefault("additionalProperties", False)
    return inner


def _closed_under(key: str, value: Any) -> Any:
    if key in _VALUES:
        return value
    if key in _MAPS_OF_SCHEMAS and isinstance(value, dict):
        return {name: _closed(each) for name, each in value.items()}
    return _closed(value)


def _slashed(pattern: str) -> str:
    """Escape the slashes that are not yet escaped, and line ends, for a /regex/ literal."""
    out, escaped = [], False
    for character in pattern:
        if character == "/" and not escaped:
            out.append("\\")
        out.append({"\n": "\\n", "\r": "\\r"}.get(character, character))
        escaped = character == "\\" and not escaped
    return "".join(out)
