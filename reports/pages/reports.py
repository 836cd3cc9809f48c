"""The page of all reports, on which one is requested."""

from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import APIException

from reports.api.reports import (
    STORED,
    NewReport,
    ReportsQuery,
    described,
    is_finished,
    reports_of,
    request_for,
)
from reports.models import Report
from reports.pages.choices import pair_fields
from reports.pages.range import grouping_choices
from restaurant_monitor.access.limits import count_on_page
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.paging import newest_jobs, page_of
from restaurant_monitor.http.reading import read
from stores import scope
from stores.labels import offered_labels
from stores.pages.asking import asked, refused

TEMPLATE = "pages/reports.html"
SHOWN = [*STORED, "labels"]
TIMES = ["as_of", "from", "to"]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reports(request):
    return request_one(request) if request.method == "POST" else list_all(request)


@page("reports.view_report")
def list_all(request):
    """Show reports, the newest first."""
    context = form_of(request) | pair_fields(request.user)
    try:
        sent, params = asked(ReportsQuery, request)
        found = reports_of(request.user).values_list(*SHOWN, named=True)
        rows = newest_jobs(found, params)
        key = ["requested_at", "report_id"]
        found = page_of(sent, params, rows, SHOWN, key).data
    except APIException as error:
        return refused(request, TEMPLATE, error, context)
    rows = described(request, found["results"])
    context |= {
        "rows": rows,
        "next": found["next"],
        "is_unfinished": not all(map(is_finished, rows)),
        "lacks_worker": any(row["worker_alive"] is False for row in rows),
    }
    return render(request, TEMPLATE, context)


@page("reports.add_report")
def request_one(request):
    """Request a report of a moment or range, of all stores or of those with labels."""
    labels = [label for label in request.POST.getlist("label") if label.strip()]
    sent = {name: request.POST.get(name, "").strip() for name in (*TIMES, "group_by")}
    try:
        count_on_page(request.user, "reports")
        wanted = {name: sent[name] or None for name in TIMES}
        wanted |= {"group_by": sent["group_by"], "labels": labels or None}
        report = request_for(request.user, read(NewReport, wanted))
    except APIException as error:
        shown = {name: sent[name][:16] for name in TIMES} | {"wanted": [*labels, ""]}
        shown |= {"since": shown["from"], "group_by": sent["group_by"]}
        return refused(request, TEMPLATE, error, form_of(request) | shown)
    return redirect("report_page", report.pk)


def form_of(request):
    labels = offered_labels(scope.viewer(request.user))
    return {
        "groupings": grouping_choices(labels),
        "states": Report.State.values,
        "state": request.GET.get("state", ""),
        "labels": labels,
        "wanted": [""],
    }
