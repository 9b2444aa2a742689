"""The kinds of value that a data file may hold: how each is checked, and its JSON Schema."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

_LONGEST_SHOWN = 60


class Field(Protocol):
    """One kind of value."""

    def expected(self) -> str:
        """Say in words what is expected."""

    def problems(self, value: object, where: str) -> Iterator[str]:
        """Say what is wrong with `value`, found at the key path `where`; nothing if it is right."""

    def json_schema(self) -> dict[str, Any]:
        """Give the same rule as JSON Schema (draft 2020-12)."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text, optionally one of `choices` or all of it matching `pattern`, said as `words`."""

    choices: tuple[str, ...] = ()
    pattern: str = ""
    words: str = "text"

    def expected(self) -> str:
        """Name the choices, or say the form."""
        return f"one of {', '.join(self.choices)}" if self.choices else self.words

    def problems(self, value: object, where: str) -> Iterator[str]:
        """Refuse what is not text, is empty, or is of another form."""
        if not isinstance(value, str) or not value.strip():
            yield _mismatch(where, value, self)
        elif self.choices and value not in self.choices:
            yield _mismatch(where, value, self) + did_you_mean(value, self.choices)
        elif self.pattern and not re.fullmatch(self.pattern, value):
            yield _mismatch(where, value, self)

    def json_schema(self) -> dict[str, Any]:
        """Give type, and enum or pattern."""
        if self.choices:
            return {"enum": list(self.choices)}
        return {"type": "string", "pattern": f"^{self.pattern}$" if self.pattern else r"\S"}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `minimum` on."""

    minimum: int = 1

    def expected(self) -> str:
        """Say the least number."""
        return f"a whole number of at least {self.minimum}"

    def problems(self, value: object, where: str) -> Iterator[str]:
        """Refuse what is not a whole number, booleans included, or too small."""
        if not isinstance(value, int) or isinstance(value, bool) or value < self.minimum:
            yield _mismatch(where, value, self)

    def json_schema(self) -> dict[str, Any]:
        """Give type and minimum."""
        return {"type": "integer", "minimum": self.minimum}


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `minimum` on."""

    minimum: float = 0

    def expected(self) -> str:
        """Say the least number."""
        return f"a number of at least {self.minimum:g}"

    def problems(self, value: object, where: str) -> Iterator[str]:
        """Refuse what is not a finite number, or too small."""
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not self.minimum <= value < float("inf")
        ):
            yield _mismatch(where, value, self)

    def json_schema(self) -> dict[str, Any]:
        """Give type and minimum."""
        return {"type": "number", "minimum": self.minimum}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def expected(self) -> str:
        """Name the two."""
        return "true or false"

    def problems(self, value: object, where: str) -> Iterator[str]:
        """Refuse all else."""
        if not isinstance(value, bool):
            yield _mismatch(where, value, self)

    def json_schema(self) -> dict[str, Any]:
        """Give the type."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Day:
    """A date without quotes; in JSON it is text in ISO 8601."""

    def expected(self) -> str:
        """Show the form."""
        return "a date without quotes, like 2026-11-22"

    def problems(self, value: object, where: str) -> Iterator[str]:
        """Refuse what is not a plain date; a date with a time is none."""
        if type(value) is not date:
            yield _mismatch(where, value, self)

    def json_schema(self) -> dict[str, Any]:
        """Give type and format."""
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of at least `minimum` values of one kind."""

    item: Field
    minimum: int = 0

    def expected(self) -> str:
        """Say what the list holds."""
        count = f"at least {self.minimum}: " if self.minimum else ""
        return f"a list, {count}each {self.item.expected()}"

    def problems(self, value: object, where: str) -> Iterator[str]:
        """Check the list and all its values."""
        if not isinstance(value, list) or len(value) < self.minimum:
            yield _mismatch(where, value, self)
            return
        for index, each in enumerate(value):
            yield from self.item.problems(each, f"{where}[{index}]")

    def json_schema(self) -> dict[str, Any]:
        """Give type, items and minItems."""
        return {"type": "array", "items": self.item.json_schema(), "minItems": self.minimum}


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the keys of `required`, and perhaps those of `optional`."""

    required: Mapping[str, Field]
    optional: Mapping[str, Field] = field(default_factory=dict)

    def expected(self) -> str:
        """Name the keys that it must have."""
        return f"a table with {', '.join(self.required)}" if self.required else "a table"

    def problems(self, value: object, where: str = "") -> Iterator[str]:
        """Check every key: the missing, the wrong and the unknown."""
        if not isinstance(value, dict):
            yield _mismatch(where, value, self)
            return
        prefix = f"{where}." if where else ""
        known = {**self.required, **self.optional}
        for name, kind in self.required.items():
            if name not in value:
                yield f"{prefix}{name}: is missing, expected {kind.expected()}"
        for name, each in value.items():
            if name in known:
                yield from known[name].problems(each, prefix + name)
            else:
                yield f"{prefix}{name}: no such key" + did_you_mean(name, known)

    def json_schema(self) -> dict[str, Any]:
        """Give properties and required; other keys are refused."""
        known = {**self.required, **self.optional}
        return {
            "type": "object",
            "properties": {name: kind.json_schema() for name, kind in known.items()},
            "required": list(self.required),
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class OneOf:
    """A table whose `kind` says which of several tables it is."""

    tables: Mapping[str, Table]

    def expected(self) -> str:
        """Name the kinds."""
        return f"a table with kind one of {', '.join(self.tables)}"

    def problems(self, value: object, where: str) -> Iterator[str]:
        """Check the kind first, then the table of that kind."""
        if not isinstance(value, dict):
            yield _mismatch(where, value, self)
            return
        kinds = Text(choices=tuple(self.tables))
        kind = value.get("kind")
        if kind is None:
            yield f"{where}.kind: is missing, expected {kinds.expected()}"
        elif wrong := list(kinds.problems(kind, f"{where}.kind")):
            yield from wrong
        else:
            rest = {name: each for name, each in value.items() if name != "kind"}
            yield from self.tables[kind].problems(rest, where)

    def json_schema(self) -> dict[str, Any]:
        """Give one schema a kind, told apart by a constant."""
        schemas = []
        for kind, table in self.tables.items():
            schema = table.json_schema()
            schema["properties"] = {"kind": {"const": kind}, **schema["properties"]}
            schema["required"] = ["kind", *schema["required"]]
            schemas.append(schema)
        return {"oneOf": schemas}


@dataclass(frozen=True, slots=True)
class TableOf:
    """A table of tables, one for each id."""

    ids: Text
    table: Table

    def expected(self) -> str:
        """Say what the keys are."""
        return f"tables named by {self.ids.expected()}"

    def problems(self, value: object, where: str) -> Iterator[str]:
        """Check each id and each table."""
        if not isinstance(value, dict):
            yield _mismatch(where, value, self)
            return
        for name, each in value.items():
            yield from self.ids.problems(name, f"{where}.{name}")
            yield from self.table.problems(each, f"{where}.{name}")

    def json_schema(self) -> dict[str, Any]:
        """Give propertyNames and the schema of every property."""
        names = self.ids.json_schema()
        table = self.table.json_schema()
        return {"type": "object", "propertyNames": names, "additionalProperties": table}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the known names that look like `name`, as the end of a sentence; else nothing."""
    from difflib import get_close_matches

    close = get_close_matches(name, [*known])
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _mismatch(where: str, value: object, kind: Field) -> str:
    return f"{where}: is {_shown(value)}, expected {kind.expected()}"


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float():
            shown = f'"{value}"' if isinstance(value, str) else str(value)
            return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
        case dict():
            return "a table"
        case list():
            return "a list" if value else "an empty list"
        case _:
            return str(value)
