"""The page of the outages of all stores."""

from functools import partial

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import APIException

import sql
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.tables import columns_of, csv_file, write_lines
from stores import scope
from stores.api.timeline import (
    LabelledOutages,
    OutageAnswer,
    outages_page,
    reading_range,
)
from stores.labels import offered_labels
from stores.pages.asking import asked, refused
from stores.timeline.outages import every_outage

TEMPLATE = "pages/outages.html"
LENGTHS = {
    "": "any length",
    "900": "15 minutes",
    "3600": "1 hour",
    "14400": "4 hours",
    "36000": "10 hours",
}
STATES = {"": "ongoing and ended", "true": "ongoing", "false": "ended"}


@require_safe
@never_cache
@page("stores.view_outage")
def outages(request):
    """Show the outages that touch a range, the ongoing ones first."""
    context = {"labels": offered_labels(scope.viewer(request.user))}
    try:
        sent, params = asked(LabelledOutages, request)
        with reading_range(params):
            found = outages_page(sent, params, request.user, labels=params.labels).data
            context |= {
                "rows": with_stores(found["results"]),
                "params": params,
                "next": found["next"],
                "query": pinned(request, params),
            }
    except APIException as error:
        return refused(request, TEMPLATE, error, context | form_of(request))
    return render(request, TEMPLATE, context | form_of(request))


@require_safe
@never_cache
@page("stores.view_outage")
def outages_csv(request):
    """Download the whole list that the page shows in pages."""
    try:
        _, params = asked(LabelledOutages, request)
        with reading_range(params):
            rows = every_outage(params, scope.viewer(request.user), params.labels)
            return csv_file(
                partial(write_lines, columns_of(OutageAnswer), rows),
                f"outages-{params.since:%Y-%m-%dT%H%MZ}-{params.until:%Y-%m-%dT%H%MZ}.csv",
            )
    except APIException as error:
        return refused(request, TEMPLATE, error, form_of(request))


def form_of(request):
    """Return what the form of the page shows: what it was sent with."""
    sent = request.GET
    return {
        "since": sent.get("from", "")[:16],
        "until": sent.get("to", "")[:16],
        "lengths": LENGTHS,
        "at_least": sent.get("at_least_seconds", ""),
        "states": STATES,
        "state": sent.get("ongoing", ""),
        "wanted": [*sent.getlist("label"), ""],
    }


def with_stores(outages):
    """Return outages with the names, labels and local times of their stores."""
    columns = {
        name: [outage[column] for outage in outages]
        for name, column in [
            ("store_ids", "store_id"),
            ("starts", "starts_at"),
            ("ends", "ends_at"),
        ]
    }
    stores = sql.rows("stores/of_outages", **columns)
    return [o | s._asdict() for o, s in zip(outages, stores, strict=True)]


def pinned(request, params):
    """Return the query of a request, with the range that it was answered for."""
    query = request.GET.copy()
    for name in ("cursor", "page_size"):
        query.pop(name, None)
    span = {"as_of": params.as_of, "from": params.since, "to": params.until}
    for name, instant in span.items():
        query[name] = instant.isoformat()
    return query.urlencode()
