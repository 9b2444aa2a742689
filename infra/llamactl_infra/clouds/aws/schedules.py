"""Times of day for the autoscaler: five fields of cron as the service's own six."""

import re

_FIELD = re.compile(r"[0-9A-Za-z*,/?#-]+")
_FIELDS = 5


def cron_expression(cron: str) -> str | None:
    """Write `minute hour day month weekday` as cron(… year); None: it is none.

    Of day and weekday one must be `?` there, and weekdays count from 1, Sunday, where cron counts
    from 0. Source: AWS's Application Auto Scaling user guide, scheduled scaling, cron expressions.
    """
    parts = cron.split()
    if len(parts) != _FIELDS or not all(_FIELD.fullmatch(each) for each in parts):
        return None
    minute, hour, day, month, weekday = parts
    if "*" not in (day, weekday) and "?" not in (day, weekday):
        return None
    if weekday in {"*", "?"}:
        weekday = "?"
        day = "*" if day == "?" else day
    else:
        day = "?"
        weekday = re.sub(r"(?<![#/\d])\d", lambda found: str(int(found[0]) % 7 + 1), weekday)
    return f"cron({minute} {hour} {day} {month} {weekday} *)"
