"""A change of the instance counts by the clock, as Azure Monitor can tell it: a week's days."""

import re
from collections.abc import Sequence

from llamactl_infra.spec import Schedule

# Azure Monitor's order of days and cron's differ: cron's 0 and 7 are Sunday.
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_SHORT = tuple(day[:3].lower() for day in DAYS)
_FIELDS = 5
_HOURS, _MINUTES = 24, 60
# Its time zones have Windows' names. Source: azure-native, monitor.RecurrentScheduleArgs.time_zone.
_ZONE = re.compile(r"UTC([+-]\d\d)?|.* Time")


def problem_of(schedule: Schedule) -> str | None:
    """Say why Azure Monitor has no such schedule; None: it has."""
    if not _ZONE.fullmatch(schedule.timezone):
        return f"Azure Monitor has no time zone '{schedule.timezone}'; UTC, or a name of Windows"
    try:
        at(schedule.cron)
    except ValueError as error:
        return f"'{schedule.cron}': {error}; Azure Monitor takes minute, hour and days of the week"
    return None


def at(cron: str) -> tuple[int, int, Sequence[str]]:
    """Read minute, hour and days of the week.

    Raises:
        ValueError: it says more than these.
    """
    parts = cron.split()
    if len(parts) != _FIELDS or parts[2:4] != ["*", "*"]:
        raise ValueError("not five fields with * for day and month")
    return _number(parts[0], _MINUTES), _number(parts[1], _HOURS), _days(parts[4])


def _number(text: str, below: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < below):
        raise ValueError(f"'{text}' is no number below {below}")
    return int(text)


def _days(text: str) -> Sequence[str]:
    if text == "*":
        return DAYS
    chosen: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin, end = _day(first), _day(last if dash else first)
        chosen |= {day % 7 for day in range(begin, (end if end >= begin else end + 7) + 1)}
    return [day for number, day in enumerate(DAYS) if number in chosen]


def _day(text: str) -> int:
    if text.lower() in _SHORT:
        return _SHORT.index(text.lower())
    return _number(text, 8)
