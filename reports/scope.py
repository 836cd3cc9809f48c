"""Which reports a user may see and delete."""

from django.db.models import Q

from stores.scope import sees_job, viewer


def sees_report(user):
    """Return the condition on a Report that a user may see it.

    Users see their own, and those of all stores that have a row for each. Of these, a
    user who sees only some stores sees only their rows.
    """
    own = sees_job(user)
    return own | Q(store_ids=None, since=None) if own else own


def may_delete(user, report):
    """Return if a user may delete a report: their own, or any with `see_all`."""
    return viewer(user) is None or report.requested_by_id == user.pk
