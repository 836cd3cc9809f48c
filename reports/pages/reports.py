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
from restaurant_monitor.access.limits import count_on_page
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.paging import newest_jobs, page_of
from restaurant_monitor.http.reading import read
from stores import scope
from stores.labels import offered_labels
from stores.pages.asking import asked, refused

TEMPLATE = "pages/reports.html"
SHOWN = [*STORED, "labels"]


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
    }
    return render(request, TEMPLATE, context)


@page("reports.add_report")
def request_one(request):
    """Request a report of a moment, of all stores or of those with labels."""
    labels = [label for label in request.POST.getlist("label") if label.strip()]
    as_of = request.POST.get("as_of", "").strip()
    try:
        count_on_page(request.user, "reports")
        data = read(NewReport, {"as_of": as_of or None, "labels": labels or None})
        report = request_for(request.user, data)
    except APIException as error:
        sent = {"as_of": as_of[:16], "wanted": [*labels, ""]}
        return refused(request, TEMPLATE, error, form_of(request) | sent)
    return redirect("report_page", report.pk)


def form_of(request):
    return {
        "states": Report.State.values,
        "state": request.GET.get("state", ""),
        "labels": offered_labels(scope.viewer(request.user)),
        "wanted": [""],
    }
