"""The files of a report that its page offers."""

from functools import partial

from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import APIException

from reports.api.reports import find_complete, find_windows
from reports.api.rows import write_rows
from reports.output import write_csv
from reports.pages.report import SEES_ROWS, TEMPLATE, WorstFirst
from reports.workbook import CONTENT_TYPE, write_workbook
from restaurant_monitor.access.pages import page
from restaurant_monitor.http.tables import CSV, csv_file, written_file
from stores import scope
from stores.pages.asking import asked, refused

MINUTE = "%Y-%m-%dT%H%MZ"


@require_safe
@never_cache
@page("reports.view_report")
def as_csv(request, report_id):
    """Download a report as CSV, in the form of `GET /api/download/{report_id}`."""
    return download(request, report_id, write_csv, "csv", CSV)


@require_safe
@never_cache
@page("reports.view_report")
def as_workbook(request, report_id):
    """Download a report as a workbook, with the unobserved time."""
    return download(request, report_id, write_workbook, "xlsx", CONTENT_TYPE)


@require_safe
@never_cache
@page("reports.view_report", SEES_ROWS)
def shown_rows(request, report_id):
    """Download the rows that the page of a report shows in pages, as the API's CSV."""
    try:
        report = find_windows(request.user, report_id)
        _, params = asked(WorstFirst, request)
    except APIException as error:
        return refused(request, TEMPLATE, error, {})
    write = partial(write_rows, report, params, scope.viewer(request.user))
    return csv_file(write, f"uptime-rows-{report.as_of:{MINUTE}}.csv")


def download(request, report_id, write, ending, content_type):
    try:
        report = find_complete(request.user, report_id)
    except APIException as error:
        return refused(request, TEMPLATE, error, {})
    write = partial(
        write,
        report,
        viewer=scope.viewer(request.user),
        exclude_excused=request.GET.get("exclude_excused") == "true",
    )
    moments = [
        f"{moment:{MINUTE}}" for moment in (report.since, report.as_of) if moment
    ]
    return written_file(write, f"uptime-{'-'.join(moments)}.{ending}", content_type)
