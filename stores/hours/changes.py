"""Special hours of a date for many stores at once: previewed, set and undone.

A preview says what a plan would change, and has a digest of the plan. To set or undo,
the plan is made again while nobody else writes. If its digest is another one, nothing
is done: nobody changes what they have not seen.
"""

from collections import namedtuple
from datetime import UTC, datetime, timedelta

from django.db import transaction
from rest_framework.exceptions import NotFound

import sql
from restaurant_monitor.access.actors import current_actor
from restaurant_monitor.access.audit import record_all, record_pruned
from restaurant_monitor.http.errors import Conflict
from stores.editing import editing_many
from stores.hours.special_dates import described
from stores.models import SpecialHoursBefore, SpecialHoursChange
from stores.timeline.marks import mark
from stores.timeline.refresh import refresh_if_little

SHOWN = {"most_groups": 20, "most_stores": 20}

# `shifts` are (start, end) times. Empty: closed. None: as in the week.
Wanted = namedtuple("Wanted", ["date", "labels", "shifts"])
# `rows` are the groups of sql/special_hours/preview.sql. Without a store, there is no
# digest.
Preview = namedtuple("Preview", ["digest", "rows"])


class PlanDiffers(Conflict):
    """What would be done is not what the user has seen. Nothing was done."""

    def __init__(self):
        super().__init__(
            "nothing was changed: the stores or their hours have changed since the "
            "preview. Below is what would change now."
        )


# --- Setting


def preview(viewer, wanted):
    """Return the Preview of special hours for the stores with labels."""
    with transaction.atomic():
        plan_change(viewer, wanted)
        return preview_of_plan(wanted.date)


def set_for_many(viewer, wanted, digest):
    """Set what a preview with this digest has shown; return how many stores changed.

    Raises PlanDiffers, or Busy while an ingest runs.
    """
    with editing_many():
        plan_change(viewer, wanted)
        refuse_other_plan(wanted.date, digest)
        change = SpecialHoursChange(
            changed_at=datetime.now(UTC),
            user_id=current_actor().user_id,
            username=current_actor().username,
            date=wanted.date,
            labels=wanted.labels or [],
            **times_of(wanted.shifts),
        )
        if sql.run("special_hours/keep", change_id=change.pk):
            change.save(force_insert=True)
        return len(carry_out(wanted.date))


def plan_change(viewer, wanted):
    sql.drop_temporary("special_plan")
    sql.run(
        "special_hours/plan_change",
        viewer=viewer,
        labels=wanted.labels,
        date=wanted.date,
        **times_of(wanted.shifts),
    )


def times_of(shifts):
    """Return shifts as the columns that special hours have; null for none."""
    if shifts is None:
        return {"starts": None, "ends": None}
    in_order = sorted(set(shifts))
    return {"starts": [s for s, _ in in_order], "ends": [e for _, e in in_order]}


# --- Undoing


def recent(viewer, limit, change_id=None):
    """Return the newest changes of stores that a viewer sees, or the one with an id."""
    return sql.rows(
        "special_hours/changes", viewer=viewer, limit=limit, change_id=change_id
    )


def find(viewer, change_id):
    """Return a change of stores that a viewer sees; raise NotFound if there is none."""
    for change in recent(viewer, 1, change_id):
        return change
    raise NotFound(f"there is no change {change_id}")


def preview_undo(viewer, change):
    """Return the Preview of undoing a change."""
    with transaction.atomic():
        plan_undo(viewer, change)
        return preview_of_plan(change.date)


def undo(viewer, change_id, digest):
    """Undo what a preview with this digest has shown; return how many stores changed.

    A store whose hours were changed since stays as it is. Raises NotFound, PlanDiffers,
    or Busy while an ingest runs.
    """
    with editing_many():
        change = find(viewer, change_id)
        plan_undo(viewer, change)
        refuse_other_plan(change.date, digest)
        store_ids = carry_out(change.date)
        SpecialHoursBefore.objects.filter(
            change_id=change_id, store__in=store_ids
        ).update(undone_at=datetime.now(UTC))
        return len(store_ids)


def plan_undo(viewer, change):
    later = SpecialHoursChange.objects.filter(
        date=change.date, changed_at__gt=change.changed_at
    )
    sql.drop_temporary("special_plan")
    sql.run(
        "special_hours/plan_undo",
        viewer=viewer,
        change_id=change.change_id,
        later=list(later.values_list("pk", flat=True)),
        date=change.date,
        starts=change.starts,
        ends=change.ends,
    )


# --- The plan


def preview_of_plan(date):
    sql.analyze("special_plan")
    rows = sql.rows("special_hours/preview", date=date, now=datetime.now(UTC), **SHOWN)
    return Preview(rows[0].digest if rows else "", rows)


def refuse_other_plan(date, digest):
    if preview_of_plan(date).digest != digest:
        raise PlanDiffers


def carry_out(date):
    """Do what is planned for a date; return the ids of the stores that changed."""
    changing = sql.rows("special_hours/changing")
    sql.run("special_hours/remove", date=date)
    sql.run("special_hours/set", date=date)
    store_ids = [row.store_id for row in changing]
    mark(store_ids, since_date=date)
    transaction.on_commit(refresh_if_little)
    day = date.isoformat()
    record_all(
        "special_hours.changed",
        {
            row.store_id: (
                {day: as_text(row.starts_before, row.ends_before)},
                {day: as_text(row.starts_after, row.ends_after)},
            )
            for row in changing
        },
    )
    return store_ids


def as_text(starts, ends):
    """Return special hours as text, None for none."""
    return described(None if starts is None else list(zip(starts, ends, strict=True)))


# --- Old changes


@transaction.atomic
def prune_changes(keep_days):
    """Delete the changes made more than `keep_days` ago; return their number.

    They can no longer be undone. The special hours that they have set stay.
    """
    before = datetime.now(UTC) - timedelta(days=keep_days)
    old = SpecialHoursChange.objects.filter(changed_at__lt=before)
    change_ids = list(old.values_list("pk", flat=True))
    SpecialHoursChange.objects.filter(pk__in=change_ids).delete()
    SpecialHoursBefore.objects.filter(change_id__in=change_ids).delete()
    record_pruned("changes of special hours", len(change_ids))
    return len(change_ids)
