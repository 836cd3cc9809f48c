"""The page of one ingest: how far it is, and what happened to the rows."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import APIException

from restaurant_monitor.access.pages import page
from restaurant_monitor.jobs.recovery import is_worker_alive
from stores.api.ingests import (
    find,
    rejects_after,
    rejects_file,
    rejects_of_kind,
    resource,
)
from stores.ingest.staging import KINDS
from stores.models import POLLED, PUSHED, Ingest
from stores.pages.asking import refused
from stores.pages.ingests import TITLES, is_unfinished

TEMPLATE = "pages/ingest.html"
MOST_REJECTS = 20
# What a row of each kind of file is, for one and for several.
ROWS = {
    "status": ("poll", "polls"),
    "hours": ("row of business hours", "rows of business hours"),
    "timezones": ("time zone", "time zones"),
    "special": ("row of special hours", "rows of special hours"),
    "labels": ("label", "labels"),
    "names": ("name", "names"),
}
# Each row of these files stands alone. A file of another kind replaces more, as is said
# of each: rows that come without their neighbours would remove them.
ALONE = ["status", "timezones", "names"]
REPLACED = {
    "hours": "the whole week of each store that it names",
    "special": "all special hours of each store and date that it names",
    "labels": "all labels of each store that it names",
}
HAPPENED = {
    "new": ("was new", "were new"),
    "changed": ("changed", "changed"),
    "already_there": ("was already there", "were already there"),
    "superseded": (
        "was replaced by a later row of the file",
        "were replaced by later rows of the file",
    ),
    "rejected": ("was set aside", "were set aside"),
}


@require_safe
@never_cache
@page("stores.view_ingest")
def ingest(request, ingest_id):
    """Show an ingest. Until it has ended, the page asks again by itself."""
    try:
        found = find(request.user, ingest_id)
    except APIException as error:
        return refused(request, TEMPLATE, error, {})
    content = resource(request, found)
    context = {
        "ingest": content,
        "by": found.requested_by,
        "seconds": seconds_of(found),
        "files": titled(content["files"]),
        "read": sum(counts["read"] for counts in content["counts"].values()),
        "set_aside": [
            reason | {"title": TITLES[reason["file"]]} for reason in content["reasons"]
        ],
        "is_unfinished": is_unfinished(content),
        "lacks_worker": is_unfinished(content) and not is_worker_alive(),
        "is_push": found.files == PUSHED,
        "is_polled": found.files == POLLED,
        "sentences": [*sentences(content)],
        "mendable": [*mendable(found)],
        "rejects": rejects_after(found, 0, 0)[:MOST_REJECTS],
        "not_kept": found.rejects_not_kept(),
    }
    return render(request, TEMPLATE, context)


@require_safe
@never_cache
@page("stores.view_ingest")
def rejects(request, ingest_id):
    """Download the rows of an ingest that were set aside."""
    try:
        return rejects_file(find(request.user, ingest_id))
    except APIException as error:
        return refused(request, TEMPLATE, error, {})


@require_safe
@never_cache
@page("stores.view_ingest")
def rejects_to_mend(request, ingest_id, kind):
    """Download the rows of one file that were set aside, as a file of its kind."""
    try:
        found = find(request.user, ingest_id)
    except APIException as error:
        return refused(request, TEMPLATE, error, {})
    if kind not in found.columns:
        raise Http404("no row of such a file was set aside")
    return rejects_of_kind(found, kind)


def mendable(ingest):
    """Yield the kinds of files with rows that were set aside, and how to load them.

    `is_alone` tells that these rows can be loaded without the others of their file.
    """
    is_loaded = ingest.state == Ingest.State.COMPLETE
    for kind in KINDS:
        if ingest.counts.get(kind, {}).get("rejected"):
            is_alone = kind in ALONE and kind in ingest.columns and is_loaded
            yield {
                "kind": kind,
                "title": TITLES[kind],
                "is_alone": is_alone,
                "replaced": REPLACED.get(kind),
            }


def seconds_of(ingest):
    """Return how long the last attempt took, None if it has not ended."""
    if ingest.finished_at is None or ingest.started_at is None:
        return None
    return (ingest.finished_at - ingest.started_at).total_seconds()


def titled(files):
    """Return the title and the name of each file."""
    return [(TITLES[kind], name) for kind, name in files.items()]


def sentences(content):
    """Yield what happened to the rows of each file, in words."""
    for kind, counts in content["counts"].items():
        rows = f"{counts['read']:,} {of_number(counts['read'], ROWS[kind])}"
        happened = {
            of_number(counts[name], forms): counts[name]
            for name, forms in HAPPENED.items()
            if counts[name]
        }
        if len(happened) == 1:
            yield f"{rows} {''.join(happened)}."
        elif happened:
            parts = [f"{number:,} {verb}" for verb, number in happened.items()]
            yield f"Of {rows}, {listed(parts)}."
    if removed := content["hours_removed"]:
        yield f"New weeks replaced {removed:,} {of_number(removed, ROWS['hours'])}."
    if removed := content["labels_removed"]:
        yield f"New labels replaced {removed:,} {of_number(removed, ROWS['labels'])}."


def of_number(number, forms):
    return forms[number != 1]


def listed(parts):
    """Join parts as `a, b and c`."""
    *first, last = parts
    return f"{', '.join(first)} and {last}"
