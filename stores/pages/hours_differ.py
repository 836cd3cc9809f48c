"""The page of the stores whose polls contradict their hours."""

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import APIException

from restaurant_monitor.access.pages import page
from restaurant_monitor.http.paging import page_of
from stores import scope
from stores.api.hours_differ import KEY, DifferingHours
from stores.api.timeline import head, reading_range
from stores.hours.differing import differing_hours
from stores.labels import offered_labels
from stores.pages.asking import asked, refused

TEMPLATE = "pages/hours_differ.html"
SHOWN = [
    *("store_id", "name", "labels", "polls"),
    *("newest_at", "newest_at_local", "timezone", "hours"),
]


@require_safe
@never_cache
@page("stores.view_poll")
def hours_differ(request):
    """Show the stores that polls found out of hours while their hours say open."""
    viewer = scope.viewer(request.user)
    context = form_of(request.GET, viewer)
    try:
        sent, params = asked(DifferingHours, request)
        with reading_range(params):
            found = differing_hours(params, viewer)
    except APIException as error:
        return refused(request, TEMPLATE, error, context)
    shown = page_of(sent, params, found, SHOWN, KEY, **head(params)).data
    context |= {"params": params, "rows": shown["results"], "next": shown["next"]}
    return render(request, TEMPLATE, context)


def form_of(sent, viewer):
    """Return what the form of the page shows: what it was sent with."""
    return {
        "labels": offered_labels(viewer),
        "since": sent.get("from", "")[:16],
        "until": sent.get("to", "")[:16],
        "wanted": [*filter(None, sent.getlist("label")), ""],
    }
