"""A schedule is told as Azure Monitor can keep it, or refused with the reason."""

import pytest

from llamactl_infra.clouds.azure.schedules import DAYS, at, problem_of
from llamactl_infra.spec import Schedule


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("30 7 * * *", (30, 7, list(DAYS))),
        ("0 18 * * mon-fri", (0, 18, [*DAYS[1:6]])),
        ("0 0 * * 0", (0, 0, ["Sunday"])),
        ("0 0 * * 7", (0, 0, ["Sunday"])),
        ("5 9 * * fri-mon", (5, 9, ["Sunday", "Monday", "Friday", "Saturday"])),
        ("5 9 * * 1,3", (5, 9, ["Monday", "Wednesday"])),
    ],
)
def test_minute_hour_and_days_are_read(cron, said):
    minute, hour, days = at(cron)

    assert (minute, hour, list(days)) == said


@pytest.mark.parametrize(
    "cron", ["", "* * * * *", "0 7 1 * *", "0 24 * * *", "60 1 * * *", "*/5 1 * * *", "0 1 * * 8"]
)
def test_more_than_a_week_knows_is_refused(cron):
    assert "Azure Monitor takes minute, hour" in (problem_of(Schedule("s", cron, 1, 2)) or "")


def test_a_time_zone_has_windows_name():
    said = problem_of(Schedule("s", "0 7 * * *", 1, 2, "Europe/Paris"))

    assert said == ("Azure Monitor has no time zone 'Europe/Paris'; UTC, or a name of Windows")
    assert problem_of(Schedule("s", "0 7 * * *", 1, 2, "Romance Standard Time")) is None
