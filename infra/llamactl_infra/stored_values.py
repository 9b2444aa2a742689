"""Frozen dataclasses as the texts of a stack's config, and back, with every problem at once.

A text is stored as it is, a number by its digits, and what has parts as JSON: Pulumi hands a
mapping of the stack's YAML to the program as JSON too, so both ways of writing it are read.
"""

import json
import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def to_texts(value: Any) -> dict[str, str]:
    """Give the fields of a dataclass as texts; what is as it is by default is left out."""
    defaults = {each.name: _default(each) for each in fields(value)}
    told = {name: getattr(value, name) for name in defaults}
    return {name: _text(own) for name, own in told.items() if own != defaults[name]}


def settings_of(value: Any) -> dict[str, str]:
    """Name every setting that there is, defaults too; the parts of a field as FIELD.PART."""
    told: dict[str, str] = {}
    for each in fields(value):
        own = getattr(value, each.name)
        parts = settings_of(own) if is_dataclass(own) else own
        if isinstance(parts, Mapping):
            told |= {f"{each.name}.{name}": _text(part) for name, part in parts.items()}
        elif parts is not None:
            told[each.name] = _text(parts)
    return told


def problems_of(of: type, config: Mapping[str, str]) -> list[str]:
    """Tell what is wrong with the texts of a dataclass: unknown, missing, then malformed fields."""
    known = {each.name: each for each in fields(of)}
    unknown = [f"{name}: no such setting" for name in sorted(set(config) - set(known))]
    needed = [name for name, each in known.items() if _default(each) is MISSING]
    missing = [f"{name}: is missing" for name in needed if name not in config]
    return [*unknown, *missing, *malformed(of, config)]


def from_texts(of: type, config: Mapping[str, str]) -> dict[str, Any]:
    """Give the values of texts that `problems_of` finds nothing wrong with."""
    types_of = field_types(of)
    return {name: _built(parsed(types_of[name], config[name]), types_of[name]) for name in config}


def _default(each: Any) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if is_dataclass(value):
        told = asdict(value)  # type: ignore[arg-type]  # is_dataclass is true of classes too
        defaults = {each.name: _default(each) for each in fields(value)}
        return _json({name: own for name, own in told.items() if own != defaults[name]})
    if isinstance(value, tuple):
        return _json([asdict(each) if is_dataclass(each) else each for each in value])  # type: ignore[arg-type]  # as above
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=dict)


def malformed(of: type, config: Mapping[str, str]) -> Iterator[str]:
    """Say which of the texts that are there do not fit their fields."""
    for name, wanted in field_types(of).items():
        if name in config:
            yield from _wrong(name, parsed(wanted, config[name]), wanted)


def parsed(wanted: Any, text: str) -> Any:
    """Read JSON where something else than a text is wanted; where it is none, the text itself."""
    if wanted is str or get_origin(wanted) is Literal:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _wrong(where: str, value: Any, wanted: Any) -> Iterator[str]:
    if get_origin(wanted) is Literal:
        if value not in get_args(wanted):
            choices = ", ".join(map(str, get_args(wanted)))
            yield f"{where}: '{value}' is not one of {choices}"
    elif is_dataclass(wanted):
        yield from _wrong_parts(where, value, wanted)  # type: ignore[arg-type]  # a class, here
    elif get_origin(wanted) is tuple:
        part = get_args(wanted)[0]
        if not isinstance(value, list):
            yield f"{where}: '{value}' is no list"
        else:
            for number, each in enumerate(value):
                yield from _wrong(f"{where}[{number}]", each, part)
    elif get_origin(wanted) is Mapping:
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            yield f"{where}: '{value}' is no mapping of texts"
    else:
        yield from _wrong_plain(where, value, wanted)


def _wrong_plain(where: str, value: Any, wanted: type) -> Iterator[str]:
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if wanted is int and not (number and isinstance(value, int) and value >= 1):
        yield f"{where}: '{value}' is not a whole number of at least 1"
    elif wanted is float and not (number and math.isfinite(value) and value >= 0):
        yield f"{where}: '{value}' is not a number of at least 0"
    elif wanted is bool and not isinstance(value, bool):
        yield f"{where}: '{value}' is neither true nor false"
    elif wanted is str and not isinstance(value, str):
        yield f"{where}: '{value}' is no text"


def _wrong_parts(where: str, value: Any, wanted: type) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: '{value}' is no mapping of settings"
        return
    types_of = field_types(wanted)
    yield from (f"{where}.{name}: no such setting" for name in sorted(set(value) - set(types_of)))
    for each in fields(wanted):
        if each.name in value:
            yield from _wrong(f"{where}.{each.name}", value[each.name], types_of[each.name])
        elif _default(each) is MISSING:
            yield f"{where}.{each.name}: is missing"


def _built(value: Any, wanted: Any) -> Any:
    if is_dataclass(wanted):
        types_of = field_types(wanted)  # type: ignore[arg-type]  # a class, here
        parts = {name: _built(each, types_of[name]) for name, each in value.items()}
        return wanted(**parts)  # type: ignore[operator]  # a class, here
    if get_origin(wanted) is tuple:
        return tuple(_built(each, get_args(wanted)[0]) for each in value)
    return float(value) if wanted is float else value


@cache
def field_types(of: type) -> dict[str, Any]:
    """Give the type of each field; of an optional one, the type that it has if it is there."""
    hints = get_type_hints(of)
    return {each.name: _without_none(hints[each.name]) for each in fields(of)}


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return next(each for each in get_args(hint) if each is not types.NoneType)
    return hint
