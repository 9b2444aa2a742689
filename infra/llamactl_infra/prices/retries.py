"""Patience with a price list that has too much to do: ask again, later and later, a few times."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from llamactl_catalog.errors import LlamactlError, Unhealthy
from llamactl_catalog.progress import Report, Step

Answer = TypeVar("Answer")
Pause = Callable[[float], None]

ATTEMPTS = 6
# Without a network nothing gets better by waiting long.
ATTEMPTS_TO_CONNECT = 3
LONGEST_WAIT_S = 60.0
_FIRST_WAIT_S = 0.5


class Busy(Exception):
    """The other side is overloaded or out of reach for now.

    `wait_s` is the wait that it asks for, `attempts` how often asking makes sense,
    `error` what it is in the end.
    """

    def __init__(
        self,
        message: str,
        wait_s: float | None = None,
        *,
        attempts: int = ATTEMPTS,
        error: type[LlamactlError] = Unhealthy,
    ) -> None:
        super().__init__(message)
        self.error = error
        self.wait_s = wait_s
        self.attempts = attempts


def patiently(ask: Callable[[], Answer], pause: Pause, report: Report) -> Answer:
    """Ask again while the answer is Busy: waits double from half a second, or are as asked for.

    Raises:
        LlamactlError: it stayed busy, or asks for a longer wait than a person has patience for.
    """
    wait_s = _FIRST_WAIT_S
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return ask()
        except Busy as busy:
            asked_s = wait_s if busy.wait_s is None else busy.wait_s
            if asked_s > LONGEST_WAIT_S:
                raise busy.error(f"{busy}; it asks to wait {asked_s:.0f} s") from busy
            if attempt >= busy.attempts:
                raise busy.error(
                    f"{busy}, {attempt} times in a row", hint="try again in some minutes"
                ) from busy
            report(Step(f"{busy}; asking again in {asked_s:.1f} s"))
            pause(asked_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
    raise AssertionError


def retry_after_s(header: str | None) -> float | None:
    """Read a Retry-After header, seconds or a date (RFC 9110, 10.2.3); None: nothing to go by."""
    if header is None:
        return None
    if header.isascii() and header.strip().isdigit():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # of a year or a time zone that is none
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)
