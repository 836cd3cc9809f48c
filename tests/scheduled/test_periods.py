"""Calendar periods: which one a report is of, and when it is sent."""

from datetime import UTC, date, datetime

import pytest

from reports.scheduled.models import ReportSchedule
from reports.scheduled.periods import next_run, period_before


@pytest.mark.parametrize(
    ("period", "day", "first", "last"),
    [
        ("day", date(2023, 3, 1), date(2023, 2, 28), date(2023, 2, 28)),
        ("week", date(2023, 1, 23), date(2023, 1, 16), date(2023, 1, 22)),  # a Monday
        ("week", date(2023, 1, 29), date(2023, 1, 16), date(2023, 1, 22)),  # a Sunday
        ("week", date(2023, 1, 1), date(2022, 12, 19), date(2022, 12, 25)),
        ("month", date(2023, 1, 1), date(2022, 12, 1), date(2022, 12, 31)),
        ("month", date(2024, 3, 31), date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_a_report_is_of_the_last_whole_period(period, day, first, last):
    assert period_before(period, day) == (first, last)


# Chicago is six hours behind UTC, and five from 2023-03-12 on.
@pytest.mark.parametrize(
    ("period", "now", "due"),
    [
        ("day", "2023-01-24 11:59", "2023-01-24 12:00"),
        ("day", "2023-01-24 12:00", "2023-01-25 12:00"),
        ("day", "2023-01-25 05:59", "2023-01-25 12:00"),
        ("day", "2023-03-12 10:00", "2023-03-12 11:00"),
        ("week", "2023-01-23 11:59", "2023-01-23 12:00"),
        ("week", "2023-01-23 12:00", "2023-01-30 12:00"),
        ("month", "2023-01-01 12:00", "2023-02-01 12:00"),
        ("month", "2023-12-15 00:00", "2024-01-01 12:00"),
        ("month", "2023-03-01 12:00", "2023-04-01 11:00"),
    ],
)
def test_it_is_sent_at_its_hour_in_its_zone(period, now, due):
    schedule = ReportSchedule(period=period, timezone="America/Chicago", hour=6)
    assert next_run(schedule, at(now)) == at(due)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
