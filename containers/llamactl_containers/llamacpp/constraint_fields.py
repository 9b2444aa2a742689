"""Finds the constraint in a body, in whatever field a client's dialect has for it.

A constraint is held or refused by its name, never dropped. Sources, 2026-11: OpenAI's API reference
(`response_format`), TGI 3.3.7 (`value`), vLLM (`guided_*`, `structured_outputs`), llama.cpp's and
SGLang's servers (`json_schema`, `grammar`, `regex`, `ebnf`), Ollama (`format`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from llamactl_containers.llamacpp.fields import Fields, parse_json
from llamactl_containers.llamacpp.grammar import (
    Constraint,
    choice_constraint,
    json_constraint,
    regex_constraint,
)
from llamactl_containers.llamacpp.refusal import Refused

_ANY_OBJECT: Mapping[str, Any] = {"type": "object"}
# What a field's name looks like when it constrains the answer.
_CONSTRAINS = re.compile(
    r"guided_.*|.*grammar.*|.*schema.*|.*regex.*|.*constraint.*|ebnf|structural_tag|format"
    r"|structured_outputs?|output_format|response_format"
)
# It names a program, not a constraint.
_HARMLESS = ("guided_decoding_backend",)
_FORMAT_PARTS = ("type", "json_schema", "schema", "value", "regex")
_SCHEMA_PARTS = ("name", "description", "schema", "strict")


def read_constraint(fields: Fields) -> Constraint | None:
    """Read the one constraint of an OpenAI body; None where there is none.

    Raises:
        Refused: it cannot be held, or there are several; the field is named.
    """
    refuse_constraints(fields, *_READERS)
    given = [name for name in _READERS if fields.values.get(name) is not None]
    read = [(name, _READERS[name](fields, name)) for name in given]
    constraints = [(name, constraint) for name, constraint in read if constraint is not None]
    if len(constraints) > 1:
        first, second = constraints[0][0], constraints[1][0]
        raise Refused("validation", f"`{first}` and `{second}` exclude each other", param=second)
    return constraints[0][1] if constraints else None


def refuse_constraints(fields: Fields, *known: str) -> None:
    """Refuse a field that looks like a constraint and is none of the known ones.

    Raises:
        Refused: naming it.
    """
    for name, value in fields.values.items():
        if name in known or name in _HARMLESS or value is None:
            continue
        if _CONSTRAINS.fullmatch(name):
            raise Refused("validation", f"`{name}` is not supported", param=name)


def read_schema(value: Any, param: str) -> Constraint:
    """Read a JSON schema, an object or its text.

    Raises:
        Refused: it is neither, or cannot be held.
    """
    if isinstance(value, str):
        try:
            value = parse_json(value)
        except ValueError as error:
            raise Refused("validation", f"grammar is not valid: {error}", param=param) from error
    if not isinstance(value, dict):
        raise Refused("validation", f"`{param}` must be a JSON schema", param=param)
    return json_constraint(value, param)


def _schema_field(fields: Fields, name: str) -> Constraint:
    return read_schema(fields.values[name], name)


def _regex_field(fields: Fields, name: str) -> Constraint:
    return _pattern(fields.values[name], name)


def _choice_field(fields: Fields, name: str) -> Constraint:
    choices = fields.texts(name)
    if not choices or "" in choices:
        raise fields.wrong(name, "an array of strings, none of them empty")
    return choice_constraint(choices, name)


def _format_field(fields: Fields, name: str) -> Constraint:
    if fields.values[name] == "json":
        return json_constraint(_ANY_OBJECT, name)
    return read_schema(fields.values[name], name)


def _grammar_field(fields: Fields, name: str) -> Constraint | None:
    """Read TGI's object; llama.cpp's GBNF text is not taken."""
    if isinstance(fields.values[name], str):
        message = f"`{name}` must be of type json or regex: GBNF is not supported"
        raise Refused("validation", message, param=name)
    return _response_format(fields, name)


def _structured_outputs(fields: Fields, name: str) -> Constraint | None:
    parts = Fields(fields.object(name) or {}, f"{name}.")
    readers: Mapping[str, Callable[[Fields, str], Constraint | None]] = {
        "json": _schema_field,
        "regex": _regex_field,
        "choice": _choice_field,
        "json_object": lambda inner, part: (
            json_constraint(_ANY_OBJECT, part) if inner.flag(part) else None
        ),
    }
    given = [part for part, value in parts.values.items() if value not in (None, False)]
    unknown = [part for part in given if part not in readers]
    if unknown:
        param = f"{name}.{unknown[0]}"
        raise Refused("validation", f"`{param}` is not supported", param=param)
    if len(given) != 1:
        raise fields.wrong(name, f"an object with one of {', '.join(readers)}")
    return readers[given[0]](parts, given[0])


def _response_format(fields: Fields, name: str) -> Constraint | None:
    """Read OpenAI's forms, and those that TGI and llama.cpp add."""
    given = {
        part: value for part, value in (fields.object(name) or {}).items() if value is not None
    }
    for part in given:
        if part not in _FORMAT_PARTS:
            raise Refused("validation", f"`{name}.{part}` is not supported", param=f"{name}.{part}")
    kind, parts = given.get("type"), [part for part in given if part != "type"]
    if kind == "text" and not parts:
        return None
    if kind == "json_object" and not parts:
        return json_constraint(_ANY_OBJECT, name)
    read = _FORMATS.get((kind, parts[0])) if isinstance(kind, str) and len(parts) == 1 else None
    if read is None:
        raise fields.wrong(name, "of type text, json_object, json_schema or regex, with one schema")
    return read(given[parts[0]], name)


def _named_schema(given: Any, name: str) -> Constraint:
    if not isinstance(given, dict) or not isinstance(given.get("schema"), dict):
        raise Refused("validation", f"`{name}.json_schema` must have a `schema`", param=name)
    for part in given:
        if part not in _SCHEMA_PARTS:
            param = f"{name}.json_schema.{part}"
            raise Refused("validation", f"`{param}` is not supported", param=param)
    return json_constraint(given["schema"], name)


def _pattern(given: Any, name: str) -> Constraint:
    if not isinstance(given, str) or not given:
        raise Refused("validation", f"`{name}` must have a regular expression", param=name)
    return regex_constraint(given, name)


# What `response_format` may hold beside its type, one at a time.
_FORMATS: Mapping[tuple[str, str], Callable[[Any, str], Constraint]] = {
    ("json_schema", "json_schema"): _named_schema,
    ("json_schema", "value"): _named_schema,
    ("json_schema", "schema"): read_schema,
    ("json_object", "schema"): read_schema,
    ("json_object", "value"): read_schema,
    ("json", "value"): read_schema,
    ("regex", "value"): _pattern,
    ("regex", "regex"): _pattern,
}
_READERS: Mapping[str, Callable[[Fields, str], Constraint | None]] = {
    "response_format": _response_format,
    "structured_outputs": _structured_outputs,
    "guided_json": _schema_field,
    "guided_regex": _regex_field,
    "guided_choice": _choice_field,
    "json_schema": _schema_field,
    "regex": _regex_field,
    "grammar": _grammar_field,
    "format": _format_field,
}
