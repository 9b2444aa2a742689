"""What an engine process says on its stdout: one JSON object a line.

`{"event":"loading"}`, then `{"event":"listening","port":N,"pid":N}` once it answers, or
`{"event":"failed","reason":…,"message":…}`.
"""

import json
from dataclasses import dataclass

from llamactl_infra.local.records import FailureReason, failure_reason


@dataclass(frozen=True, slots=True)
class Loading:
    """The engine reads its model."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The engine answers on `port`; `pid` is its own idea of its process."""

    port: int
    pid: int | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The engine cannot start."""

    reason: FailureReason
    message: str


EngineEvent = Loading | Listening | Failed


def parse_event(line: bytes) -> EngineEvent | None:
    """Read one line; None where it is not an event."""
    try:
        values = json.loads(line)
        kind = values["event"]
        if kind == "loading":
            return Loading()
        if kind == "listening":
            pid = values.get("pid")
            return Listening(int(values["port"]), None if pid is None else int(pid))
        if kind == "failed":
            return Failed(failure_reason(values.get("reason")), str(values.get("message", "")))
    except (ValueError, KeyError, TypeError):
        return None
    return None
