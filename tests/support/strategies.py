"""Hypothesis strategies for small datasets that are full of edge cases.

All values come from small pools of difficult values: clock changes, edges of
sessions and windows, a microsecond beside them. So these coincide often. Nothing is
filtered out, and the first value of each pool is the simplest, to shrink to.
"""

import csv
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.support.reference import (
    DEFAULT_ZONE,
    HOUR,
    MICROSECOND,
    MIDNIGHT,
    MINUTE,
    ONE_DAY,
    WINDOWS,
    Data,
    newest_poll,
    to_utc,
)

SECOND = 10**6
FOUR_FILES = frozenset({"polls", "hours", "zones", "special"})
CLOSED = [(None, None)]

IDS = [
    "1",
    "8139926242460185114",
    "897759999661412843",
    "10",
    "9",
    "09",
    "A",
    "a",
    "1f7f2c4e-3a5b-4c6d-8e9f-0a1b2c3d4e5f",
    "1F7F2C4E-3A5B-4C6D-8E9F-0A1B2C3D4E5F",
    "a,b",
    'the "best" one',
    '"',
    "Joe's, the 'old' one",
    "two words",
    "café",
    "cafe\u0301",
    "東京",
    "\ufb01sh",
    "🍣",
    "\\N",
    "\\.",
    "NULL",
    "100%s",
    "<b>&amp;</b>",
    "a/b",
    "a/uptime",
    "a/special-hours/2023-12-24",
    "/",
    "//a",
    "a\\..\\b",
    ".",
    "..",
    "...",
    "../stores",
    "a?b=c",
    "a#b",
    "%41",
    "%2F",
    "a;b=c",
    "~2F",
    "a/~2F",
    "a=~2Fb",
    "_2E",
    "x" * 64,
    "é" * 64,
]

