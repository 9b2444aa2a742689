"""Pulumi's YAML files, read as Pulumi reads them; a value that it may read otherwise is refused.

Pulumi reads YAML with go-yaml, which resolves plain scalars by other rules than PyYAML does (`1e3`,
`0o17`, `yes`): only what both take for the same value is read here.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

# What go-yaml 3 (resolve.go) may take for a number; a decimal integer is one for both.
_NUMBER_LIKE = re.compile(
    r"[-+]?(0[xX][0-9a-fA-F_]*|0[bB][01_]*|0[oO]?[0-7_]*|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9_]*)?"
    r"|\.[0-9][0-9_]*([eE][-+]?[0-9_]*)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"
)
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_TAG = "tag:yaml.org,2002:"


class NotReadable(Exception):
    """It cannot be read here with certainty: Pulumi is to be asked instead."""


def mapping_of(path: Path) -> dict[str, Any]:
    """Read a YAML file whose document is a mapping; an empty one is {}.

    Raises:
        NotReadable: it is not there, is no such file, or holds what may be read in two ways.
    """
    yaml = _yaml()
    try:
        text = path.read_text("utf-8")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        node = yaml.compose(text, Loader=loader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise NotReadable(str(error)) from error
    if node is None:
        return {}
    value = _value(node)
    if not isinstance(value, dict):
        raise NotReadable(f"{path} is no mapping")
    return value


def _yaml() -> Any:
    try:
        return import_module("yaml")
    except ModuleNotFoundError as error:  # it comes with Pulumi's package
        raise NotReadable("PyYAML is not installed") from error


def _value(node: Any) -> Any:
    yaml = _yaml()
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(each) for each in node.value]
    found = {_key(key): _value(each) for key, each in node.value}
    if len(found) != len(node.value):
        raise NotReadable("a key stands twice")
    return found


def _key(node: Any) -> str:
    value = _value(node)
    if not isinstance(value, str) or value == "<<":
        raise NotReadable("a key that is no text")
    return value


def _scalar(node: Any) -> Any:
    text: str = node.value
    is_plain = not node.style  # None of the one loader, "" of the other
    if node.tag == f"{_TAG}str" and not (is_plain and _NUMBER_LIKE.fullmatch(text)):
        return text
    if is_plain and text in {"true", "false"}:
        return text == "true"
    if is_plain and _INTEGER.fullmatch(text):
        return int(text)
    raise NotReadable(f"'{text}' may be read in two ways")
