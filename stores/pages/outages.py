"""The page of the outages of all stores."""

from functools import partial
from itertools import islice

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework import serializers
from rest_framework.exceptions import APIException

from restaurant_monitor.access.pages import page
from restaurant_monitor.http.paging import page_of
from restaurant_monitor.http.tables import columns_of, csv_file, lines
from stores import scope
from stores.api.timeline import (
    LabelledOutages,
    OutageAnswer,
    ReasonedOutage,
    add_reasons,
    head,
    outages_page,
    reading_range,
    refuse,
    with_reasons_in_words,
)
from stores.labels import label_names, offered_labels
from stores.pages.asking import asked, refused
from stores.timeline.moments import DAY
from stores.timeline.outages import (
    every_outage,
    listed_outages,
    outages_together,
    with_reasons,
    with_stores,
)

TEMPLATE = "pages/outages.html"
LENGTHS = {
    "": "any length",
    "900": "15 minutes",
    "3600": "1 hour",
    "14400": "4 hours",
    "36000": "10 hours",
}
STATES = {"": "ongoing and ended", "true": "ongoing", "false": "ended"}
LARGEST = "largest"
AT_ONCE = 1000  # outages whose reasons one query reads
MOST_DAYS_TOGETHER = 31  # all outages of the range are read
EVENT = [
    "value",
    "ongoing",
    "starts_at",
    "ends_at",
    "zone",
    "starts_local",
    "ends_local",
    "stores",
    "outages",
    "down_seconds",
    "store_ids",
    "starts",
    "ends",
    "lengths",
    "are_ongoing",
]


class PageOfOutages(LabelledOutages):
    together_by = serializers.CharField(required=False, default="")
    order = serializers.ChoiceField([LARGEST], required=False, default="")


# --- The page


@require_safe
@never_cache
@page("stores.view_outage")
def outages(request):
    """Show the outages that touch a range, the ongoing ones first.

    With the name of a label, those of one value that overlap are one event.
    """
    context = form_of(request)
    try:
        sent, params = asked(PageOfOutages, request)
        refuse_name(params.together_by, context["names"])
        with reading_range(params):
            read = events_shown if params.together_by else outages_shown
            context |= read(request, sent, params)
            context |= {"params": params, "query": pinned(request, params).urlencode()}
    except APIException as error:
        return refused(request, TEMPLATE, error, context)
    return render(request, TEMPLATE, context)


def outages_shown(request, sent, params):
    """Return one page of outages."""
    if params.order == LARGEST:
        found = longest_page(sent, params, request.user).data
    else:
        found = outages_page(sent, params, request.user, labels=params.labels).data
    return {"rows": with_stores(found["results"]), "next": found["next"]}


def longest_page(sent, params, user):
    """Answer as outages_page does, with the longest outages first."""
    viewer = scope.viewer(user)
    found = listed_outages(params, viewer, "longest_first", labels=params.labels)
    key = ["down_seconds", "store_id", "starts_at"]
    columns = columns_of(OutageAnswer)
    shown = page_of(sent, params, found, columns, key, **head(params))
    add_reasons(shown.data)
    return shown


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
                partial(write_outages, rows),
                f"outages-{params.since:%Y-%m-%dT%H%MZ}-{params.until:%Y-%m-%dT%H%MZ}.csv",
            )
    except APIException as error:
        return refused(request, TEMPLATE, error, form_of(request))


def write_outages(rows, file):
    """Write outages with their reasons to a binary file as CSV, some at a time."""
    outages = (outage for some in batches(rows) for outage in some)
    texts = lines(columns_of(ReasonedOutage), outages)
    file.writelines(text.encode() for text in texts)


def batches(rows):
    """Yield lists of outages with their reasons in words."""
    while some := [row._asdict() for row in islice(rows, AT_ONCE)]:
        yield with_reasons_in_words(with_reasons(some))


def form_of(request):
    """Return what the form of the page shows: what it was sent with."""
    sent, viewer = request.GET, scope.viewer(request.user)
    return {
        "labels": offered_labels(viewer),
        "names": label_names(viewer),
        "together_by": sent.get("together_by", ""),
        "since": sent.get("from", "")[:16],
        "until": sent.get("to", "")[:16],
        "lengths": LENGTHS,
        "at_least": sent.get("at_least_seconds", ""),
        "states": STATES,
        "state": sent.get("ongoing", ""),
        "is_largest_first": sent.get("order") == LARGEST,
        "wanted": [*filter(None, sent.getlist("label")), ""],
    }


def pinned(request, params):
    """Return the query of the list of a page, with the range that it was read for."""
    query = request.GET.copy()
    for name in ("cursor", "page_size", "together_by", "order"):
        query.pop(name, None)
    span = {"as_of": params.as_of, "from": params.since, "to": params.until}
    for name, instant in span.items():
        query[name] = instant.isoformat()
    return query


# --- Outages together


def refuse_name(name, names):
    if name and name not in names:
        refuse("together_by", f"no store has the label {name}")


def events_shown(request, sent, params):
    """Return one page of events, each with its first outages.

    After them, it has the outages of stores without the label, as a list.
    """
    if params.until - params.since > MOST_DAYS_TOGETHER * DAY:
        refuse("from", f"the range has more than {MOST_DAYS_TOGETHER} days")
    viewer, name = scope.viewer(request.user), params.together_by
    is_largest_first = params.order == LARGEST
    found = outages_together(params, viewer, name, params.labels, is_largest_first)
    shown = page_of(sent, params, found, EVENT, ["key", "name"], **head(params)).data
    found = shown["results"]
    # Stores without the label come last, with one outage each time.
    outages = with_reasons([row for event in found for row in outages_of(event)])
    listed = iter(with_stores(outages))
    events = [event for event in found if event["value"] is not None]
    most = max([event["stores"] for event in events], default=1)
    return {
        "events": [
            event
            | {
                "listed": list(islice(listed, len(event["store_ids"]))),
                "query": query_of(event, name, request, params).urlencode(),
                "share": 100 * event["stores"] / most,
            }
            for event in events
        ],
        "alone": list(listed),
        "next": shown["next"],
    }


def outages_of(event):
    """Return the outages of an event that are listed, as the list has them."""
    names = ["store_id", "starts_at", "ends_at", "down_seconds", "is_ongoing"]
    columns = ["store_ids", "starts", "ends", "lengths", "are_ongoing"]
    rows = zip(*(event[column] for column in columns), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def query_of(event, name, request, params):
    """Return the query of the list that has all outages of an event."""
    query = pinned(request, params)
    query["from"] = max(event["starts_at"], params.since).isoformat()
    query["to"] = min(event["ends_at"], params.until).isoformat()
    others = [label for label in params.labels or [] if not is_named(label, name)]
    query.setlist("label", [*others, f"{name}:{event['value']}"])
    return query


def is_named(label, name):
    return label.partition(":")[0] == name
