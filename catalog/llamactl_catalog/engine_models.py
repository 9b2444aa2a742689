"""Which version of an engine loads which model: by its architecture and how it scales positions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal, get_args

from llamactl_catalog.engine_versions import EngineVersion, Numbers, engine_lines, numbers
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.model import Model
from llamactl_catalog.tables import Columns, day, optional, read_table, text

Need = Literal["architecture", "rope_scaling", "tied_embeddings"]


@dataclass(frozen=True, slots=True)
class Loads:
    """One thing that an engine loads, from the version `first` to `last` (None: to every later)."""

    engine: str
    needs: Need
    value: str
    first: Numbers
    last: Numbers | None
    source: str
    checked_on: date

    def holds_at(self, version: Numbers) -> bool:
        """Tell whether a version loads it."""
        return self.first <= version and (self.last is None or version <= self.last)


def check_loads(model: Model, version: EngineVersion) -> None:
    """Refuse a version of an engine that does not load a model: it would end on the rented GPU.

    Raises:
        InvalidInput: it does not; the hint names the first version that does.
    """
    for need, value in _needs(model):
        row = _row(version.engine, need, value)
        if row is None and need == "tied_embeddings":
            continue  # on record only where some version does not load them
        if row is not None and row.holds_at(numbers(version.version)):
            continue
        what = f"{need.replace('_', ' ')} '{value}'"
        raise InvalidInput(
            f"{version.engine} {version.version} does not load {model.id}: it has no {what}",
            hint=_way_out(version, model),
        )


def loading_versions(model: Model, engine: str) -> list[str]:
    """Return the versions on record that load a model, oldest first."""
    rows = [
        _row(engine, need, value)
        for need, value in _needs(model)
        if need != "tied_embeddings" or _row(engine, need, value) is not None
    ]
    return [
        version
        for version in engine_lines()[engine].versions
        if all(row is not None and row.holds_at(numbers(version)) for row in rows)
    ]


def _way_out(version: EngineVersion, model: Model) -> str:
    able = loading_versions(model, version.engine)
    if not able:
        return f"no version of {version.engine} on record loads it; llamactl models lists others"
    own = numbers(version.version)
    later = [each for each in able if numbers(each) > own]
    if later:
        return f"the first that does is {later[0]}: --engine {version.engine}@{later[0]}"
    return f"the last that does is {able[-1]}: --engine {version.engine}@{able[-1]}"


def _needs(model: Model) -> Iterator[tuple[Need, str]]:
    shape = model.architecture
    yield "architecture", shape.kind
    if shape.rope_scaling is not None:
        yield "rope_scaling", shape.rope_scaling
    if shape.tied_embeddings:
        yield "tied_embeddings", shape.kind


def _row(engine: str, need: Need, value: str) -> Loads | None:
    wanted = engine, need, value
    return next((e for e in load_table() if (e.engine, e.needs, e.value) == wanted), None)


def _need(cell: str) -> Need:
    for known in get_args(Need):
        if cell == known:
            return known  # type: ignore[no-any-return]  # get_args gives the literal's own texts
    raise ValueError(f"one of {', '.join(get_args(Need))}")


_COLUMNS: Columns = {
    "engine": text,
    "needs": _need,
    "value": text,
    "first": numbers,
    "last": optional(numbers),
    "source": text,
    "checked_on": day,
}


@cache
def load_table() -> tuple[Loads, ...]:
    """Load what is on record of every engine.

    Raises:
        InvalidFile: with all problems of the table.
    """
    return tuple(read_table("engine_models.csv", _COLUMNS, Loads))
