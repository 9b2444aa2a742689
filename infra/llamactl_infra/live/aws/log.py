"""The log of an endpoint's containers, in CloudWatch Logs: all instances as one."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from llamactl_catalog.errors import Throttled
from llamactl_infra.clouds.aws.names import log_group_name
from llamactl_infra.live.aws.asking import Absent, Clients, told
from llamactl_infra.spec import Spec

NOTHING_YET = "(no log yet: SageMaker writes one when the container starts)"
GONE = "(the log is gone: the deployment was removed)"

_MS = 1000
_FIRST_WINDOW_S = 60
_WIDER = 8
_STEPS_S = (1.0, 2.0, 4.0, 8.0)
# Lines of one moment come late by seconds, those of another instance by more.
_LATE_S = 60
_MOST_STAGE_LINES = 2000


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, in seconds since 1970, and a way to let it pass."""

    now: Callable[[], float] = time.time
    pause: Callable[[float], None] = time.sleep


def lines(
    clients: Clients, spec: Spec, clock: Clock, *, tail: int | None, follow: bool
) -> Iterator[str]:
    """Give the last lines, or all; then, to follow, each new one as it comes.

    Raises:
        LlamactlError: CloudWatch Logs does not let it be read.
    """
    seen = _Seen()
    try:
        if tail is None:
            yield from seen.new(_events(clients, spec, startTime=0))
        else:
            yield from _last(clients, spec, clock, tail, seen)
    except Absent:
        pass  # no container has started yet
    if not follow:
        return
    if not seen.any:
        yield NOTHING_YET
    yield from _followed(clients, spec, clock, seen)


def since(clients: Clients, spec: Spec, begun_s: float) -> Iterator[str]:
    """Give the lines from a moment on, as far as their number is bounded; none: no log yet.

    Raises:
        LlamactlError: CloudWatch Logs does not let it be read.
    """
    with suppress(Absent):
        events = _events(clients, spec, startTime=int(begun_s * _MS))
        for _, event in zip(range(_MOST_STAGE_LINES), events, strict=False):
            yield _text(event)


class _Seen:
    """The events that were read, as far as they may come again."""

    def __init__(self) -> None:
        self.begins_ms = 0
        self._latest_ms = 0
        self._at_ms: dict[str, int] = {}

    @property
    def any(self) -> bool:
        return bool(self._at_ms)

    def new(self, events: Iterable[Any]) -> Iterator[str]:
        """Give the texts of those that were not read before."""
        for event in events:
            if event["eventId"] not in self._at_ms:
                self._at_ms[event["eventId"]] = event["timestamp"]
                self._latest_ms = max(self._latest_ms, event["timestamp"])
                yield _text(event)

    def from_ms(self) -> int:
        """Tell from when to ask again, and forget what is older."""
        begins = max(self.begins_ms, self._latest_ms - _LATE_S * _MS)
        self._at_ms = {each: at for each, at in self._at_ms.items() if at >= begins}
        return begins


def _followed(clients: Clients, spec: Spec, clock: Clock, seen: _Seen) -> Iterator[str]:
    """Ask again and again, less often the longer nothing comes."""
    quiet, was_there = 0, seen.any
    while True:
        clock.pause(_STEPS_S[min(quiet, len(_STEPS_S) - 1)])
        quiet += 1
        try:
            for text in seen.new(_events(clients, spec, startTime=seen.from_ms())):
                quiet = 0
                yield text
            was_there = True
        except Absent:
            if was_there:
                yield GONE
                return
        except Throttled:
            quiet = len(_STEPS_S)  # slowed down: the lines are still there later


def _last(clients: Clients, spec: Spec, clock: Clock, tail: int, seen: _Seen) -> Iterator[str]:
    """Look back further and further, until there are enough lines or no older ones."""
    oldest_ms = _created_ms(clients, spec)
    until_s, window_s = clock.now(), _FIRST_WINDOW_S
    while True:
        seen.begins_ms = max(0, int((until_s - window_s) * _MS))
        events = list(_events(clients, spec, startTime=seen.begins_ms))
        if len(events) >= tail or seen.begins_ms <= oldest_ms:
            break
        window_s *= _WIDER
    texts = list(seen.new(events))
    yield from texts[len(texts) - min(tail, len(texts)) :]


def _created_ms(clients: Clients, spec: Spec) -> int:
    """Tell when the group was made; lines may be as old, and not older."""
    name = log_group_name(spec.name)
    client = clients.within("logs", spec)
    with told("logs:DescribeLogGroups"):
        groups = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    for each in groups:
        if each["logGroupName"] == name:
            return int(each.get("creationTime", 0))
    raise Absent(name)


def _events(clients: Clients, spec: Spec, **asked: Any) -> Iterator[Any]:
    """Give the events of all instances in the order of their times; a page may have none."""
    client = clients.within("logs", spec)
    token: dict[str, str] = {}
    while True:
        with told("logs:FilterLogEvents"):
            page = client.filter_log_events(
                logGroupName=log_group_name(spec.name), interleaved=True, **asked, **token
            )
        yield from page.get("events", [])
        if page.get("nextToken") in {None, token.get("nextToken")}:
            return
        token = {"nextToken": page["nextToken"]}


def _text(event: Any) -> str:
    return str(event["message"]).rstrip("\r\n")
