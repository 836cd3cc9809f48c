"""What the reference says of the sample data."""

from collections import defaultdict
from datetime import timedelta
from functools import cache

from tests.support import reference
from tests.support.processes import PROJECT
from tests.support.reference import ONE_DAY, Figures

FIXTURES = PROJECT / "fixtures"
FILES = {
    "status": FIXTURES / "store_status.csv",
    "hours": FIXTURES / "menu_hours.csv",
    "timezones": FIXTURES / "timezones.csv",
}
HOUR = timedelta(hours=1)


@cache
def data():
    return reference.read_csvs(FIXTURES)


@cache
def as_of():
    return reference.newest_poll(data())


@cache
def figures():
    """The figures of each store in each window."""
    return reference.figures(data())


def worst_store():
    """The store with the most downtime in the last week."""
    return max(figures(), key=lambda store_id: figures()[store_id]["week"].down)


def zone_of(store_id):
    return reference.zone(data(), store_id)


@cache
def periods(store_id):
    """The periods of a store on all dates of the data."""
    newest = as_of().date()
    return reference.timeline(
        data(), store_id, newest - 17 * ONE_DAY, newest + 2 * ONE_DAY
    )


def outages(store_id):
    """The outages of a store in all of the data."""
    first_day = as_of().date() - 17 * ONE_DAY
    last_day = as_of().date() + 2 * ONE_DAY
    return reference.outages(data(), store_id, as_of(), first_day, last_day)


def down_now():
    """The stores that have a period at the newest poll that is down."""
    return {
        store_id
        for store_id in figures()
        for period in periods(store_id)
        if period.is_up is False and period.starts_at <= as_of() < period.ends_at
    }


def uptime_percent(since, until):
    """The uptime of all stores together, in percent; None if unobserved."""
    found = [
        period
        for store_id in figures()
        for period in reference.cut(periods(store_id), since, until)
    ]
    return reference.added_up(found).uptime_percent


def down_percent_by_hour():
    """How much of the observed time of the last week was down, in percent.

    By weekday and hour of the clocks of the stores. Only hours with observed time.
    """
    parts = defaultdict(list)
    for store_id in figures():
        for period in reference.cut(periods(store_id), as_of() - 7 * ONE_DAY, as_of()):
            for part in by_hour(period):
                local = part.starts_at.astimezone(zone_of(store_id))
                parts[local.weekday(), local.hour].append(part)
    totals = {key: reference.added_up(found) for key, found in parts.items()}
    return {
        key: 100 - total.uptime_percent
        for key, total in totals.items()
        if total.uptime_percent is not None
    }


def by_hour(period):
    """Cut a period at each half hour: full hours of any zone of the data are there."""
    at = period.starts_at.replace(minute=0, second=0, microsecond=0)
    while at < period.ends_at:
        yield from reference.cut([period], at, at + HOUR / 2)
        at += HOUR / 2


def total(store_id, window) -> Figures:
    return figures()[store_id][window]