QUIET = date(2023, 1, 23)
# A zone, and a local date at or next to a change of its clock.
SCENES = [
    ("America/Chicago", QUIET),
    ("America/Denver", QUIET),
    ("America/New_York", QUIET),
    ("UTC", QUIET),
    ("Asia/Kolkata", QUIET),
    ("Asia/Kathmandu", QUIET),
    ("Etc/GMT+12", QUIET),
    ("Pacific/Kiritimati", QUIET),
    ("America/Chicago", date(2023, 3, 12)),
    ("America/Chicago", date(2022, 11, 6)),
    ("America/New_York", date(2023, 3, 12)),
    ("America/New_York", date(2022, 11, 6)),
    ("America/Denver", date(2023, 3, 12)),
    ("America/Denver", date(2022, 11, 6)),
    ("Europe/London", date(2023, 3, 26)),
    ("Europe/London", date(2022, 10, 30)),
    # At midnight: no 00:00, or an hour of the evening or the night twice.
    ("America/Havana", date(2023, 3, 12)),
    ("America/Havana", date(2022, 11, 6)),
    ("Asia/Beirut", date(2022, 3, 27)),
    ("Asia/Beirut", date(2022, 10, 30)),
    ("America/Santiago", date(2022, 9, 11)),
    ("America/Santiago", date(2023, 4, 2)),
    # By half an hour; at 00:01; from 23:30 to 24:00; a whole day away.
    ("America/St_Johns", date(2023, 3, 12)),
    ("America/St_Johns", date(2022, 11, 6)),
    ("America/St_Johns", date(2010, 3, 14)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("Australia/Lord_Howe", date(2023, 4, 2)),
    ("Australia/Lord_Howe", date(2022, 10, 2)),
    ("Asia/Pyongyang", date(2018, 5, 4)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Kiritimati", date(1994, 12, 31)),
]
ZONES = sorted({name for name, _ in SCENES})

CLOCKS = [
    9 * HOUR,
    17 * HOUR,
    0,
    MIDNIGHT,
    12 * HOUR,
    2 * HOUR,
    22 * HOUR,
    # The forms of "until midnight", and the last time that does not mean midnight.
    MIDNIGHT - MINUTE,
    MIDNIGHT - MINUTE // 2,
    MIDNIGHT - SECOND,
    MIDNIGHT - 1,
    MIDNIGHT - MINUTE - 1,
    # Where clocks change.
    1,
    MINUTE,
    HOUR // 2,
    HOUR,
    HOUR * 3 // 2,
    HOUR * 5 // 2,
    3 * HOUR,
    23 * HOUR,
    HOUR * 47 // 2,
    9 * HOUR + 123_456,
]
WEEKDAYS = [*([weekday] for weekday in range(7)), [*range(7)], [*range(5)], [5, 6]]

NUDGES = [
    timedelta(0),
    -MICROSECOND,
    MICROSECOND,
    timedelta(hours=1),
    timedelta(minutes=20),
    # Halves of a printed hundredth: of an hour, of a minute.
    timedelta(seconds=18),
    timedelta(milliseconds=300),
]
REACHES = [*[timedelta(0)] * 4, *WINDOWS.values(), timedelta(hours=-1)]

clocks = st.sampled_from(CLOCKS) | st.integers(0, MIDNIGHT - 1)
nudges = st.sampled_from(NUDGES) | st.integers(0, MIDNIGHT).map(
    lambda micros: micros * MICROSECOND
)


@st.composite
def weeks(draw):
    """The weekly hours of a store, from few clock times: rows touch and overlap."""
    marks = st.sampled_from(draw(st.lists(clocks, min_size=1, max_size=4)))
    row = st.tuples(st.sampled_from(WEEKDAYS), marks, marks)
    return [
        (weekday, start % MIDNIGHT, end)
        for weekdays, start, end in draw(st.lists(row, min_size=1, max_size=5))
        for weekday in weekdays
    ]


def files():
    """The files that name a store, at least one."""
    some = [{name} for name in sorted(FOUR_FILES)]
    others = [FOUR_FILES - one for one in some]
    usual = FOUR_FILES - {"special"}
    return st.sampled_from([usual, FOUR_FILES, usual, *others, *some])


NEAR = [0, 0, 0, -1, -1, 1, 1, -2, -7, -8, -4]


@st.composite
def special_dates(draw, day, marks):
    """The rows of special dates: single dates, or many closed days in a row."""
    first, length = draw(st.sampled_from([(0, 0), (0, 0), (-9, 8), (-1, 3), (-20, 21)]))
    dates = {first + n: CLOSED for n in range(length)}
    row = st.tuples(st.sampled_from(marks), st.sampled_from(marks))
    shifts = st.lists(row, min_size=1, max_size=3) | st.just(CLOSED)
    dates |= draw(
        st.dictionaries(
            st.sampled_from(NEAR), shifts, min_size=0 if dates else 1, max_size=4
        )
    )
    return [
        (day + offset * ONE_DAY, start and start % MIDNIGHT, end)
        for offset, rows in dates.items()
        for start, end in rows
    ]


def instants(tz, day, marks):
    """Edges of the rows' clock times near a local date, and a little beside them."""
    return st.builds(
        lambda offset, mark, nudge, reach: (
            edge(tz, day + offset * ONE_DAY, mark) + nudge - reach
        ),
        st.sampled_from(NEAR),
        st.sampled_from(marks),
        nudges,
        st.sampled_from(REACHES),
    )


def edge(tz, day, mark):
    """The instant of a clock time; 24:00 is the next date's 00:00."""
    return to_utc(tz, day + mark // MIDNIGHT * ONE_DAY, mark % MIDNIGHT)


@st.composite
def scenes(draw, most=5):
    """A dataset of up to so many stores, and a strategy for interesting instants."""
    main_zone, day = draw(st.sampled_from(SCENES))
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=most, unique=True))
    shared_weeks = draw(st.lists(weeks(), min_size=1, max_size=3))
    data, edges = Data(), []
    for store_id in ids:
        present = draw(files())
        zone_name, marks = DEFAULT_ZONE, [0]
        if "zones" in present:
            names = st.just(main_zone) | st.sampled_from(ZONES)
            zone_rows = draw(st.lists(names, min_size=1, max_size=2))
            data.zones += [(store_id, name) for name in zone_rows]
            zone_name = zone_rows[-1]
        if "hours" in present:
            week = draw(st.sampled_from(shared_weeks))
            data.hours += [(store_id, *row) for row in week]
            marks = [*marks, *(mark for row in week for mark in row[1:])]
        if "special" in present:
            marks = [*marks, draw(clocks), draw(clocks)]
            rows = draw(special_dates(day, marks))
            data.special += [(store_id, *row) for row in rows]
        if "polls" in present:
            edges.append(instants(ZoneInfo(zone_name), day, marks))
            data.polls += draw(polls(store_id, edges[-1]))
    if draw(st.booleans()):
        data.polls.sort(key=lambda poll: poll[2])
    anything = instants(ZoneInfo(main_zone), day, CLOCKS)
    return data, st.one_of(*edges, anything)


@st.composite
def polls(draw, store_id, edges):
    """Polls of a store in any order, some of them at the same instant."""
    rows = []
    for observed_at in draw(st.lists(edges, min_size=1, max_size=10)):
        repeats = draw(st.sampled_from([1, 1, 1, 1, 2, 3]))
        statuses = st.lists(st.booleans(), min_size=repeats, max_size=repeats)
        rows += [(store_id, status, observed_at) for status in draw(statuses)]
    return rows


def datasets(most=5):
    return scenes(most).map(lambda scene: scene[0])


@st.composite
def dataset_and_as_of(draw, most=5):
    """as_of is None, at or beside a poll or an edge, or beyond the newest poll."""
    data, edges = draw(scenes(most))
    choices = [edges]
    if data.polls:
        observed = st.sampled_from([observed_at for _, _, observed_at in data.polls])
        beyond = st.sampled_from([*WINDOWS.values(), *(n * ONE_DAY for n in (2, 8))])
        choices = [
            st.none(),
            observed,
            st.builds(lambda at, nudge: at + nudge, observed, nudges),
            st.builds(lambda at, reach: at + reach, observed, st.sampled_from(REACHES)),
            beyond.map(lambda wait: newest_poll(data) + wait),
            edges,
        ]
    return data, draw(st.one_of(*choices))


def write_csvs(data, folder):
    """Write the dataset to files, but no file without rows."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(
        folder / "store_status.csv",
        ["store_id", "status", "timestamp_utc"],
        [
            (store_id, "active" if is_active else "inactive", instant_text(observed_at))
            for store_id, is_active, observed_at in data.polls
        ],
    )
    write_csv(
        folder / "menu_hours.csv",
        ["store_id", "day", "start_time_local", "end_time_local"],
        [
            (store_id, weekday, clock_text(start), clock_text(end))
            for store_id, weekday, start, end in data.hours
        ],
    )
    write_csv(
        folder / "timezones.csv",
        ["store_id", "timezone_str"],
        data.zones,
    )
    write_csv(
        folder / "special_hours.csv",
        ["store_id", "date", "start_time_local", "end_time_local"],
        [
            (store_id, day, *("" if mark is None else clock_text(mark) for mark in row))
            for store_id, day, *row in data.special
        ],
    )


def write_csv(path, header, rows):
    path.unlink(missing_ok=True)
    if not rows:
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def instant_text(instant):
    return instant.replace(tzinfo=None).isoformat(" ") + " UTC"


def clock_text(micros):
    seconds, fraction = divmod(micros, SECOND)
    minutes, seconds = divmod(seconds, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    return f"{text}.{fraction:06d}" if fraction else text
