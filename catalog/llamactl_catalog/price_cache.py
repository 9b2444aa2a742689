"""The user's refreshed prices: a sealed book for each cloud, in `prices` of the cache folder."""

from collections.abc import Sequence
from pathlib import Path

from llamactl_catalog.errors import InvalidFile, NoPermission
from llamactl_catalog.hardware import Price
from llamactl_catalog.price_book import format_prices, parse_prices

_FOLDER = "prices"
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
    try:
        lines = path.read_text("utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except UnicodeDecodeError as error:
        raise InvalidFile(str(path), [f"not text in UTF-8: {error}"], hint=_HINT) from error
    except OSError as error:
        raise NoPermission(f"{path} cannot be read: {error.strerror}") from error
    rows, seal = lines[:-1], lines[-1] if lines else ""
    prices, problems = parse_prices(rows)
    if seal != _seal(len(rows) - 1):
        problems.append(f"breaks off: its last line is not “{_seal(max(len(rows) - 1, 0))}”")
    strange = {price.cloud for price in prices} - {path.stem}
    problems += [f"holds prices of {cloud}" for cloud in sorted(strange)]
    if problems:
        raise InvalidFile(str(path), problems, hint=_HINT)
    return prices


def sealed(prices: Sequence[Price]) -> str:
    """Write a cloud's prices with a last line that says how many they are."""
    return f"{format_prices(prices)}{_seal(len(prices))}\n"


def _seal(count: int) -> str:
    return f"# {count} prices"
