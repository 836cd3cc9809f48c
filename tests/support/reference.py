"""The uptime rules a second time, in plain Python: slow, simple, independent.

The reference shares no code with the engine. Tests compare the two: where they
differ, one of them is wrong. "Rule n" is the nth of the uptime rules.
All instants are aware UTC datetimes; wall-clock times are naive.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache, cached_property
from itertools import groupby, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.support.files import (
    parse_clock,
    parse_date,
    parse_id,
    parse_instant,
    parse_start,
    parse_status,
    parse_weekday,
    parse_zone,
    read_rows,
)

DEFAULT_ZONE = "America/Chicago"
CARRY = timedelta(hours=24)
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000
HOUR = 60 * MINUTE
MIDNIGHT = 24 * HOUR
ONE_DAY = timedelta(days=1)
NOTHING = timedelta(0)
BEGINNING = datetime.min.replace(tzinfo=UTC)
WINDOWS = {
    "hour": timedelta(hours=1),
    "day": timedelta(hours=24),
    "week": timedelta(hours=7 * 24),
}
HEADER = [
    "store_id",
    "uptime_last_hour(in minutes)",
    "uptime_last_day(in hours)",
    "uptime_last_week(in hours)",
    "downtime_last_hour(in minutes)",
    "downtime_last_day(in hours)",
    "downtime_last_week(in hours)",
]


class NoPolls(Exception):
    """Rule 7: there is no as_of, neither as an argument nor from a poll."""


@dataclass
class Data:
    """The rows of the files, in file order; do not change it after its first use.

    A row of special hours has both times, or neither if the date is closed.
    """

    polls: list[tuple[str, bool, datetime]] = field(default_factory=list)
    hours: list[tuple[str, int, int, int]] = field(default_factory=list)
    zones: list[tuple[str, str]] = field(default_factory=list)
    special: list[tuple[str, date, int | None, int | None]] = field(
        default_factory=list
    )
    unsettled: frozenset[str] = frozenset()  # stores whose hours or zone were rejected

    @cached_property
    def polls_of(self) -> dict[str, dict[datetime, bool]]:
        """One status per store and instant: the later row wins."""
        polls = defaultdict(dict)
        for store_id, is_active, observed_at in self.polls:
            polls[store_id][observed_at] = is_active
        return polls

    @cached_property
    def hours_of(self) -> dict[str, dict[int, list[tuple[int, int]]]]:
        """The rows per store and weekday; a store without rows is missing."""
        hours = {}
        for store_id, weekday, start, end in self.hours:
            week = hours.setdefault(store_id, defaultdict(list))
            week[weekday].append((start, end))
        return hours

    @cached_property
    def special_of(self) -> dict[str, dict[date, list[tuple[int, int]]]]:
        """The rows per store and special date; none if it is closed."""
        special = defaultdict(lambda: defaultdict(list))
        for store_id, day, start, end in self.special:
            rows = special[store_id][day]
            if start is not None:
                rows.append((start, end))
        return special

    @cached_property
    def zone_of(self) -> dict[str, str]:
        """The zone per store: the later row wins."""
        return dict(self.zones)


@dataclass(frozen=True)
class Period:
    """A part of one session with one status: True up, False down, None unobserved."""

    day: date
    starts_at: datetime
    ends_at: datetime
    is_up: bool | None


@dataclass(frozen=True)
class Figures:
    """The exact totals of one store in one window."""

    up: timedelta = NOTHING
    down: timedelta = NOTHING
    unobserved: timedelta = NOTHING
    excused: timedelta = NOTHING

    @property
    def uptime_percent(self) -> Fraction | None:
        """Rule 10."""
        observed = self.up + self.down
        if not observed:
            return None
        return 100 * Fraction(self.up // MICROSECOND, observed // MICROSECOND)


@dataclass(frozen=True)
class Outage:
    """Rule 11."""

    starts_at: datetime
    ends_at: datetime
    down: timedelta
    is_ongoing: bool


# Reading the files


def read_csvs(folder) -> Data:
    """Read well-formed files; a missing file has no rows."""
    folder = Path(folder)
    return Data(
        polls=[_poll(row) for row in read_rows(folder / "store_status.csv")],
        hours=[_hours(row) for row in read_rows(folder / "menu_hours.csv")],
        zones=[_zone(row) for row in read_rows(folder / "timezones.csv")],
        special=[_special(row) for row in read_rows(folder / "special_hours.csv")],
    )


def _poll(row):
    instant = parse_instant(row["timestamputc"])
    return parse_id(row["storeid"]), parse_status(row["status"]), instant


def _hours(row):
    start, end = parse_start(row["starttimelocal"]), parse_clock(row["endtimelocal"])
    return parse_id(row["storeid"]), parse_weekday(row["day"]), start, end


def _zone(row):
    return parse_id(row["storeid"]), parse_zone(row["timezonestr"])


def _special(row):
    start, end = row["starttimelocal"], row["endtimelocal"]
    times = (parse_start(start), parse_clock(end)) if start or end else (None, None)
    return parse_id(row["storeid"]), parse_date(row["date"]), *times


# Stores, zones and wall-clock time


def byte_order(store_id: str) -> bytes:
    return store_id.encode("utf-8")


def known_stores(data: Data) -> list[str]:
    """A store may be in any one or more of the files."""
    rows = data.polls + data.hours + data.zones + data.special
    return sorted({row[0] for row in rows}, key=byte_order)


def newest_poll(data: Data) -> datetime | None:
    """Rule 7: of all polls, inside business hours or not."""
    return max((observed_at for _, _, observed_at in data.polls), default=None)


def zone(data: Data, store_id: str) -> ZoneInfo:
    """Rule 1."""
    return ZoneInfo(data.zone_of.get(store_id, DEFAULT_ZONE))


@cache
def to_utc(tz: ZoneInfo, day: date, micros: int) -> datetime:
    """Rule 3: the instant of a wall-clock time, as AT TIME ZONE reads it.

    A time that exists twice is the second; one that does not exist is read with
    the offset before the change, which is what fold=0 does.
    """
    wall = datetime.combine(day, time()) + micros * MICROSECOND
    first = wall.replace(tzinfo=tz, fold=0)
    second = wall.replace(tzinfo=tz, fold=1)
    exists_twice = first.utcoffset() > second.utcoffset()
    return (second if exists_twice else first).astimezone(UTC)


def local_date(data: Data, store_id: str, instant: datetime) -> date:
    return instant.astimezone(zone(data, store_id)).date()


def days(first_day: date, last_day: date) -> list[date]:
    """The local dates from the first to the last, both included."""
    count = (last_day - first_day).days + 1
    return [first_day + n * ONE_DAY for n in range(count)]


# Sessions


def read_end(end: int) -> int:
    """Rule 3: an end at 23:59 or later means midnight."""
    return MIDNIGHT if end >= MIDNIGHT - MINUTE else end


def rows_opening(data: Data, store_id: str, day: date) -> list[tuple[int, int]]:
    """Rule 2: the rows of a special date, else those of its weekday."""
    special = data.special_of.get(store_id, {})
    if day in special:
        return special[day]
    week = data.hours_of.get(store_id)
    return [(0, MIDNIGHT)] if week is None else week.get(day.weekday(), [])


def wall_stretches(data: Data, store_id: str, day: date) -> list[tuple[int, int]]:
    """Rule 3: the stretches of one date, with those that began the day before."""
    stretches = []
    for start, end in rows_opening(data, store_id, day):
        runs_over = read_end(end) <= start
        stretches.append((start, MIDNIGHT if runs_over else read_end(end)))
    for start, end in rows_opening(data, store_id, day - ONE_DAY):
        if read_end(end) <= start:
            stretches.append((0, read_end(end)))
    return stretches


def sessions(data: Data, store_id: str, day: date) -> list[tuple[datetime, datetime]]:
    """Rule 3: the sessions of one local date, which runs from 00:00 to 00:00."""
    tz = zone(data, store_id)
    day_starts, day_ends = to_utc(tz, day, 0), to_utc(tz, day + ONE_DAY, 0)
    stretches = []
    for start, end in wall_stretches(data, store_id, day):
        end_day, end = (day + ONE_DAY, 0) if end == MIDNIGHT else (day, end)
        opens_at = max(to_utc(tz, day, start), day_starts)
        closes_at = min(to_utc(tz, end_day, end), day_ends)
        if opens_at < closes_at:
            stretches.append((opens_at, closes_at))
    return joined(stretches)


def joined(stretches):
    """Rule 3: stretches of one date that overlap or touch are one session."""
    result = []
    for opens_at, closes_at in sorted(stretches):
        if result and opens_at <= result[-1][1]:
            earlier_opens, earlier_closes = result[-1]
            result[-1] = (earlier_opens, max(earlier_closes, closes_at))
        else:
            result.append((opens_at, closes_at))
    return result


# Status


def evidence(data: Data, store_id: str) -> list[tuple[datetime, bool]]:
    """Rule 4: the polls inside a session, oldest first; none of an unsettled store."""
    if store_id in data.unsettled:
        return []
    polls = sorted(data.polls_of.get(store_id, {}).items())
    return [poll for poll in polls if is_open(data, store_id, poll[0])]


def is_open(data: Data, store_id: str, instant: datetime) -> bool:
    """Rule 4: opening <= instant < close, in any session near the instant.

    Checks the dates before and after, too: if a clock change at midnight repeats an
    hour, that hour is named after one date and belongs to the other.
    """
    day = local_date(data, store_id, instant)
    return any(
        opens_at <= instant < closes_at
        for near in days(day - ONE_DAY, day + ONE_DAY)
        for opens_at, closes_at in sessions(data, store_id, near)
    )


def timeline(
    data: Data, store_id: str, first_day: date, last_day: date, carry=CARRY
) -> list[Period]:
    """Rules 4 to 6 over all sessions of the local dates, both included."""
    seen = evidence(data, store_id)
    return [
        Period(day, *part)
        for day in days(first_day, last_day)
        for opens_at, closes_at in sessions(data, store_id, day)
        for part in session_parts(
            opens_at,
            closes_at,
            seen,
            carry,
            follows_on=opens_at in closes(data, store_id, day),
        )
    ]


def closes(data: Data, store_id: str, day: date) -> set[datetime]:
    """Rule 5: when the sessions of a date and of those before it end.

    Two dates back, since a clock change can leave out a whole date.
    """
    near = days(day - 2 * ONE_DAY, day)
    return {end for date in near for _, end in sessions(data, store_id, date)}


def session_parts(opens_at, closes_at, seen, carry, follows_on=False):
    """(starts_at, ends_at, is_up) of one session, equal neighbours joined.

    Rule 5: the time before the first poll has its status. But if the session
    `follows_on` another one, it has the status last seen, if that may be carried.
    """
    inside = [(at, is_up) for at, is_up in seen if opens_at <= at < closes_at]
    at_opening = carried(opens_at, seen, carry)
    if not inside:
        return [(opens_at, closes_at, at_opening)]
    if follows_on and at_opening is not None and opens_at < inside[0][0]:
        inside = [(opens_at, at_opening), *inside]
    starts, is_up = [opens_at], [inside[0][1]]
    for at, status in inside:
        if status != is_up[-1]:
            starts.append(at)
            is_up.append(status)
    ends = [*starts[1:], closes_at]
    return list(zip(starts, ends, is_up, strict=True))


def carried(opens_at, seen, carry) -> bool | None:
    """Rule 6: the last evidence before the opening, if it is recent enough."""
    before = [(at, is_up) for at, is_up in seen if at < opens_at]
    if before and opens_at - before[-1][0] <= carry:
        return before[-1][1]
    return None


def cut(periods: list[Period], starts_at, ends_at) -> list[Period]:
    """Rule 7: the part of the timeline in the window."""
    parts = [
        Period(p.day, max(p.starts_at, starts_at), min(p.ends_at, ends_at), p.is_up)
        for p in periods
    ]
    return [part for part in parts if part.starts_at < part.ends_at]


# Figures


def figures(data: Data, as_of=None, carry=CARRY) -> dict[str, dict[str, Figures]]:
    """Rules 7 and 8: every known store's windows, unrounded, in byte order."""
    as_of = report_time(data, as_of)
    return {
        store_id: store_figures(data, store_id, as_of, carry)
        for store_id in known_stores(data)
    }


