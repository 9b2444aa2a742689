"""What each cloud lets a request take, how it counts quota, and where it keeps models and data."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent / "tables" / "clouds.toml"


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud: its service, and how long an answer may take there, whole or streamed.

    `registry` is the kind of a model's source that is the cloud's own copy. `quota_unit` is what
    its quotas count. While an update moves traffic there are `update_fleets` fleets at once.
    `max_instances` is the most that one deployment may have; None: no such limit is documented.
    `residency` is what the cloud says of where data are, by `residency_source`.
    `storage_usd_per_gb_month` is what a gigabyte of staged weights costs, by `storage_source`.
    """

    id: str
    name: str
    service: str
    request_limit_s: float
    stream_limit_s: float
    registry: str
    quota_unit: str
    update_fleets: int
    max_instances: int | None
    residency: str
    residency_source: str
    storage_usd_per_gb_month: float
    storage_source: str


@cache
def clouds() -> dict[str, Cloud]:
    """Give every cloud by its id, from the bundled table."""
    rows = tomllib.loads(_TABLE.read_text("utf-8"))["cloud"]
    names = Cloud.__slots__
    return {row["id"]: Cloud(**{name: row.get(name) for name in names}) for row in rows}
