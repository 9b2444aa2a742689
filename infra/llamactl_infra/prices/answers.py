"""What a price list answers, read with care: it is kept, printed, and planned with."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

# Regions and instance types, as both clouds write them; nothing that a table or a terminal acts on.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# No machine costs as much an hour. Assumed.
_MOST_USD_PER_HOUR = 1e6


def name(value: object) -> str:
    """Read the name of a region or of an instance type.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError(f"a name: {value!a:.60}")
    return value


def usd_per_hour(value: object) -> float:
    """Read a price, which may be zero.

    Raises:
        ValueError: it is no number, or none that a price can be.
    """
    usd = float(str(value))
    if not 0 <= usd <= _MOST_USD_PER_HOUR:
        raise ValueError(f"a price: {value!a:.60}")
    return usd


def content(answer: "httpx.Response") -> object:
    """Read JSON.

    Raises:
        ValueError: it is none, or nested so deep that nobody reads it.
    """
    try:
        found: object = answer.json()
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    return found
