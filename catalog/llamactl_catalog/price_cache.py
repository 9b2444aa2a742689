"""The user's refreshed prices: a sealed book for each cloud, in `prices` of the cache folder."""

from collections.abc import Sequence
from pathlib import Path

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.hardware import Price
from llamactl_catalog.price_book import format_prices, parse_prices
from llamactl_catalog.sealed_lines import read_sealed
from llamactl_catalog.sealed_lines import sealed as sealed_table

_FOLDER = "prices"
_THINGS = "prices"
_HINT = (
    "llamactl catalog refresh writes it anew; without the file, the prices that come with "
    "llamactl are used"
)


def cache_file(cache: Path, cloud: str) -> Path:
    """Give the file that holds a cloud's refreshed prices."""
    return cache / _FOLDER / f"{cloud}.csv"


def cached_prices(cache: Path) -> list[Price]:
    """Read the refreshed prices of all clouds; none where there never was a refresh.

    Raises:
        InvalidFile: a book is damaged; it holds all its problems.
        NoPermission: a book cannot be read.
    """
    return [
        price for path in sorted((cache / _FOLDER).glob("*.csv")) for price in read_cached(path)
    ]


def read_cached(path: Path) -> list[Price]:
    """Read the refreshed prices of one cloud; none where there is no file.

    Raises:
        InvalidFile: the book is damaged, or breaks off; it holds all problems.
        NoPermission: it cannot be read.
    """
    rows, broken = read_sealed(path, _THINGS, _HINT)
    if not rows and not broken:
        return []
    prices, problems = parse_prices(rows)
    problems += broken
    strange = {price.cloud for price in prices} - {path.stem}
    problems += [f"holds prices of {cloud}" for cloud in sorted(strange)]
    if problems:
        raise InvalidFile(str(path), problems, hint=_HINT)
    return prices


def sealed(prices: Sequence[Price]) -> str:
    """Write a cloud's prices with a last line that says how many they are."""
    return sealed_table(format_prices(prices), _THINGS)
