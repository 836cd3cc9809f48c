"""The audit log: who changed what, from what to what.

The functions that make changes call `record` in their own transaction, below the API,
the admin and the commands. So no change is without its entry, and no entry without its
change. docs/operations.md says what each action means.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from restaurant_monitor.access.actors import current_actor
from restaurant_monitor.access.models import AuditEntry
from restaurant_monitor.logs import current_request_id

# All actions. An action is named as a noun and what happened to it.
ACTIONS = [
    *("store.created", "store.renamed", "store.moved", "store.deleted"),
    *("hours.changed", "special_hours.changed", "labels.changed", "target.changed"),
    *("probe.changed", "excused_time.created", "excused_time.deleted"),
    *("ingest.requested", "ingest.ended"),
    *("report.requested", "report.deleted"),
    *("user.created", "user.changed"),
    *("role.created", "role.changed", "role.deleted"),
    *("grant.given", "grant.taken", "key.made", "key.revoked"),
    *("alert_rule.created", "alert_rule.changed", "alert_rule.deleted"),
    *("alert_channel.created", "alert_channel.changed", "alert_channel.deleted"),
    "alert.acknowledged",
    *(f"report_schedule.{what}" for what in ("created", "changed", "deleted")),
    "data.pruned",
]


def record(action, subject, before=None, after=None):
    """Add the entry of a change to the thing with the id `subject`.

    `before` and `after` are dicts of what the change may touch. Only what differs is
    kept; if nothing differs, there is no entry. One of them is None if the thing is new
    or gone. They must not have a password, or the text or hash of a key.
    """
    record_all(action, {subject: (before, after)})


def record_all(action, changes):
    """Add the entries of one action on several things, in one statement.

    `changes` has what `record` takes as `before` and `after`, by the thing's id.
    """
    who = current_actor()._asdict()
    common = {"at": datetime.now(UTC), "request_id": current_request_id()}
    AuditEntry.objects.bulk_create(
        AuditEntry(action=action, subject=str(subject), **who, **common, **values)
        for subject, (before, after) in changes.items()
        if (values := difference(before, after)) is not None
    )


def difference(before, after):
    """Return what differs of both, as fields of an entry; None if nothing does."""
    if before is None or after is None:
        return {"before": before, "after": after}
    if before == after:
        return None
    return {"before": without(after, before), "after": without(before, after)}


def without(other, values):
    """Return the values by name that are not the same in the other dict."""
    return {n: v for n, v in values.items() if n not in other or other[n] != v}


def record_pruned(what, deleted):
    """Add the entry of a deletion of old data, such as polls, if there was any."""
    if deleted:
        record("data.pruned", what, after={"deleted": deleted})


@transaction.atomic
def prune_entries(keep_days):
    """Delete the entries that are more than `keep_days` old; return their number."""
    before = datetime.now(UTC) - timedelta(days=keep_days)
    deleted = AuditEntry.objects.prune(before)
    record_pruned("audit entries", deleted)
    return deleted
