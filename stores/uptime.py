"""Reads one store's timeline over any range, on the dates it covers and all others.

Wants to be within timeline.reading.
"""

import sql


def by_day(store_id, since, until):
    """Return the figures of a range of aware instants: in all, then by local date.

    All are seconds; see sql/uptime/by_day.
    """
    total, *days = read("uptime/by_day", store_id, since, until)
    return total, days


def by_weekday_hour(store_id, since, until):
    """Return the figures by weekday (0 is Monday) and hour of the store's clock."""
    return read("uptime/by_weekday_hour", store_id, since, until)


def periods(store_id, since, until):
    """Return the periods of a range, each with its session."""
    return read("uptime/periods", store_id, since, until)


def read(name, store_id, since, until):
    span = {"store_id": store_id, "since": since, "until": until}
    days = [row.day for row in sql.rows("uptime/uncovered_days", **span)]
    sessions = unobserved_sessions(store_id, days) if days else []
    return sql.rows(
        name,
        **span,
        days=[session.day for session in sessions],
        opens_at=[session.opens_at for session in sessions],
        closes_at=[session.closes_at for session in sessions],
    )


def unobserved_sessions(store_id, days):
    """Return the sessions of dates on which no evidence reaches the store."""
    sql.run("timeline/drop_work")
    sql.run("uptime/find_days_due", store_id=store_id, days=days)
    sql.run("timeline/expand_sessions", lead_days=0)
    return sql.rows("uptime/sessions_due")
