"""What each cloud lets a request take, and where it keeps models of its own."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent / "tables" / "clouds.toml"


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud: its service, and how long an answer may take there, whole or streamed.

    `registry` is the kind of a model's source that is the cloud's own copy.
    """

    id: str
    service: str
    request_limit_s: float
    stream_limit_s: float
    registry: str


@cache
def clouds() -> dict[str, Cloud]:
    """Give every cloud by its id, from the bundled table."""
    rows = tomllib.loads(_TABLE.read_text("utf-8"))["cloud"]
    names = Cloud.__slots__
    return {row["id"]: Cloud(**{name: row[name] for name in names}) for row in rows}
