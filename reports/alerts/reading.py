"""Lists alerts for users, and lets them acknowledge one."""

from datetime import UTC, datetime

from django.db import transaction

import sql
from reports.alerts.models import Alert, AlertState
from reports.alerts.rules import lock_evaluations
from restaurant_monitor.access.actors import current_actor
from restaurant_monitor.access.audit import record
from restaurant_monitor.http.errors import NotKnown

LONGEST_COMMENT = 1000


class UnknownAlert(NotKnown):
    """There is no such alert, or the user may not see it."""

    def __init__(self, alert_id):
        super().__init__(f"there is no alert {alert_id}")


def listed_alerts(params, viewer):
    """Return a page of the alerts that a viewer sees, plus one row.

    `viewer` is that of scope.viewer. Open alerts come first, then the newest. The
    length of an open one is up to the last evaluation.
    """
    after_open, after_at, after_id = params.cursor or (None, None, None)
    return sql.rows(
        "alerts/list",
        viewer=viewer,
        as_of=AlertState.objects.get().as_of,
        rule_id=params.rule,
        is_open=params.is_open,
        labels=params.labels,
        after_open=after_open,
        after_at=after_at,
        after_id=after_id,
        limit=params.page_size + 1,
    )


def find(viewer, alert_id):
    """Return an alert as the list has it; raise UnknownAlert."""
    as_of = AlertState.objects.get().as_of
    key = {"alert_id": alert_id, "as_of": as_of}
    for row in sql.rows("alerts/list", viewer=viewer, limit=1, **key):
        return row
    raise UnknownAlert(alert_id)


@transaction.atomic
def acknowledge(viewer, alert_id, comment):
    """Note that somebody has seen an alert: it is not told again until it ends.

    A later comment replaces an earlier one. Raises UnknownAlert.
    """
    lock_evaluations()
    before = find(viewer, alert_id)
    Alert.objects.filter(pk=alert_id).update(
        acknowledged_at=before.acknowledged_at or datetime.now(UTC),
        acknowledged_by=current_actor().username,
        comment=comment,
    )
    was = None if before.acknowledged_at is None else {"comment": before.comment}
    record("alert.acknowledged", alert_id, was, {"comment": comment})
