"""Where the clouds' regions are: place, country and geography."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.tables import TABLES, Columns, day, parse_table, text

_BUNDLED = TABLES / "regions.csv"


def _yes_or_no(cell: str) -> bool:
    if cell not in {"yes", "no"}:
        raise ValueError("yes or no")
    return cell == "yes"


_COLUMNS: Columns = {
    "cloud": text,
    "name": text,
    "place": text,
    "country": text,
    "geography": text,
    "in_eu": _yes_or_no,
    "source": text,
    "checked_on": day,
}


@dataclass(frozen=True, slots=True)
class Region:
    """One region of a cloud; `geography` is the part of the world that a user may ask for."""

    cloud: str
    name: str
    place: str
    country: str
    geography: str
    in_eu: bool
    source: str
    checked_on: date


def load_regions(path: Path = _BUNDLED) -> dict[tuple[str, str], Region]:
    """Load every region by its cloud and name.

    Raises:
        InvalidFile: with all problems of the table.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        regions, problems = parse_regions(lines)
    if problems:
        raise InvalidFile(str(path), problems)
    return {(each.cloud, each.name): each for each in regions}


def parse_regions(lines: Iterable[str]) -> tuple[list[Region], list[str]]:
    """Read regions, and list what is wrong: malformed cells, a region that is there twice."""
    regions, problems = parse_table(lines, _COLUMNS, Region)
    names = [f"{each.cloud} {each.name}" for each in regions]
    twins = sorted({name for name in names if names.count(name) > 1})
    return regions, [*problems, *(f"{name}: is there twice" for name in twins)]
