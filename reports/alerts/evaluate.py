"""Opens and closes alerts, and writes their messages, all in one transaction.

The worker does it after each refresh of the timeline, and each minute. `README.md` has
the rules.
"""

from datetime import UTC, datetime, timedelta

from psycopg2.errors import LockNotAvailable

import sql
from reports.alerts.messages import MOST_NAMED, written
from reports.alerts.models import AlertMessage, AlertRule, AlertState
from stores.timeline.moments import newest_moment
from stores.timeline.refresh import snapshot, unless

# Data that is older opens no alert: nobody is told of the outages of a loaded history.
FRESH = timedelta(hours=2)
# After so many new alerts, the planner needs new statistics at once.
MANY = 500
AT_LEAST_EACH = timedelta(minutes=1)


def is_due():
    """Return if there is a rule, and the timeline or the time has gone on."""
    if not AlertRule.objects.exists():
        return False
    state = AlertState.objects.get()
    return (
        state.evaluated_at is None
        or not timedelta(0) <= datetime.now(UTC) - state.evaluated_at < AT_LEAST_EACH
        or state.timeline != sql.one("alerts/timeline").version
    )


def evaluate():
    """Evaluate all rules, unless another worker does it at this moment."""
    with unless(LockNotAvailable), snapshot("alert_state", "exclusive", False):
        evaluate_locked(datetime.now(UTC))


def evaluate_locked(now):
    sql.prepare_for_bulk_work()
    timeline = sql.one("alerts/timeline")
    as_of = newest_moment(timeline.newest_poll_at)
    if as_of:
        follow_and_open(now, as_of)
        tell(now, as_of)
    AlertState.objects.update(as_of=as_of, timeline=timeline.version, evaluated_at=now)


def follow_and_open(now, as_of):
    """Close what is over, and open what a rule finds; see the files."""
    seen_until = AlertState.objects.get().as_of
    is_fresh = as_of >= now - FRESH
    sql.drop_temporary("due_alert", "chosen_store", "ongoing_outage", "open_alert")
    sql.run("alerts/make_due_alert")
    sql.run("alerts/gather_chosen")
    sql.run("alerts/gather_ongoing", as_of=as_of)
    sql.run("alerts/find_down", as_of=as_of, is_fresh=is_fresh)
    sql.run("alerts/find_together", as_of=as_of, is_fresh=is_fresh)
    sql.run("alerts/find_silent", now=now, as_of=as_of)
    sql.analyze("due_alert")
    sql.run("alerts/gather_open")
    sql.run("alerts/follow_outages", now=now, as_of=as_of, seen_until=seen_until)
    sql.run("alerts/follow_together", now=now, as_of=as_of)
    sql.run("alerts/follow_silence", now=now, as_of=as_of)
    sql.run("alerts/follow_days", now=now)
    sql.run("alerts/reopen")
    if sql.run("alerts/open", now=now) > MANY:
        sql.analyze("alert")
    sql.run("alerts/open_days", now=now, as_of=as_of)
    sql.run("alerts/note_days", as_of=as_of)


def tell(now, as_of):
    """Write the messages of what is to be told, and note that they are written."""
    sql.drop_temporary("telling")
    sql.run("alerts/cover", now=now)
    if sql.run("alerts/find_tellings", now=now, as_of=as_of):
        rows = sql.rows("alerts/describe_tellings", as_of=as_of, most=MOST_NAMED)
        AlertMessage.objects.bulk_create(written(rows, now))
        sql.run("alerts/note_tellings", now=now)
