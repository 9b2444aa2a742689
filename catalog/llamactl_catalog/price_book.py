"""A book of prices as CSV: one line for each instance type in a region."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from io import StringIO
from typing import get_args

from llamactl_catalog.hardware import Price, PriceBasis
from llamactl_catalog.tables import TABLES, Columns, day, parse_table, positive, text

BUNDLED = TABLES / "prices.csv"


def _basis(cell: str) -> PriceBasis:
    for known in get_args(PriceBasis):
        if cell == known:
            return known  # type: ignore[no-any-return]  # get_args gives the literal's own texts
    raise ValueError(f"one of {', '.join(get_args(PriceBasis))}")


_COLUMNS: Columns = {
    "cloud": text,
    "region": text,
    "instance_type": text,
    "usd_per_hour": positive,
    "basis": _basis,
    "dated": day,
    "source": text,
}


def parse_prices(lines: Iterable[str]) -> tuple[list[Price], list[str]]:
    """Read prices, and list what is wrong: malformed cells, a price that is there twice."""
    prices, problems = parse_table(lines, _COLUMNS, Price)
    seen: set[tuple[str, str, str]] = set()
    for price in prices:
        key = (price.cloud, price.region, price.instance_type)
        if key in seen:
            problems.append(f"{' '.join(key)}: is there twice")
        seen.add(key)
    return prices, problems


def format_prices(prices: Sequence[Price]) -> str:
    """Write prices as `parse_prices` reads them."""
    text_of_all = StringIO()
    writer = csv.writer(text_of_all, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(
        (
            each.cloud,
            each.region,
            each.instance_type,
            each.usd_per_hour,
            each.basis,
            each.dated.isoformat(),
            each.source,
        )
        for each in prices
    )
    return text_of_all.getvalue()


def newest(bundled: Sequence[Price], fetched: Sequence[Price]) -> tuple[Price, ...]:
    """Lay fetched prices over the bundled ones, region by region.

    A fetch sees all that a cloud sells in a region, so what it does not name is not sold there any
    more: in a region that was fetched, only bundled prices younger than the fetch remain.
    """
    fetched_on: dict[tuple[str, str], date] = {}
    for price in fetched:
        place = (price.cloud, price.region)
        fetched_on[place] = max(price.dated, fetched_on.get(place, price.dated))
    kept = [
        price
        for price in bundled
        if price.dated > fetched_on.get((price.cloud, price.region), date.min)
    ]
    younger = {(price.cloud, price.region, price.instance_type) for price in kept}
    return (
        *kept,
        *(
            price
            for price in fetched
            if (price.cloud, price.region, price.instance_type) not in younger
        ),
    )