def report_time(data: Data, as_of=None) -> datetime:
    """Rule 7: the as_of given, else the newest poll."""
    as_of = as_of or newest_poll(data)
    if as_of is None:
        raise NoPolls("There is no poll to take the report's time from.")
    return as_of


def store_figures(data: Data, store_id: str, as_of, carry=CARRY) -> dict[str, Figures]:
    first_day = local_date(data, store_id, as_of - WINDOWS["week"]) - ONE_DAY
    last_day = local_date(data, store_id, as_of) + ONE_DAY
    periods = timeline(data, store_id, first_day, last_day, carry)
    return {
        window: added_up(cut(periods, as_of - length, as_of))
        for window, length in WINDOWS.items()
    }


def added_up(periods: list[Period]) -> Figures:
    """Rules 8 and 9."""
    total = {True: NOTHING, False: NOTHING, None: NOTHING}
    for period in periods:
        total[period.is_up] += period.ends_at - period.starts_at
    return Figures(total[True], total[False], total[None])


def not_excused(periods: list[Period], excuses) -> list[Period]:
    """Rule 9: the parts that no stretch (starts_at, ends_at) covers, edge by edge."""
    edges = {edge for stretch in excuses for edge in stretch}
    return [
        Period(p.day, starts_at, ends_at, p.is_up)
        for p in periods
        for starts_at, ends_at in pairwise(
            [
                p.starts_at,
                *sorted(e for e in edges if p.starts_at < e < p.ends_at),
                p.ends_at,
            ]
        )
        if not any(begins <= starts_at < ends for begins, ends in excuses)
    ]


