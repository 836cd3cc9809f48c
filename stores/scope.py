"""Which stores a user may see. No other place decides this.

A user with the permission `access.see_all` sees every store. All others see those that
they or their groups were granted: the view `visible_store`. All code that shows stores
to a user asks here: `find` for one store, `viewer` for the parameter `viewer` of a
query, `sees_store`, `is_visible` and `sees_job` for the condition of a queryset. All
code that edits a store for a user does so within `editing`.
"""

from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q

from restaurant_monitor.access.models import NOBODY
from stores import editing as edits
from stores.models import GrantedStore, Store, UnknownStore, VisibleStore

SEE_ALL = "access.see_all"


def viewer(user):
    """Return the id of a user who sees only some stores, or None for all stores."""
    return None if user.has_perm(SEE_ALL) else user.pk or NOBODY


def refuse_limited(user):
    """Raise PermissionDenied unless a user sees all stores."""
    if viewer(user) is not None:
        raise PermissionDenied(f"this needs the permission {SEE_ALL}")


def sees_store(user):
    """Return the condition on a Store that a user may see it."""
    return is_visible(viewer(user), "pk")


def is_visible(viewer, column):
    """Return the condition that a column has the id of a store that a viewer sees.

    A store that was granted by its id may have been deleted since.
    """
    if viewer is None:
        return Q()
    asked = {"user_id": viewer, "store_id": OuterRef(column)}
    return Q(Exists(VisibleStore.objects.filter(**asked).values("store_id"))) | Q(
        Exists(GrantedStore.objects.filter(**asked).values("store_id"))
    )


def sees_job(user):
    """Return the condition on a Job that a user may see it: their own, or any.

    An ingest or a report can name any store. It is meant for whoever requested it.
    """
    return Q() if viewer(user) is None else Q(requested_by=user.pk)


def may_add(user, store_id):
    """Return if a user may create the store with an id, if there is none."""
    if (user_id := viewer(user)) is None:
        return True
    key = {"user_id": user_id, "store_id": store_id}
    return any(
        view.objects.filter(**key).exists() for view in (GrantedStore, VisibleStore)
    )


def ids_of(user):
    """Return the ids of the known stores that a user may see, or None for all."""
    if viewer(user) is None:
        return None
    return list(Store.objects.filter(sees_store(user)).values_list("pk", flat=True))


def find(user, store_id):
    """Return the Store with an id; raise UnknownStore unless the user may see it."""
    # PostgreSQL has no text with a NUL.
    if "\0" not in store_id:
        for store in Store.objects.filter(sees_store(user), pk=store_id):
            return store
    raise UnknownStore(store_id)


@contextmanager
def editing(user, store_id):
    """Open a transaction in which a user edits one store, as editing.editing does.

    Raises UnknownStore unless the user may see the store. This may wait for an ingest,
    and a grant may be taken away in the meantime. So it looks again.
    """
    with edits.editing(store_id):
        find(user, store_id)
        yield
