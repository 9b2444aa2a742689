"""What a cloud's service has in a region, by the cloud's own word: kept beside the fetched prices.

A list of prices names machines; whether the service that hosts models takes them there is another
question. Where a cloud's prices are those of the service itself, they answer it, and there is no
listing.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path

from llamactl_catalog.clouds import clouds
from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.hardware import Price
from llamactl_catalog.sealed_lines import read_sealed, sealed
from llamactl_catalog.tables import Columns, day, optional, parse_table, text

_FOLDER = "availability"
_THINGS = "lines"
_HINT = (
    "llamactl catalog refresh writes it anew; without the file, a plan takes every priced "
    "instance type to be there"
)


@dataclass(frozen=True, slots=True)
class Listing:
    """The instance types that a cloud's service has in a region, on a date; names in any case."""

    cloud: str
    region: str
    instance_types: frozenset[str]
    dated: date

    def refusal(self, price: Price) -> str | None:
        """Say that the region does not have what is priced there; None: it has."""
        if price.instance_type.casefold() in self.instance_types:
            return None
        service = clouds()[self.cloud].service
        return f"{service} does not offer it in {self.region} (as of {self.dated})"


Listings = Mapping[tuple[str, str], Listing]


@dataclass(frozen=True, slots=True)
class _Line:
    """One instance type of a region; None: the region has none at all."""

    cloud: str
    region: str
    instance_type: str | None
    dated: date


_COLUMNS: Columns = {
    "cloud": text,
    "region": text,
    "instance_type": optional(text),
    "dated": day,
}


def listing(cloud: str, region: str, names: Iterable[str], dated: date) -> Listing:
    """Make a listing of names as the cloud writes them."""
    return Listing(cloud, region, frozenset(each.casefold() for each in names), dated)


def listing_file(cache: Path, cloud: str) -> Path:
    """Give the file that holds what a cloud's service has in its regions."""
    return cache / _FOLDER / f"{cloud}.csv"


def cached_listings(cache: Path) -> Listings:
    """Read what is known of all clouds; nothing where nobody asked.

    Raises:
        InvalidFile: a file is damaged; it holds all its problems.
        NoPermission: a file cannot be read.
    """
    paths = sorted((cache / _FOLDER).glob("*.csv"))
    found = [each for path in paths for each in read_listings(path)]
    return {(each.cloud, each.region): each for each in found}


def read_listings(path: Path) -> list[Listing]:
    """Read what one cloud's service has in each region; nothing where there is no file.

    Raises:
        InvalidFile: the file is damaged, or breaks off; it holds all problems.
        NoPermission: it cannot be read.
    """
    rows, broken = read_sealed(path, _THINGS, _HINT)
    if not rows and not broken:
        return []
    lines, problems = parse_table(rows, _COLUMNS, _Line)
    problems += broken
    strange = {each.cloud for each in lines} - {path.stem}
    problems += [f"holds what {cloud} has" for cloud in sorted(strange)]
    if problems:
        raise InvalidFile(str(path), problems, hint=_HINT)
    names: dict[tuple[str, str, date], list[str]] = {}
    for each in lines:
        known = names.setdefault((each.cloud, each.region, each.dated), [])
        known += [] if each.instance_type is None else [each.instance_type]
    return [listing(cloud, region, has, dated) for (cloud, region, dated), has in names.items()]


def format_listings(listings: Sequence[Listing]) -> str:
    """Write listings as `read_listings` reads them, sealed."""
    table = StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for each in listings:
        for name in sorted(each.instance_types) or [""]:
            writer.writerow((each.cloud, each.region, name, each.dated.isoformat()))
    return sealed(table.getvalue(), _THINGS)
