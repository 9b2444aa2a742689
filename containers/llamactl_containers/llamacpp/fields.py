"""Reads the fields of a JSON request one by one; a null counts as absent."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from llamactl_containers.llamacpp.refusal import Refused

# serde_json's limit, which is TGI's. What is written back, as a schema is, nests a little deeper:
# orjson writes 254 levels.
_DEEPEST = 128


def parse_object(body: bytes) -> Mapping[str, Any]:
    """Read a request body as a JSON object.

    Raises:
        Refused: it is no JSON, no object, or nested too deeply.
    """
    try:
        value = parse_json(body)
    except ValueError as error:
        raise Refused("malformed", f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused("malformed", "the body is not a JSON object")
    return value


def parse_json(text: str | bytes) -> Any:
    """Read JSON that may be walked by recursion.

    Raises:
        ValueError: it is no JSON, or nested too deeply.
    """
    value = orjson.loads(text)
    data = text.encode() if isinstance(text, str) else text
    if data.count(b"[") + data.count(b"{") > _DEEPEST and _is_deep(value):
        raise ValueError(f"nested more than {_DEEPEST} levels deep")
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        objects = [each.values() for each in level if isinstance(each, dict)]
        arrays = [each for each in level if isinstance(each, list)]
        level = [child for children in (*objects, *arrays) for child in children]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


class Fields:
    """The fields of one object. Each reader refuses a value of another type, naming the field."""

    def __init__(self, values: Mapping[str, Any], prefix: str = "") -> None:
        self.values = values
        self._prefix = prefix

    def text(self, name: str) -> str | None:
        """Read a string."""
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self.wrong(name, "a string")

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Read true or false."""
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        raise self.wrong(name, "true or false")

    def whole(self, name: str) -> int | None:
        """Read a whole number; `1.0` is none, as in TGI."""
        value = self.values.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self.wrong(name, "a whole number")

    def number(self, name: str) -> float | None:
        """Read a number."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        raise self.wrong(name, "a number")

    def object(self, name: str) -> Mapping[str, Any] | None:
        """Read an object."""
        value = self.values.get(name)
        if value is None or isinstance(value, dict):
            return value
        raise self.wrong(name, "an object")

    def array(self, name: str) -> Sequence[Any] | None:
        """Read an array."""
        value = self.values.get(name)
        if value is None or isinstance(value, list):
            return value
        raise self.wrong(name, "an array")

    def texts(self, name: str) -> tuple[str, ...]:
        """Read an array of strings; absent, it is empty."""
        values = self.array(name) or ()
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(name, "an array of strings")
        return tuple(values)

    def wrong(self, name: str, wanted: str) -> Refused:
        """Give the refusal of a field whose type is not the wanted one."""
        field = f"{self._prefix}{name}"
        seen = orjson.dumps(self.values.get(name)).decode()
        shown = seen if len(seen) <= _LONGEST_SHOWN else f"{seen[:_LONGEST_SHOWN]}…"
        return Refused("validation", f"`{field}` must be {wanted}. Given: {shown}", param=field)


_LONGEST_SHOWN = 60
