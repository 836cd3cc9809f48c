"""The reference against the hand-computed cases, and against the rules."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from tests.support import reference
from tests.support.cases import (
    CASES,
    OUTAGE_CASES,
    as_of_of,
    expected,
    outage_row,
    printed_row,
)
from tests.support.reference import (
    HOUR,
    NOTHING,
    WINDOWS,
    Data,
    Figures,
    figures,
    to_utc,
)
from tests.support.strategies import dataset_and_as_of, datasets, write_csvs

MONTH = timedelta(days=30)


def outages_until(data, store_id, as_of):
    day = reference.local_date(data, store_id, as_of)
    return reference.outages(data, store_id, as_of, day - MONTH, day + MONTH)


def business_time(data, store_id, starts_at, ends_at):
    first_day = reference.local_date(data, store_id, starts_at) - timedelta(days=1)
    last_day = reference.local_date(data, store_id, ends_at) + timedelta(days=1)
    cuts = (
        min(closes_at, ends_at) - max(opens_at, starts_at)
        for day in reference.days(first_day, last_day)
        for opens_at, closes_at in reference.sessions(data, store_id, day)
    )
    return sum((length for length in cuts if length > NOTHING), NOTHING)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
class TestCases:
    def test_figures(self, case):
        totals = figures(reference.read_csvs(case), as_of_of(case))
        rows = [printed_row(*of_store) for of_store in totals.items()]
        assert rows == expected(case, "expected.csv")

    def test_report(self, case):
        totals = figures(reference.read_csvs(case), as_of_of(case))
        kinds = ["up", "down"]
        names = [f"{kind}_{window}" for kind in kinds for window in WINDOWS]
        wanted = [
            [row["store_id"], *(row[name] for name in names)]
            for row in expected(case, "expected.csv")
        ]
        assert reference.csv_rows(totals) == [reference.HEADER, *wanted]


@pytest.mark.parametrize("case", OUTAGE_CASES, ids=lambda case: case.name)
def test_outages(case):
    data = reference.read_csvs(case)
    as_of = reference.report_time(data, as_of_of(case))
    rows = [
        outage_row(store_id, outage)
        for store_id in reference.known_stores(data)
        for outage in outages_until(data, store_id, as_of)
    ]
    assert rows == expected(case, "expected_outages.csv")


class TestRules:
    @settings(max_examples=150, deadline=None)
    @given(dataset_and_as_of())
    def test_up_down_and_unobserved_add_up_to_business_time(self, example):
        """Rule 9."""
        data, as_of = example
        if as_of is None and not data.polls:
            with pytest.raises(reference.NoPolls):
                figures(data)
            return
        as_of = reference.report_time(data, as_of)
        for store_id, windows in figures(data, as_of).items():
            for window, total in windows.items():
                starts_at = as_of - WINDOWS[window]
                open_time = business_time(data, store_id, starts_at, as_of)
                assert total.up + total.down + total.unobserved == open_time

    @settings(max_examples=75, deadline=None)
    @given(dataset_and_as_of())
    def test_outages_hold_all_down_time(self, example):
        """Rule 11: outages contain all down time, and only the last may be ongoing."""
        data, as_of = example
        as_of = as_of or reference.newest_poll(data)
        for store_id in reference.known_stores(data):
            found = outages_until(data, store_id, as_of)
            assert not any(outage.is_ongoing for outage in found[:-1])
            for outage in found:
                length = outage.ends_at - outage.starts_at
                assert NOTHING < outage.down <= length
                assert outage.ends_at <= as_of
            down = sum((outage.down for outage in found), NOTHING)
            assert down >= figures(data, as_of)[store_id]["week"].down

    @settings(max_examples=75, deadline=None)
    @given(datasets())
    def test_periods_fill_the_sessions(self, data):
        """Neighbours with the same status are in different sessions."""
        first_day, last_day = date(2022, 10, 28), date(2022, 11, 8)
        for store_id in reference.known_stores(data):
            sessions = [
                session
                for day in reference.days(first_day, last_day)
                for session in reference.sessions(data, store_id, day)
            ]
            periods = reference.timeline(data, store_id, first_day, last_day)
            opens = {opens_at for opens_at, _ in sessions}
            closes = {closes_at for _, closes_at in sessions}
            assert {p.starts_at for p in periods} >= opens
            assert {p.ends_at for p in periods} >= closes
            for one, next_one in pairwise(periods):
                assert one.ends_at <= next_one.starts_at
                if next_one.starts_at not in opens:
                    assert one.ends_at == next_one.starts_at
                    assert one.is_up is not next_one.is_up

    def test_the_carry_limit_is_a_parameter(self):
        case = Path(__file__).parent.parent / "cases" / "carry_24_hours"
        data, as_of = reference.read_csvs(case), as_of_of(case)
        shorter = figures(data, as_of, timedelta(hours=24) - reference.MICROSECOND)
        longer = figures(data, as_of, timedelta(hours=24) + reference.MICROSECOND)
        assert shorter["a"]["day"].unobserved == timedelta(hours=2)
        assert longer["b"]["day"].unobserved == NOTHING

    def test_uptime_percent(self):
        hour = timedelta(hours=1)
        assert Figures(up=3 * hour, down=hour).uptime_percent == 75
        assert Figures(unobserved=hour).uptime_percent is None

    def test_without_polls_figures_need_an_as_of(self):
        data = Data(zones=[("a", "UTC")])
        with pytest.raises(reference.NoPolls):
            figures(data)
        as_of = datetime(2023, 1, 23, tzinfo=UTC)
        assert figures(data, as_of)["a"]["hour"].unobserved == timedelta(hours=1)


class TestPrinted:
    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0, "0.00"),
            (18, "0.01"),
            (54, "0.02"),
            (90, "0.03"),
            (168 * 3600, "168.00"),
            (3600 - 18, "1.00"),
            (3600 - 19, "0.99"),
        ],
    )
    def test_hours(self, seconds, text):
        assert reference.printed(timedelta(seconds=seconds), HOUR) == text

    def test_a_microsecond_below_the_half_is_rounded_down(self):
        length = timedelta(seconds=18) - reference.MICROSECOND
        assert reference.printed(length, HOUR) == "0.00"


class TestWallClock:
    @pytest.mark.parametrize(
        ("zone", "day", "hours", "instant"),
        [
            ("America/Chicago", date(2023, 3, 12), 2.5, "2023-03-12 08:30:00"),
            ("America/Chicago", date(2022, 11, 6), 1.5, "2022-11-06 07:30:00"),
            ("America/Havana", date(2023, 3, 12), 0, "2023-03-12 05:00:00"),
            ("America/Havana", date(2022, 11, 6), 0, "2022-11-06 05:00:00"),
            ("Asia/Beirut", date(2022, 10, 29), 23.5, "2022-10-29 21:30:00"),
            ("Asia/Beirut", date(2022, 10, 30), 0, "2022-10-29 22:00:00"),
            ("Australia/Lord_Howe", date(2022, 10, 2), 2.25, "2022-10-01 15:45:00"),
            ("Australia/Lord_Howe", date(2023, 4, 2), 1.75, "2023-04-01 15:15:00"),
            ("Pacific/Apia", date(2011, 12, 30), 0, "2011-12-30 10:00:00"),
            ("Pacific/Apia", date(2011, 12, 30), 9, "2011-12-30 19:00:00"),
            ("Pacific/Apia", date(2011, 12, 31), 0, "2011-12-30 10:00:00"),
        ],
    )
    def test_it_converts_wall_clock_time_to_utc(self, zone, day, hours, instant):
        micros = int(hours * HOUR)
        assert to_utc(ZoneInfo(zone), day, micros) == reference.parse_instant(instant)

    def test_apia_has_no_friday(self):
        data = Data(zones=[("a", "Pacific/Apia")])
        assert reference.sessions(data, "a", date(2011, 12, 30)) == []
        thursday = reference.sessions(data, "a", date(2011, 12, 29))
        saturday = reference.sessions(data, "a", date(2011, 12, 31))
        assert thursday[0][1] == saturday[0][0]


class TestFiles:
    @settings(max_examples=50, deadline=None)
    @given(data=datasets())
    def test_written_files_read_back(self, data, tmp_path_factory):
        folder = tmp_path_factory.mktemp("data")
        write_csvs(data, folder)
        assert reference.read_csvs(folder) == data
