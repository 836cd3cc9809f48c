"""The rows of a report: the figures of each store, filtered, in any order."""

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.views import APIView

import sql
from reports.api.reports import REPORT_ID, find_windows
from reports.output import UNITS, figures_of, row_as_json
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.paging import Page, page_of
from restaurant_monitor.http.reading import query
from restaurant_monitor.http.tables import Tables, write_lines
from stores import scope
from stores.addresses import LinkedStore, with_urls
from stores.api.labels import Labelled

ORDERS = ["store_id", "up", "down", "uptime_percent", "unobserved"]
THRESHOLD = {
    "max_digits": 9,
    "decimal_places": 6,
    "min_value": 0,
    "coerce_to_string": False,
    "required": False,
    "default": None,
}
EXCUSED = (
    "How much of the business time is excused: a part of the other three, or with "
    "`exclude_excused` beside them."
)
FIGURES = ["store_id", *(name for window in UNITS for name in figures_of(window))]


# --- Requests


class RowsQuery(Labelled, Page):
    search = serializers.CharField(
        required=False,
        default="",
        max_length=200,
        help_text="The beginning of an id, or a part of a name in any letter case.",
    )
    window = serializers.ChoiceField(
        list(UNITS),
        required=False,
        default="week",
        help_text="The window for conditions and order. Its unit is minutes for the "
        "hour, and hours for the day and the week. Both use the unrounded figures.",
    )
    uptime_below = serializers.DecimalField(
        **THRESHOLD,
        max_value=100,
        help_text="Only stores with less uptime, in percent of the observed time.",
    )
    down_at_least = serializers.DecimalField(
        **THRESHOLD,
        help_text="Only stores with at least this downtime, in the unit of the window.",
    )
    exclude_excused = serializers.BooleanField(
        required=False,
        default=False,
        help_text="True: excused time is neither up nor down nor unobserved. False: it "
        "counts as what was seen.",
    )
    observed = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="True: only stores with observed time. False: only those without.",
    )
    order = serializers.ChoiceField(
        [sign + name for name in ORDERS for sign in ("", "-")],
        required=False,
        default="store_id",
        help_text="With a minus: descending. A store without uptime_percent always "
        "comes last. Equal stores are ordered by id.",
    )


# --- Answers


class UptimePercent(serializers.Serializer):
    uptime_percent = serializers.FloatField(
        allow_null=True, help_text="Of the observed time. Null if nothing was observed."
    )


class WindowInMinutes(UptimePercent):
    uptime_minutes = serializers.FloatField()
    downtime_minutes = serializers.FloatField()
    unobserved_minutes = serializers.FloatField()
    excused_minutes = serializers.FloatField(help_text=EXCUSED)


class WindowInHours(UptimePercent):
    uptime_hours = serializers.FloatField()
    downtime_hours = serializers.FloatField()
    unobserved_hours = serializers.FloatField()
    excused_hours = serializers.FloatField(help_text=EXCUSED)


class ReportRowAnswer(LinkedStore):
    store_id = serializers.CharField()
    last_hour = WindowInMinutes()
    last_day = WindowInHours()
    last_week = WindowInHours()


class ReportRowsAnswer(serializers.Serializer):
    report_id = serializers.UUIDField()
    as_of = serializers.DateTimeField(help_text="Where all windows end.")
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = ReportRowAnswer(many=True)


# --- The endpoint


@needs(GET="reports.view_reportrow")
class ReportRows(Tables, APIView):
    @extend_schema(
        summary="Get a report's rows",
        parameters=[REPORT_ID],
        responses=answers(ReportRowsAnswer, 404, 409, csv=True),
    )
    @query(RowsQuery)
    def get(self, request, params, report_id):
        """Get the rows of a complete report: one per store, with every figure."""
        report = find_windows(request.user, report_id)
        found = rows_of(report, params, scope.viewer(request.user))
        head = {"report_id": report.report_id, "as_of": report.as_of}
        page = page_of(request, params, found, FIGURES, ["key", "store_id"], **head)
        rows = [row_as_json(row) for row in found[: params.page_size]]
        page.data["results"] = with_urls(request, rows)
        return page


def rows_of(report, params, viewer):
    """Return the rows of a page of a report that RowsQuery asks for, and one more."""
    after_key, after_id = params.cursor or (None, None)
    return sql.rows(
        "report/figures",
        **conditions_of(report, params, viewer),
        after_key=after_key,
        after_id=after_id,
        limit=params.page_size + 1,
    )


@transaction.atomic
def write_rows(report, params, viewer, file):
    """Write the rows of all pages of rows_of to a binary file, as the API's CSV."""
    rows = sql.stream("report/figures", **conditions_of(report, params, viewer))
    write_lines(FIGURES, rows, file)


def conditions_of(report, params, viewer):
    return {
        "report_id": report.report_id,
        "viewer": viewer,
        "search": params.search or None,
        "labels": params.labels,
        "window": params.window,
        "uptime_below": params.uptime_below,
        "down_at_least": params.down_at_least,
        "observed": params.observed,
        "exclude_excused": params.exclude_excused,
        "order_by": params.order,
    }
