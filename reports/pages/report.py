"""The page of one report: how far it is, and its rows."""

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework import serializers
from rest_framework.exceptions import APIException

import sql
from reports.api.reports import COMPLETE, content_of, find, is_finished
from reports.api.rows import FIGURES, ORDERS, RowsQuery, rows_of
from reports.output import UNITS, figures_of
from reports.pages.choices import offered_reports
from reports.pages.range import range_shown
from reports.pages.sorting import query_without, titles
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.paging import page_of
from restaurant_monitor.http.reading import NoParameters
from stores import scope
from stores.labels import offered_labels
from stores.models import Store
from stores.pages.asking import asked, refused
from stores.templatetags.figures import NOTHING

TEMPLATE = "pages/report.html"
SEES_ROWS = "reports.view_reportrow"
WINDOWS = {"hour": "last hour", "day": "last 24 hours", "week": "last 7 days"}
OBSERVED = {"": "all", "true": "with observed time", "false": "never observed"}
EXCUSED = {"": "counts as what was seen", "true": "is left out"}
# Where each share of the distribution begins, in percent of uptime.
EDGES = {
    0: "below 50%",
    50: "50 to 75%",
    75: "75 to 90%",
    90: "90 to 95%",
    95: "95 to 99%",
    99: "99 to 100%",
    100: "100%",
}
NOT_OBSERVED = "not observed"
# Each with the order that its title gives at first: the worst stores come first.
TITLES = {
    "store_id": ("Store id", "store_id"),
    "up": ("Up", "up"),
    "down": ("Down", "-down"),
    "unobserved": ("Unobserved", "-unobserved"),
    "excused": ("Excused", None),
    "uptime_percent": ("Uptime", "uptime_percent"),
}


class WorstFirst(RowsQuery):
    order = serializers.ChoiceField(
        [sign + name for name in ORDERS for sign in ("", "-")],
        default="uptime_percent",
    )


@require_safe
@never_cache
@page("reports.view_report")
def report(request, report_id):
    """Show a report. Until it has ended, the page asks again by itself."""
    context = {}
    try:
        found = find(request.user, report_id)
        content = content_of(request, found)
        context = {"report": content, "is_unfinished": not is_finished(content)}
        if found.state == COMPLETE and request.user.has_perm(SEES_ROWS):
            add = add_range if found.since else add_windows
            add(context, request, found)
    except APIException as error:
        return refused(request, TEMPLATE, error, context)
    return render(request, TEMPLATE, context)


def add_range(context, request, found):
    asked(NoParameters, request)
    context |= range_shown(found)


def add_windows(context, request, found):
    """Add to the context of the page what it shows of a report with windows."""
    context |= form_of(request)
    context["others"] = [
        other
        for other in offered_reports(request.user)
        if other["report_id"] != found.pk
    ]
    sent, params = asked(WorstFirst, request)
    context |= rows_shown(sent, found, params, request.user)
    context["titles"] = titles(request, params.order, columns_of(params))
    context["query"] = query_without(request, "page_size").urlencode()
    context["shares"] = distribution(found, params, request.user)
    context["exclude_excused"] = params.exclude_excused


def distribution(report, params, user):
    """Return how many stores had which uptime: text, number and share in percent."""
    found = sql.rows(
        "report/distribution",
        report_id=report.pk,
        window=params.window,
        exclude_excused=params.exclude_excused,
        viewer=scope.viewer(user),
        edges=[*EDGES],
    )
    counts = {row.place: row.stores for row in found}
    total = max(1, sum(counts.values()))
    texts = enumerate([*EDGES.values(), NOT_OBSERVED], start=1)
    return [
        (text, count := counts.get(place % (len(EDGES) + 1), 0), bar(count, total))
        for place, text in texts
    ]


def bar(count, total):
    """Return a share in percent. That of one store among many is seen, too."""
    return max(100 * count // total, min(count, 1))


def rows_shown(sent, report, params, user):
    """Return one page of rows, with the figures of one window."""
    found = rows_of(report, params, scope.viewer(user))
    shown = page_of(sent, params, found, FIGURES, ["key", "store_id"]).data
    rows = shown["results"]
    names = Store.objects.filter(pk__in=[row["store_id"] for row in rows])
    names = dict(names.values_list("store_id", "display_name"))
    return {
        "rows": [
            {"store_id": row["store_id"], "name": names.get(row["store_id"])}
            | {"figures": figures_shown(row, params)}
            for row in rows
        ],
        "next": shown["next"],
        "unit": UNITS[params.window],
    }


def columns_of(params):
    """Return the TITLES. Excused time has a column if it is left out of the others."""
    return {
        name: title
        for name, title in TITLES.items()
        if name != "excused" or params.exclude_excused
    }


def figures_shown(row, params):
    """Return the figures of a row, each with the title of its column.

    Where nothing was observed, there is neither up nor down time, and no uptime.
    """
    unit = UNITS[params.window]
    up, down, unobserved, excused, percent = (
        row[name] for name in figures_of(params.window)
    )
    if percent is None:
        up, down, percent = NOTHING, NOTHING, NOT_OBSERVED
    figures = [(up, unit), (down, unit), (unobserved, unit)]
    figures += [(excused, unit)] * params.exclude_excused + [(percent, "%")]
    columns = [title for title, _ in columns_of(params).values()][1:]
    return [
        (f"{title} ({unit})", figure)
        for title, (figure, unit) in zip(columns, figures, strict=True)
    ]


def form_of(request):
    sent = request.GET
    return {
        "windows": WINDOWS,
        "window": sent.get("window", "week"),
        "observed_choices": OBSERVED,
        "observed": sent.get("observed", ""),
        "excused_choices": EXCUSED,
        "excused": sent.get("exclude_excused", ""),
        "labels": offered_labels(scope.viewer(request.user)),
        "wanted": [*filter(None, sent.getlist("label")), ""],
    }
