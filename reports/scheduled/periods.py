"""Calendar days, weeks and months in a time zone.

A period is `day`, `week` or `month`. Weeks begin on Mondays.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def first_day(period, day):
    """Return the first date of the period that a date is in."""
    if period == "week":
        return day - day.weekday() * DAY
    return day.replace(day=1) if period == "month" else day


def next_first_day(period, day):
    """Return the first date of the next period, of the first date of one."""
    if period == "month":
        return (day + 31 * DAY).replace(day=1)
    return day + (7 if period == "week" else 1) * DAY


def period_before(period, day):
    """Return the first and the last date of the last whole period before a date."""
    last = first_day(period, day) - DAY
    return first_day(period, last), last


def next_run(schedule, now):
    """Return the first instant after `now` at which a ReportSchedule is due."""
    zone = ZoneInfo(schedule.timezone)
    day = first_day(schedule.period, now.astimezone(zone).date())
    while (due := at(day, zone, schedule.hour)) <= now:
        day = next_first_day(schedule.period, day)
    return due


def at(day, zone, hour=0):
    """Return the instant at which a clock in a ZoneInfo shows an hour of a date."""
    return datetime.combine(day, time(hour), zone)
