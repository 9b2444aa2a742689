"""Numbers as a report writes them, of one look on every page."""

from datetime import date

_THOUSAND = 1000
_CENT = 0.01
_TEN_CENTS = 0.1
_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_SECOND_MS = 1000
_MINUTE_S = 60
NOTHING = "–"  # noqa: RUF001 - the dash that tables have where nothing is
TIMES = "×"  # noqa: RUF001 - the sign of a product


def usd(amount: float) -> str:
    """Write dollars to the cent, from a thousand on whole, and below ten cents to three digits."""
    if amount >= _THOUSAND:
        return f"${amount:,.0f}"
    if 0 < amount < _TEN_CENTS:
        return f"${amount:.3g}" if amount >= _CENT / 10 else f"${amount:.1e}"
    return f"${amount:.2f}"


def round_usd(amount: float) -> str:
    """Write dollars as the mark of an axis: `$5`, `$0.2`, `$20k`."""
    if amount >= _THOUSAND:
        return f"${count(amount)}"
    return f"${amount:g}"


def whole_usd(amount: float) -> str:
    """Write dollars without cents: `$1,902`; below ten, with them."""
    return f"${amount:,.0f}" if amount >= 10 else f"${amount:.2f}"  # noqa: PLR2004 - cents count there


def count(number: float) -> str:
    """Write a count in at most three digits and its thousands: `1.5M`, `200k`, `12B`."""
    for step, unit in _STEPS:
        if number >= step * 0.9995:
            return f"{number / step:.3g}{unit}"
    return f"{number:.3g}"


def milliseconds(value_ms: float) -> str:
    """Write what one waits: `31.7 ms`, from a second on `1.2 s`."""
    if value_ms >= _SECOND_MS:
        return seconds(value_ms / _SECOND_MS)
    return f"{value_ms:.1f} ms" if value_ms < 100 else f"{value_ms:.0f} ms"  # noqa: PLR2004 - three digits


def seconds(value_s: float) -> str:
    """Write seconds with one decimal, from a minute on whole."""
    return f"{value_s:.1f} s" if value_s < _MINUTE_S else f"{value_s:.0f} s"


def shortened(name: str, most: int) -> str:
    """Write a name in at most so many characters."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def around(value: float, error_factor: float) -> tuple[float, float]:
    """The range that holds in 8 of 10 cases."""
    return value / error_factor, value * error_factor


def date_range(oldest: date, newest: date) -> str:
    """Write when to when, or the one day."""
    if oldest == newest:
        return oldest.isoformat()
    return f"{oldest.isoformat()} to {newest.isoformat()}"
