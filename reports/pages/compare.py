"""The page of two reports side by side."""

from functools import partial
from uuid import UUID

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError

from reports.api.reports import find_windows
from reports.comparing import compared, write_comparison
from reports.output import UNITS
from reports.pages.choices import pair_fields, with_chosen
from reports.pages.report import SEES_ROWS, WINDOWS
from reports.pages.sorting import query_without, titles
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.paging import Page, page_of
from restaurant_monitor.http.tables import csv_file
from stores import scope
from stores.api.labels import Labelled
from stores.labels import offered_labels
from stores.pages.asking import asked, refused

TEMPLATE = "pages/compare.html"
# Each with the order that its title gives at first: the worst stores come first.
TITLES = {
    "store_id": ("Store id", "store_id"),
    "percent_before": ("Uptime before", "percent_before"),
    "percent_after": ("Uptime after", "percent_after"),
    "change": ("Change", "change"),
    "down_before": ("Down before", "-down_before"),
    "down_after": ("Down after", "-down_after"),
    "down_change": ("Change of down", "-down_change"),
    None: ("Unobserved before", None),
    "": ("Unobserved after", None),
}
ORDERS = [name for name in TITLES if name]
# What became of a store, as in report/compared.
BECAME = {
    "worse": "▼ worse",
    "better": "▲ better",
    "same": "= same",
    "not_observed": "not observed in one of them",
    "only_before": "only in the earlier report",
    "only_after": "only in the later report",
}
KINDS = ["before", "after", "change"]
SHOWN = [
    "store_id",
    "display_name",
    "became",
    "percent_before",
    "percent_after",
    "change",
    "down_before",
    "down_after",
    "down_change",
    "unobserved_before",
    "unobserved_after",
]


class CompareQuery(Labelled, Page):
    before = serializers.CharField(required=False, default="")
    after = serializers.CharField(required=False, default="")
    window = serializers.ChoiceField(list(UNITS), required=False, default="week")
    search = serializers.CharField(required=False, default=None, max_length=200)
    became = serializers.ChoiceField(list(BECAME), required=False, default="")
    order = serializers.ChoiceField(
        [sign + name for name in ORDERS for sign in ("", "-")],
        required=False,
        default="change",
    )


@require_safe
@never_cache
@page("reports.view_report", SEES_ROWS)
def compare(request):
    """Show what has changed from one report to another, the worst changes first."""
    context = form_of(request)
    try:
        sent, params = asked(CompareQuery, request)
        if params.before and params.after:
            pair = pair_of(request.user, params)
            context |= compared_shown(request, sent, *pair, params)
            context["reports"] = with_chosen(context["reports"], pair)
    except APIException as error:
        return refused(request, TEMPLATE, error, context)
    return render(request, TEMPLATE, context)


@require_safe
@never_cache
@page("reports.view_report", SEES_ROWS)
def compare_csv(request):
    """Download all pages of what the page shows."""
    try:
        _, params = asked(CompareQuery, request)
        before, after = pair_of(request.user, params)
    except APIException as error:
        return refused(request, TEMPLATE, error, form_of(request))
    viewer = scope.viewer(request.user)
    return csv_file(
        partial(write_comparison, before, after, params, viewer),
        f"uptime-{before.as_of:%Y-%m-%dT%H%MZ}-to-{after.as_of:%Y-%m-%dT%H%MZ}.csv",
    )


def pair_of(user, params):
    """Return the two complete reports that are asked for, the earlier one first.

    Raises NotFound, Conflict or ValidationError.
    """
    pair = [find_windows(user, params.before), find_windows(user, params.after)]
    if pair[0].pk == pair[1].pk:
        raise ValidationError({"after": ["choose two different reports"]})
    return sorted(pair, key=lambda report: report.as_of)


def compared_shown(request, sent, before, after, params):
    """Return the totals of two reports, and one page of their stores."""
    sums, found = compared(before, after, params, scope.viewer(request.user))
    shown = page_of(sent, params, found, SHOWN, ["key", "store_id"]).data
    return {
        "before": before,
        "after": after,
        "before_id": str(before.pk),
        "after_id": str(after.pk),
        # Of two reports of one moment, the one asked for as the earlier comes first.
        "is_swapped": before.pk != UUID(params.before),
        "totals": totals_table(sums, UNITS[params.window]),
        "choices": choices(request, sums),
        "titles": titles(request, params.order, TITLES),
        "rows": shown["results"],
        "next": shown["next"],
        "unit": UNITS[params.window],
        "query": query_without(request, "page_size").urlencode(),
    }


def totals_table(sums, unit):
    """Return a row for each figure: its name, before, after and change."""
    names = {
        "stores": "Stores",
        "percent": "Uptime (%)",
        "up": f"Up ({unit})",
        "down": f"Down ({unit})",
        "unobserved": f"Unobserved ({unit})",
    }
    return [
        (text, *(getattr(sums, f"{name}_{kind}") for kind in KINDS))
        for name, text in names.items()
    ]


def choices(request, sums):
    """Return what became of how many stores: text, count, query, if it is shown.

    What became of no store is left out, unless it is asked for.
    """
    counts = {name: getattr(sums, name) for name in BECAME}
    query = query_without(request, "became")
    wanted = request.GET.get("became", "")
    found = [("all", sum(counts.values()), query.urlencode(), not wanted)]
    for name, text in BECAME.items():
        query["became"] = name
        if counts[name] or name == wanted:
            found.append((text, counts[name], query.urlencode(), name == wanted))
    return found


def form_of(request):
    sent = request.GET
    pair = pair_fields(request.user, sent.get("before"), sent.get("after"))
    return pair | {
        "windows": WINDOWS,
        "window": sent.get("window", "week"),
        "search": sent.get("search", ""),
        "labels": offered_labels(scope.viewer(request.user)),
        "wanted": [*filter(None, sent.getlist("label")), ""],
    }
