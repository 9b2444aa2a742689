"""IAM's evaluation of identity-based policies: what they allow, on what, under which conditions.

Sources: IAM user guide, "Policy evaluation logic" (what no statement allows is denied) and "IAM
JSON policy elements: Condition operators". What is not known here raises: nothing passes by
oversight.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from standins.aws.authorization import Authorization, Context

_REFERENCE = Path(__file__).with_name("reference.csv")
Policy = Mapping[str, Any]


def is_allowed(policies: Sequence[Policy], need: Authorization) -> bool:
    """Tell whether any statement allows it; the policies here deny nothing."""
    return any(_allows(each, need) for each in statements(policies) if each)


def missing_keys(policies: Sequence[Policy], need: Authorization) -> set[str]:
    """Name the condition keys that a statement of this action asks for and the request has not."""
    return {
        key
        for each in statements(policies)
        if _fits(each, need)
        for operator, _, key, _ in conditions(each)
        if operator != "Null" and key not in need.context
    }


def statements(policies: Sequence[Policy]) -> Iterator[Mapping[str, Any]]:
    """Give every statement."""
    for policy in policies:
        for each in policy["Statement"]:
            if each["Effect"] != "Allow" or {"NotAction", "NotResource"} & each.keys():
                raise NotImplementedError(f"{each.get('Sid')}: only what allows is known here")
            yield each


def conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, bool, str, list[str]]]:
    """Give each condition: operator, whether an absent key will do, key, values."""
    for operator, told in statement.get("Condition", {}).items():
        plain = operator.removesuffix("IfExists")
        for key, values in told.items():
            yield plain, plain != operator, key, _listed(values)


def supported(action: str) -> tuple[list[str], set[str]]:
    """Give the resources that an action is allowed on, and the condition keys that it knows.

    Raises:
        KeyError: there is no such action.
    """
    return _reference()[action]


@cache
def _reference() -> dict[str, tuple[list[str], set[str]]]:
    lines = (each for each in _REFERENCE.read_text("utf-8").splitlines() if each[0] != "#")
    return {
        row["action"]: (row["resources"].split(), set(row["keys"].split()))
        for row in csv.DictReader(lines)
    }


def _allows(statement: Mapping[str, Any], need: Authorization) -> bool:
    return _fits(statement, need) and all(
        _holds(*each, need.context) for each in conditions(statement)
    )


def _fits(statement: Mapping[str, Any], need: Authorization) -> bool:
    actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
    return any(_like(each.lower(), need.action.lower()) for each in actions) and any(
        _like(each, need.resource) for each in resources
    )


def _holds(operator: str, may_lack: bool, key: str, values: list[str], context: Context) -> bool:
    if operator == "Null":
        return (key not in context) == (values == ["true"])
    if key not in context:
        return may_lack
    return any(_OPERATORS[operator](each, context[key]) for each in values)


def _like(pattern: str, text: str) -> bool:
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _listed(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, told: wanted == told,
    "StringLike": _like,
    "ArnLike": _like,
    "ArnEquals": _like,
    "Bool": lambda wanted, told: wanted.lower() == told.lower(),
}
