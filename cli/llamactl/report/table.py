"""A table of a report: texts by column, with what a reader without eyes is told of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; a column whose name is in `right` is of numbers.

    The first cell of a row is its heading. `marked` is the row that is the choice. `tall` has its
    own box to scroll in, so that a long table does not bury what follows.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[str] = frozenset()
    marked: int | None = None
    tall: bool = False
