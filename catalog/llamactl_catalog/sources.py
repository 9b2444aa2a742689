"""Where the figures of the tables come from: the words behind the short names in `source`."""

from dataclasses import dataclass
from datetime import date

from llamactl_catalog.tables import Columns, day, read_table, text

_COLUMNS: Columns = {"source": text, "says": text, "place": text, "dated": day}


@dataclass(frozen=True, slots=True)
class Source:
    """One source: what it says, where it is, and the date of what was read."""

    source: str
    says: str
    place: str
    dated: date


def load_sources() -> dict[str, Source]:
    """Load every source by its short name. A table's cell may name several, with blanks between.

    Raises:
        InvalidFile: with all problems of the table.
    """
    return {each.source: each for each in read_table("sources.csv", _COLUMNS, Source)}
