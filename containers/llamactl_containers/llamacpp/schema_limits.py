"""What a JSON schema of a request may ask for, checked before anything compiles it.

llama.cpp compiles constraints in the loop that all answers share, under llguidance's own wide
limits. So whatever is costly there is refused here, naming the keyword: the sizes are those at
which compiling stays under 40 ms and a token under 25 ms (SmolLM2's vocabulary, 2 cores, 2026-11).
`constraint_checker` measures what comes through.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from llamactl_containers.llamacpp.forced_text import ForcedText, literal_size, resolve
from llamactl_containers.llamacpp.one_of import open_one_of
from llamactl_containers.llamacpp.pattern_limits import check_pattern
from llamactl_containers.llamacpp.refusal import Refused

MAX_LENGTH = 100_000
MAX_ITEMS = 1_000
MAX_ENUM = 1_000
MAX_LITERAL_CHARACTERS = 2_000
MAX_ALTERNATIVES = 200
MAX_PROPERTIES = 300
MAX_DEPTH = 32
MAX_FORCED_CHARACTERS = 4_096
# llguidance reads numbers as doubles: a bound beyond this would be held wrongly.
MAX_EXACT_INTEGER = 2**53
# Sums over all schemas of a request.
MAX_TOTALS: Mapping[str, int] = {
    "multipleOf": 5_000,  # a state for each remainder
    "items": 2_000,
    "enum": 2_000,
    "properties": 600,
    "alternatives": 600,
    "pattern": 8_000,
}
# Source: llguidance 1.0.1, parser/src/json/formats.rs.
FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
# Words that say nothing of which values fit. They are left out.
_ANNOTATIONS = frozenset(
    (
        *("$schema", "$id", "id", "$anchor", "$comment", "title", "description", "default"),
        *("examples", "example", "deprecated", "readOnly", "writeOnly", "discriminator"),
        *("contentMediaType", "contentEncoding"),
    )
)
_DEFINITIONS = ("$defs", "definitions")
_TYPES = ("null", "boolean", "object", "array", "number", "string", "integer")
_LONGEST_SHOWN = 60


@dataclass(slots=True)
class _Walk:
    """One schema being checked."""

    param: str
    totals: dict[str, int]
    references: set[str] = field(default_factory=set)

    def refused(self, message: str) -> Refused:
        return Refused("validation", f"grammar is not valid: {message}", param=self.param)

    def most(self, keyword: str, value: int, limit: int, unit: str = "") -> None:
        if value > limit:
            has = f"has {value} {unit}" if unit else f"is {_shown(value)}"
            raise self.refused(f"`{keyword}` {has}; the limit is {limit}")

    def add(self, total: str, keyword: str, count: int) -> None:
        self.totals[total] = self.totals.get(total, 0) + count
        if self.totals[total] > MAX_TOTALS[total]:
            raise self.refused(
                f"`{keyword}` adds up to {self.totals[total]} over the request; "
                f"the limit is {MAX_TOTALS[total]}"
            )


def check_schema(
    schema: Mapping[str, Any], param: str, totals: dict[str, int] | None = None
) -> dict[str, Any]:
    """Check every keyword and its size; return the schema as it is to be held, without annotations.

    `totals` holds the sums over all schemas of one request, and is added to.

    Raises:
        Refused: a keyword is unknown, malformed or too large; it is named.
    """
    walk = _Walk(param, {} if totals is None else totals)
    checked: dict[str, Any] = _schema(walk, schema, 0)
    for reference in walk.references:
        try:
            resolve(checked, reference)
        except (LookupError, TypeError) as error:
            raise walk.refused(f"`$ref` names {_shown(reference)}, which is not there") from error
    longest = ForcedText(checked).longest()
    if longest > MAX_FORCED_CHARACTERS:
        raise walk.refused(
            f"`const`, `enum`, `required` and `minItems` dictate {_shown(longest)} characters in a "
            f"row; the limit is {MAX_FORCED_CHARACTERS}"
        )
    opened: dict[str, Any] = open_one_of(checked, checked)
    return opened


def _schema(walk: _Walk, schema: Any, depth: int) -> Any:
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        raise walk.refused(f"a schema must be an object or a boolean, not {_shown(schema)}")
    walk.most("schema", depth, MAX_DEPTH, "levels")
    out: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _ANNOTATIONS:
            continue
        check = _KEYWORDS.get(keyword)
        if check is None or (keyword in _DEFINITIONS and depth):
            raise walk.refused(f"the keyword `{_shown(keyword)[1:-1]}` is not supported here")
        out[keyword] = check(walk, keyword, value, depth)
    # An object that names its properties has no others, as in TGI and OpenAI's strict mode.
    if "properties" in out:
        out.setdefault("type", "object")
        out.setdefault("additionalProperties", False)
    return out


def _subschema(walk: _Walk, _keyword: str, value: Any, depth: int) -> Any:
    return _schema(walk, value, depth + 1)


def _map(walk: _Walk, keyword: str, value: Any, depth: int) -> Any:
    if not isinstance(value, dict):
        raise walk.refused(f"`{keyword}` must be an object")
    walk.most(keyword, len(value), MAX_PROPERTIES, "entries")
    walk.add("properties", keyword, len(value))
    for name in value:
        walk.most(keyword, len(name), MAX_LITERAL_CHARACTERS, "characters in a name")
    return {name: _schema(walk, each, depth + 1) for name, each in value.items()}


def _pattern_map(walk: _Walk, keyword: str, value: Any, depth: int) -> Any:
    checked = _map(walk, keyword, value, depth)
    for pattern in checked:
        _pattern(walk, keyword, pattern, depth)
    return checked


def _alternatives(walk: _Walk, keyword: str, value: Any, depth: int) -> Any:
    if not isinstance(value, list) or not value:
        raise walk.refused(f"`{keyword}` must be an array of schemas")
    walk.most(keyword, len(value), MAX_ALTERNATIVES, "schemas")
    walk.add("alternatives", keyword, len(value))
    return [_schema(walk, each, depth + 1) for each in value]


def _items(walk: _Walk, keyword: str, value: Any, depth: int) -> Any:
    check = _alternatives if isinstance(value, list) else _subschema
    return check(walk, keyword, value, depth)


def _item_count(walk: _Walk, keyword: str, value: Any, _depth: int) -> int:
    count = _count(walk, keyword, value)
    walk.most(keyword, count, MAX_ITEMS)
    walk.add("items", keyword, count)
    return count


def _length(walk: _Walk, keyword: str, value: Any, _depth: int) -> int:
    count = _count(walk, keyword, value)
    walk.most(keyword, count, MAX_LENGTH)
    return count


def _count(walk: _Walk, keyword: str, value: Any) -> int:
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not is_whole or value < 0:
        raise walk.refused(f"`{keyword}` must be a whole number of at least 0, not {_shown(value)}")
    return int(value)


def _pattern(walk: _Walk, keyword: str, value: Any, _depth: int) -> str:
    if not isinstance(value, str):
        raise walk.refused(f"`{keyword}` must be a string, not {_shown(value)}")
    check_pattern(value, walk.param, keyword=keyword)
    walk.add("pattern", keyword, len(value))
    return value


def _enum(walk: _Walk, keyword: str, value: Any, depth: int) -> Any:
    if not isinstance(value, list) or not value:
        raise walk.refused(f"`{keyword}` must be an array of values")
    walk.most(keyword, len(value), MAX_ENUM, "values")
    walk.add("enum", keyword, len(value))
    return [_const(walk, keyword, each, depth) for each in value]


def _const(walk: _Walk, keyword: str, value: Any, _depth: int) -> Any:
    walk.most(keyword, literal_size(value), MAX_LITERAL_CHARACTERS, "characters in a value")
    return value


def _multiple_of(walk: _Walk, keyword: str, value: Any, depth: int) -> Any:
    if _number(walk, keyword, value, depth) <= 0:
        raise walk.refused(f"`{keyword}` must be greater than 0, not {_shown(value)}")
    # 0.25 and 2500 both count remainders of 25.
    digits = Decimal(str(value)).normalize().as_tuple().digits
    states = int("".join(map(str, digits)))
    if states > MAX_TOTALS["multipleOf"]:
        raise walk.refused(
            f"`{keyword}` is {_shown(value)}; without its decimal point and its trailing zeros "
            f"the limit is {MAX_TOTALS['multipleOf']}"
        )
    walk.add("multipleOf", keyword, states)
    return value


def _number(walk: _Walk, keyword: str, value: Any, _depth: int) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise walk.refused(f"`{keyword}` must be a number, not {_shown(value)}")
    if abs(value) > MAX_EXACT_INTEGER:
        message = f"`{keyword}` is {_shown(value)}; beyond 2^53 numbers are not held exactly"
        raise walk.refused(message)
    return value


def _type(walk: _Walk, keyword: str, value: Any, _depth: int) -> Any:
    for name in value if isinstance(value, list) else [value]:
        if name not in _TYPES:
            raise walk.refused(f"unknown `{keyword}` {_shown(name)}")
    return value


def _format(walk: _Walk, keyword: str, value: Any, _depth: int) -> Any:
    if value not in FORMATS:
        known = ", ".join(FORMATS)
        raise walk.refused(f"unknown `{keyword}` {_shown(value)}; known are {known}")
    return value


def _required(walk: _Walk, keyword: str, value: Any, _depth: int) -> Any:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise walk.refused(f"`{keyword}` must be an array of strings")
    walk.most(keyword, len(value), MAX_PROPERTIES, "names")
    for name in value:
        walk.most(keyword, len(name), MAX_LITERAL_CHARACTERS, "characters in a name")
    return value


def _reference(walk: _Walk, keyword: str, value: Any, _depth: int) -> Any:
    if not isinstance(value, str) or not (value == "#" or value.startswith("#/")):
        raise walk.refused(f"`{keyword}` must name a schema of this request, not {_shown(value)}")
    walk.references.add(value)
    return value


# What llguidance 1.0.1 holds. Source: its parser/src/json/schema.rs, IMPLEMENTED.
_KEYWORDS: Mapping[str, Callable[[_Walk, str, Any, int], Any]] = {
    "$defs": _map,
    "definitions": _map,
    "$ref": _reference,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
    "allOf": _alternatives,
    "items": _items,
    "additionalItems": _subschema,
    "prefixItems": _alternatives,
    "minItems": _item_count,
    "maxItems": _item_count,
    "properties": _map,
    "additionalProperties": _subschema,
    "patternProperties": _pattern_map,
    "required": _required,
    "minProperties": _item_count,
    "maxProperties": _item_count,
    "minLength": _length,
    "maxLength": _length,
    "pattern": _pattern,
    "format": _format,
    "minimum": _number,
    "maximum": _number,
    "exclusiveMinimum": _number,
    "exclusiveMaximum": _number,
    "multipleOf": _multiple_of,
}


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
