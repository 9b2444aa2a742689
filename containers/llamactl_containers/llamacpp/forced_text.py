"""The longest text that a JSON schema leaves no choice in.

llguidance works such a text out, and tokenizes it, anew at each of its tokens: 1,000 characters
take 3.5 ms (SmolLM2's vocabulary, 2026-11). Schemas are those that `schema_limits` has checked.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

_BRACKETS = 2
_SEPARATORS = 6  # a name's quotes, `: ` and `, `
# Whole: the length of the only text that fits, None where there is a choice. Longest: of any run.
Runs = tuple[int | None, int]
_FREE: Runs = (None, 0)


def resolve(root: Any, reference: str) -> Any:
    """Return the schema that a `$ref` of the form `#/…` names.

    Raises:
        LookupError, TypeError: there is none.
    """
    found = root
    for part in reference.split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) and name.isdigit() else found[name]
    if not isinstance(found, dict | bool):
        raise TypeError(reference)
    return found


def literal_size(value: Any) -> int:
    """Count about how many characters of JSON a value takes."""
    if isinstance(value, str):
        return len(value) + _BRACKETS
    if isinstance(value, dict):
        each = (len(key) + _SEPARATORS + literal_size(inner) for key, inner in value.items())
        return _BRACKETS + sum(each)
    if isinstance(value, list):
        return _BRACKETS + sum(_BRACKETS + literal_size(inner) for inner in value)
    return len(str(value))


class ForcedText:
    """Measures one schema."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._known: dict[str, Runs] = {}

    def longest(self) -> int:
        """Return how many characters in a row are dictated, at most."""
        return self._runs(self._root)[1]

    def _runs(self, schema: Any) -> Runs:
        if not isinstance(schema, dict):
            return _FREE
        literals = [schema["const"]] if "const" in schema else schema.get("enum", ())
        if literals:
            size = max(map(literal_size, literals))
            return (size if len(literals) == 1 else None), size
        parts = [self._object(schema), self._array(schema), *self._others(schema)]
        wholes = [whole for whole, _ in parts if whole is not None]
        return max(wholes, default=None), max(longest for _, longest in parts)

    def _others(self, schema: Mapping[str, Any]) -> Sequence[Runs]:
        found = [
            self._runs(each)
            for keyword in ("anyOf", "oneOf", "allOf")
            for each in schema.get(keyword, ())
        ]
        if "$ref" in schema:
            found.append(self._reference(schema["$ref"]))
        inner = [schema.get("additionalProperties"), schema.get("additionalItems")]
        inner += schema.get("patternProperties", {}).values()
        return [*found, *((None, self._runs(each)[1]) for each in inner)]

    def _reference(self, name: str) -> Runs:
        if name not in self._known:
            self._known[name] = _FREE  # somewhere in a loop there is a choice, else it has no end
            self._known[name] = self._runs(resolve(self._root, name))
        return self._known[name]

    def _object(self, schema: Mapping[str, Any]) -> Runs:
        run, longest, required = _BRACKETS, 0, schema.get("required", ())
        is_forced = bool(schema.get("properties"))
        for name, inner in schema.get("properties", {}).items():
            whole, inside = self._runs(inner)
            run += len(name) + _SEPARATORS
            if whole is not None and name in required:
                run += whole
            else:
                is_forced = False
                longest, run = max(longest, run + inside), inside
        longest = max(longest, run)
        return (longest if is_forced else None), longest

    def _array(self, schema: Mapping[str, Any]) -> Runs:
        items, count = schema.get("items"), schema.get("minItems", 0)
        first = [*schema.get("prefixItems", ()), *(items if isinstance(items, list) else ())]
        parts = [self._runs(inner) for inner in first]
        whole, inside = self._runs(items)
        run = sum((part[0] or 0) + _BRACKETS for part in parts)
        if whole is not None:
            run += (whole + _BRACKETS) * max(1, count)
        longest = max([inside, run, *(part[1] for part in parts)])
        is_forced = whole is not None and count > 0 and count == schema.get("maxItems")
        return (run if is_forced else None), longest
