"""Reading tables of CSV: every cell is checked, and all problems of a table are told at once."""

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from llamactl_catalog.errors import InvalidFile

TABLES = Path(__file__).parent / "tables"

Row = TypeVar("Row")
Cell = Callable[[str], object]
Columns = Mapping[str, Cell]


def read_table(name: str, columns: Columns, make: Callable[..., Row]) -> list[Row]:
    """Read one of the tables that come with llamactl.

    Raises:
        InvalidFile: with all problems of the table.
    """
    path = TABLES / name
    with path.open(encoding="utf-8", newline="") as lines:
        rows, problems = parse_table(lines, columns, make)
    if problems:
        raise InvalidFile(str(path), problems)
    return rows


def parse_table(
    lines: Iterable[str], columns: Columns, make: Callable[..., Row]
) -> tuple[list[Row], list[str]]:
    """Make a value of each line, its cells given to `make` by column, and list what is wrong.

    A cell's reader raises a ValueError that says what it expected. A line with a problem is not
    among the values.
    """
    reader = csv.reader(lines)
    header = next(reader, [])
    if header != [*columns]:
        found = ", ".join(header) if header else "nothing"
        return [], [f"line 1: is {found}, expected the columns {', '.join(columns)}"]
    rows: list[Row] = []
    problems: list[str] = []
    width, cells = len(columns), [*columns.items()]
    for texts in reader:
        if len(texts) != width:
            problems.append(
                f"line {reader.line_num}: has {len(texts)} cells, expected {width}: "
                f"{', '.join(columns)}"
            )
            continue
        values: dict[str, object] = {}
        for (name, read), text in zip(cells, texts, strict=True):
            try:
                values[name] = read(text)
            except ValueError as error:
                shown = f'"{text}"' if text else "empty"
                problems.append(f"line {reader.line_num}: {name}: is {shown}, expected {error}")
        if len(values) == width:
            rows.append(make(**values))
    return rows, problems


def text(cell: str) -> str:
    """Read a cell that must say something."""
    if not cell or cell != cell.strip():
        raise ValueError("text without blanks around it")
    return cell


def optional(read: Callable[[str], Row]) -> Callable[[str], Row | None]:
    """Read a cell that may be empty: None."""

    def read_or_none(cell: str) -> Row | None:
        return read(cell) if cell else None

    return read_or_none


def whole(cell: str) -> int:
    """Read a whole number above 0."""
    if not (cell.isascii() and cell.isdigit()) or int(cell) == 0:
        raise ValueError("a whole number of at least 1")
    return int(cell)


def positive(cell: str) -> float:
    """Read a finite number above 0."""
    value = _number(cell)
    if not 0 < value < float("inf"):
        raise ValueError("a number above 0")
    return value


def share(cell: str) -> float:
    """Read a number from 0 to below 1."""
    value = _number(cell)
    if not 0 <= value < 1:
        raise ValueError("a share from 0 to below 1")
    return value


@lru_cache(maxsize=256)
def day(cell: str) -> date:
    """Read a date in ISO 8601. A book of prices has few different ones."""
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("a date like 2026-11-22") from None


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
