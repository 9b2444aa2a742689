"""`oneOf` whose schemas cannot fit the same value: it is then the same as `anyOf`.

llguidance 1.0.1 sees that of inline schemas only, and refuses the others; pydantic's discriminated
unions name theirs by `$ref`.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import orjson

from llamactl_containers.llamacpp.forced_text import resolve


def open_one_of(schema: Any, root: Mapping[str, Any]) -> Any:
    """Return a checked schema with each such `oneOf` as an `anyOf`."""
    if isinstance(schema, list):
        return [open_one_of(each, root) for each in schema]
    if not isinstance(schema, dict):
        return schema
    opened = {
        key: value if key in ("const", "enum") else open_one_of(value, root)
        for key, value in schema.items()
    }
    alternatives = schema.get("oneOf")
    if isinstance(alternatives, list) and "anyOf" not in schema and _disjoint(alternatives, root):
        opened["anyOf"] = opened.pop("oneOf")
    return opened


def _disjoint(alternatives: Sequence[Any], root: Mapping[str, Any]) -> bool:
    resolved = [_resolved(each, root) for each in alternatives]
    tags = [_tags(each, root) for each in resolved]
    shared = set.intersection(*(set(each) for each in tags))
    return any(_all_differ([each[name] for each in tags]) for name in shared)


def _all_differ(sets: Sequence[frozenset[bytes]]) -> bool:
    return all(first.isdisjoint(second) for first, second in combinations(sets, 2))


def _tags(schema: Any, root: Mapping[str, Any]) -> Mapping[str, frozenset[bytes]]:
    """Return the required properties of an object that have listed values, with these values."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return {}
    found = {}
    for name in schema.get("required", ()):
        inner = _resolved(schema.get("properties", {}).get(name), root)
        if isinstance(inner, dict) and ("const" in inner or "enum" in inner):
            values = [inner["const"]] if "const" in inner else inner["enum"]
            found[name] = frozenset(orjson.dumps(value) for value in values)
    return found


def _resolved(schema: Any, root: Mapping[str, Any]) -> Any:
    is_reference = isinstance(schema, dict) and set(schema) == {"$ref"}
    return resolve(root, schema["$ref"]) if is_reference else schema
