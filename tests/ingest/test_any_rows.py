"""The ingest against a simple model, on generated rows."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stores.ingest.staging import FILE_NAMES
from stores.models import BusinessHours, Ingest, Poll, SpecialHours, Store
from tests.ingest.rows import HEADERS
from tests.support import engine
from tests.support.strategies import write_csv

in_database = pytest.mark.django_db
ID_TEXTS = {"A": "A", " A": "A", "B": "B", "\tC ": "C"} | dict.fromkeys(
    ["=A", "", " ", "8e18", "A\tB"]
)
STATUS_TEXTS = {"active": True, " Inactive ": False, "inactive": False, "up": None}
INSTANT_TEXTS = {
    "2023-01-24 09:00:00": 9,
    "2023-01-24T10:00:00.000+01:00": 9,
    "2023-01-24 09:00:00 UTC": 9,
    "2023-01-24 09:00": 9,
    "2023-01-24T05:00:00.000000999-0400": 9,
    "2023-01-24 10:00:00": 10,
    "2023-02-30 09:00:00": None,
    "1/24/2023 09:00": None,
}
DAY_TEXTS = {"0": 0, " 1 ": 1, "1.0": 1, "Tuesday": 1, "mon": 0, "7": None}
CLOCK_TEXTS = {"09:00": 9, "9:00 AM": 9, "00:00": 0, "24:00": 0, "9 AM": None}
ZONE_TEXTS = {"UTC": "UTC", "asia/tokyo ": "Asia/Tokyo", "Factory": None}
DATE_TEXTS = {"2023-01-24": 24, " 2023-01-25": 25, "2023-02-30": None}
SPECIAL_TEXTS = {
    "09:00": 9,
    " 9:00:00 ": 9,
    "": -1,
    " ": -1,
    "24:00": 0,
    "9 AM": None,
}
ROWS = {
    "status": [ID_TEXTS, STATUS_TEXTS, INSTANT_TEXTS],
    "hours": [ID_TEXTS, DAY_TEXTS, CLOCK_TEXTS, CLOCK_TEXTS],
    "timezones": [ID_TEXTS, ZONE_TEXTS],
    "special": [ID_TEXTS, DATE_TEXTS, SPECIAL_TEXTS, SPECIAL_TEXTS],
}
files_of_rows = st.fixed_dictionaries(
    {},
    optional={
        kind: st.lists(st.tuples(*map(st.sampled_from, map(list, texts))), min_size=1)
        for kind, texts in ROWS.items()
    },
)


class Model:
    """The expected content of the database, as dicts by key."""

    def __init__(self):
        self.polls, self.weeks, self.zones, self.known = {}, {}, {}, set()
        self.special_dates = {}

    def load(self, files):
        """Load the files; return the expected counts of each."""
        return {kind: getattr(self, kind)(rows) for kind, rows in files.items()}

    def status(self, rows):
        accepted = [row for row in read_rows("status", rows) if None not in row]
        return self.update(
            self.polls, rows, accepted, {(row[0], row[2]): row[1] for row in accepted}
        )

    def timezones(self, rows):
        accepted = [row for row in read_rows("timezones", rows) if None not in row]
        return self.update(self.zones, rows, accepted, dict(accepted))

    def update(self, known, rows, accepted, latest):
        before = dict(known)
        known.update(latest)
        self.known.update(row[0] for row in accepted)
        return [
            len(rows),
            len(latest.keys() - before.keys()),
            sum(before.get(key, value) != value for key, value in latest.items()),
            len(latest.items() & before.items()),
            len(accepted) - len(latest),
            len(rows) - len(accepted),
        ]

    def hours(self, rows):
        read = read_rows("hours", rows)
        # 24:00 may end a day, not begin it.
        starts = [None if text == "24:00" else 0 for _, _, text, _ in rows]
        bad = {
            row[0]
            for row, start in zip(read, starts, strict=True)
            if None in (*row, start)
        }
        accepted = [row for row in read if row[0] is not None and row[0] not in bad]
        weeks = {row[0]: set() for row in accepted}
        for row in accepted:
            weeks[row[0]].add(row[1:])
        new = [week for store, week in weeks.items() if store not in self.weeks]
        old = [
            (week, self.weeks[store])
            for store, week in weeks.items()
            if store in self.weeks
        ]
        self.weeks.update(weeks)
        self.known.update(weeks)
        return [
            len(rows),
            sum(len(week) for week in new),
            sum(len(week - before) for week, before in old),
            sum(len(week & before) for week, before in old),
            len(accepted) - sum(len(week) for week in weeks.values()),
            len(rows) - len(accepted),
        ]

    def special(self, rows):
        """All rows of a date are accepted or none; (-1, -1) is closed."""
        found, rejected = {}, 0
        for (store, day, *times), row in zip(
            read_rows("special", rows), rows, strict=True
        ):
            bad = None in times or times.count(-1) == 1 or row[2] == "24:00"
            if store is None or day is None:
                rejected += 1
            else:
                found.setdefault((store, day), []).append(None if bad else (*times,))
        dates = {}
        for key, times in found.items():
            if None in times or ((-1, -1) in times and len(set(times)) > 1):
                rejected += len(times)
            else:
                dates[key] = set(times)
        before = dict(self.special_dates)
        self.special_dates.update(dates)
        self.known.update(store for store, _ in dates)

        def total(keys):
            return sum(len(dates[key]) for key in keys)

        known = [key for key in dates if key in before]
        same = [key for key in known if before[key] == dates[key]]
        return [
            len(rows),
            total(dates.keys() - before.keys()),
            total(set(known) - set(same)),
            total(same),
            len(rows) - rejected - total(dates),
            rejected,
        ]


def read_rows(kind, rows):
    return [
        tuple(texts[text] for texts, text in zip(ROWS[kind], row, strict=True))
        for row in rows
    ]


@in_database
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(files_of_rows, min_size=1, max_size=3))
def test_any_rows_are_stored_and_counted_as_in_the_model(ingests):
    model = Model()
    with engine.rolled_back():
        for files in ingests:
            expected = model.load(files)
            summary = load(files)
            assert {
                kind: list(counts) for kind, counts in summary.counts.items()
            } == expected
            for read, *ends in expected.values():
                assert read == sum(ends)
                assert min(ends) >= 0
            assert {
                (poll.store_id, poll.observed_at.hour): poll.is_active
                for poll in Poll.objects.all()
            } == model.polls
            found = {}
            for row in BusinessHours.objects.all():
                times = (row.weekday, row.starts.hour, row.ends.hour)
                found.setdefault(row.store_id, set()).add(times)
            assert found == model.weeks
            assert {
                (row.store_id, row.date.day): {
                    (starts.hour, ends.hour)
                    for starts, ends in zip(row.starts, row.ends, strict=True)
                }
                or {(-1, -1)}
                for row in SpecialHours.objects.all()
            } == model.special_dates
            zones = dict(Store.objects.values_list("store_id", "timezone"))
            assert zones.keys() == model.known
            assert {store: zone for store, zone in zones.items() if zone} == model.zones


def load(files):
    with TemporaryDirectory() as folder:
        for kind, rows in files.items():
            write_csv(Path(folder) / FILE_NAMES[kind], HEADERS[kind], rows)
        return engine.load_folder(folder, record=Ingest(max_rejects="100%"))
