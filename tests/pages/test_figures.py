"""How templates show lengths, percentages and times."""

from datetime import UTC, datetime, timedelta

import pytest

from stores.templatetags import figures

DASH = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 min"),
        (0.5, "under 1 min"),
        (60, "1 min"),
        (3599.9, "59 min"),
        (3600, "1 h 00 min"),
        (4_000_020, "1,111 h 07 min"),
        (None, DASH),
    ],
)
def test_a_length_is_in_hours_and_minutes(seconds, shown):
    assert figures.lasting(seconds) == shown


def test_an_age_of_days_is_in_days():
    assert figures.ago(timedelta(hours=47, minutes=5)) == "47 h 05 min"
    assert figures.ago(timedelta(days=1404, hours=12)) == "1,404 days"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (1, 8, "12.5 %"),
        (0, 8, "0.0 %"),
        (8, 8, "100.0 %"),
        (1, 10_000, "under 0.1 %"),
        (9_999, 10_000, "over 99.9 %"),
        (0, 0, DASH),
    ],
)
def test_a_share_is_not_rounded_to_nothing_or_all(part, whole, shown):
    assert figures.share(part, whole) == shown


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [
        (99.5, 99.25, "▲ +0.25 points"),
        (99.25, 99.5, "▼ \N{MINUS SIGN}0.25 points"),
        (99.5, 99.5, "no change"),
        (None, 99.5, DASH),
        (99.5, None, DASH),
    ],
)
def test_a_change_is_in_points(now, before, shown):
    assert figures.change(now, before) == shown


@pytest.mark.parametrize(
    ("percent", "shown"), [(0, "0"), (0.44, "0.4"), (12.6, "13"), (None, DASH)]
)
def test_a_percentage_fits_into_a_cell(percent, shown):
    assert figures.brief(percent) == shown


def test_a_time_has_its_weekday():
    at = datetime(2023, 1, 24, 4, 5, 59, tzinfo=UTC)
    assert figures.minute(at) == "Tue 2023-01-24 04:05"
    assert figures.utc(at) == "2023-01-24 04:05 UTC"
