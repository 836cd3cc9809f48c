"""Excused time: stretches of a store, of a label or of all stores.

It is neither up nor down nor unobserved in any sum (rule 9), such as time of planned
maintenance. The timeline is not changed, so nothing has to be computed again. A label
stands for the stores that have it now.
"""

from datetime import UTC, datetime

from django.db import transaction
from rest_framework.exceptions import PermissionDenied

import sql
from restaurant_monitor.access.actors import current_actor
from restaurant_monitor.access.audit import record
from restaurant_monitor.http.errors import NotKnown
from stores import scope
from stores.models import ExcusedTime

RECORDED = ["store_id", "label", "starts_at", "ends_at", "reason"]


@transaction.atomic
def excuse(user, excused):
    """Save a new ExcusedTime, for a store that a user sees, or for a label or all.

    Raises ValidationError of Django, UnknownStore, or PermissionDenied.
    """
    excused.username = current_actor().username
    excused.created_at = datetime.now(UTC)
    excused.validate_constraints()
    refuse_foreign(user, excused)
    excused.save(force_insert=True)
    record("excused_time.created", excused.pk, None, described(excused))


@transaction.atomic
def remove(user, excused_id):
    """Delete the ExcusedTime with an id: its time counts again.

    Raises NotKnown unless the user may see it, or PermissionDenied.
    """
    for excused in ExcusedTime.objects.select_for_update().filter(pk=excused_id):
        if listed(scope.viewer(user), excused_id=excused_id):
            refuse_foreign(user, excused)
            record("excused_time.deleted", excused_id, described(excused), None)
            excused.delete()
            return
    raise NotKnown(f"there is no excused time {excused_id}")


def refuse_foreign(user, excused):
    """Raise PermissionDenied or UnknownStore unless a user sees all of its stores."""
    if excused.store_id is not None:
        scope.find(user, excused.store_id)
    elif scope.viewer(user) is not None:
        raise PermissionDenied(
            "only who sees all stores may excuse the time of a label or of all"
        )


def described(excused):
    return {name: getattr(excused, name) for name in RECORDED}


def listed(viewer, **conditions):
    """Return the rows of stores/excused: stretches of stores that a viewer sees."""
    return sql.rows("stores/excused", viewer=viewer, **conditions)
