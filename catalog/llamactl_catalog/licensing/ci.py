"""The CI system that a command runs in, told by its environment variables (ci_systems.csv).

Source: each system's own list of predefined variables, as known 2026-11. Only the variables of the
table are read, so that no token of the environment can get into a record.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from llamactl_catalog.licensing.acceptance import CiRun
from llamactl_catalog.tables import optional, read_table, text

_COLUMNS = {"system": text, "marker": text, "run_id": text, "actor": optional(text)}
_NO_NUMBER = "unknown"


@dataclass(frozen=True, slots=True)
class CiSystem:
    """A CI system: the variables that give it away, number its run, and name who started it."""

    system: str
    marker: str
    run_id: str
    actor: str | None


def ci_systems() -> list[CiSystem]:
    """Read the table."""
    return read_table("ci_systems.csv", _COLUMNS, CiSystem)


def ci_run(environment: Mapping[str, str]) -> CiRun | None:
    """Say which run of which CI system this is; None: of none that is known."""
    found = _found(environment)
    if found is None:
        return None
    return CiRun(found.system, environment.get(found.run_id) or _NO_NUMBER)


def ci_actor(environment: Mapping[str, str]) -> str | None:
    """Say for whom the CI system runs this, if it tells."""
    found = _found(environment)
    if found is None or found.actor is None:
        return None
    return environment.get(found.actor) or None


def _found(environment: Mapping[str, str]) -> CiSystem | None:
    return next((each for each in ci_systems() if environment.get(each.marker)), None)
