"""The overview: what a user needs to know first about all stores."""

from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

import sql
from restaurant_monitor.access.pages import page
from restaurant_monitor.jobs.recovery import is_worker_alive
from stores import scope
from stores.api.stores import list_stores
from stores.labels import offered_labels
from stores.pages.asked import read_asked
from stores.pages.ingests import offers_sample
from stores.timeline.reading import reading_now

STATUSES = ["down", "up", "unobserved", "closed"]  # the most urgent first
DOWN_SHOWN = 10
STORES_SHOWN = 100  # also of those that are down, if they are asked for


@require_safe
def home(request):
    """Show the overview, or one's account to whoever may not see stores."""
    try:
        return overview(request)
    except PermissionDenied:
        return redirect("account")


@page("stores.view_store")
def overview(request):
    asked, viewer = read_asked(request), scope.viewer(request.user)
    with reading_now() as as_of:
        context = states_of(asked, viewer, as_of) | find_stores(asked, viewer, as_of)
    context |= {
        "known_labels": offered_labels(viewer),
        "offers_sample": not context["stores"] and offers_sample(request),
    }
    return render(request, "pages/overview/page.html", context)


@require_safe
@page("stores.view_store")
@vary_on_headers("HX-Request")
def now(request):
    """Answer with what an open overview replaces every minute."""
    if not request.htmx:
        return redirect("home")
    asked = read_asked(request)
    with reading_now() as as_of:
        context = states_of(asked, scope.viewer(request.user), as_of)
    return render(request, "pages/overview/now.html", context)


def states_of(asked, viewer, as_of):
    """Return how many stores are in each state, which are down, and how old this is."""
    chosen = {"viewer": viewer, "labels": asked.labels, "as_of": as_of}
    counts = sql.one("stores/count_by_status", **chosen)
    most = STORES_SHOWN if asked.status == "down" else DOWN_SHOWN
    numbers = [(status, getattr(counts, status)) for status in STATUSES]
    now = datetime.now(UTC)
    return {
        "asked": asked,
        "now": now,
        "as_of": as_of,
        "age": as_of and now - as_of,
        "newest_poll": sql.one("health/newest_poll", now=now).newest_poll_at,
        "is_worker_alive": is_worker_alive(),
        "sees_all": viewer is None,
        "numbers": numbers,
        "stores": sum(number for _, number in numbers),
        "unsettled": counts.unsettled,
        "down": sql.rows("stores/down_now", limit=most, **chosen) if as_of else [],
        "down_more": max(0, counts.down - most),
    }


@require_safe
@page("stores.view_store")
@vary_on_headers("HX-Request")
def found_stores(request):
    """Answer with the stores that are found, while somebody types."""
    asked = read_asked(request)
    with reading_now() as as_of:
        found = find_stores(asked, scope.viewer(request.user), as_of)
    context = {"asked": asked, **found}
    return render(request, "pages/overview/found.html", context)


def find_stores(asked, viewer, as_of):
    """Return a page of the stores that are asked for by status or text, if any is."""
    if not (asked.status or asked.search):
        return {"found": None}
    found = list_stores(
        as_of,
        viewer,
        labels=asked.labels,
        status=asked.status,
        search=asked.search or None,
        after_key=asked.after,
        after_id=asked.after or None,
        limit=STORES_SHOWN + 1,
    )
    shown, is_cut = found[:STORES_SHOWN], len(found) > STORES_SHOWN
    return {"found": shown, "is_cut": is_cut, "last": is_cut and shown[-1].store_id}