def without_excused(periods: list[Period], excuses) -> Figures:
    """Rule 9: excused time is a figure of its own, and no part of the others."""
    gross, net = added_up(periods), added_up(not_excused(periods, excuses))
    kinds = ("up", "down", "unobserved")
    excused = sum((getattr(gross, k) - getattr(net, k) for k in kinds), NOTHING)
    return replace(net, excused=excused)


def printed(length: timedelta, unit: int) -> str:
    """Rule 8: in units (of microseconds), two decimals, halves away from zero.

    In whole numbers: add half a hundredth, then cut off the rest.
    """
    hundredths = (2 * 100 * (length // MICROSECOND) + unit) // (2 * unit)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def csv_rows(all_figures: dict[str, dict[str, Figures]]) -> list[list[str]]:
    """The report as rows of cells, header first; the CSV writer adds quotes."""
    rows = [HEADER]
    for store_id, windows in all_figures.items():
        units = {"hour": MINUTE, "day": HOUR, "week": HOUR}
        up = [printed(windows[w].up, unit) for w, unit in units.items()]
        down = [printed(windows[w].down, unit) for w, unit in units.items()]
        rows.append([store_id, *up, *down])
    return rows


# Outages


def outages(
    data: Data, store_id: str, as_of: datetime, first_day, last_day, carry=CARRY
) -> list[Outage]:
    """Rules 7 and 11, for the timeline of these local dates up to as_of."""
    periods = timeline(data, store_id, first_day, last_day, carry)
    so_far = cut(periods, BEGINNING, as_of)
    runs = [list(run) for _, run in groupby(so_far, key=lambda p: p.is_up is False)]
    return [
        Outage(
            run[0].starts_at,
            run[-1].ends_at,
            down=added_up(run).down,
            is_ongoing=run is runs[-1],
        )
        for run in runs
        if run[0].is_up is False
    ]
