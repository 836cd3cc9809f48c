"""The rows of a report: each store's figures, filtered and in any order."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.views import APIView

import sql
from reports.api.reports import REPORT_ID, find_complete
from reports.output import UNITS, columns_of, row_as_json
from restaurant_monitor.api import Page, Tables, answers, page_of, query
from stores import scope

ORDERS = ["store_id", "down", "uptime_percent", "unobserved"]
THRESHOLD = {
    "max_digits": 9,
    "decimal_places": 6,
    "min_value": 0,
    "coerce_to_string": False,
    "required": False,
    "default": None,
}
FIGURES = ["store_id", *(name for window in UNITS for name in columns_of(window))]


# --- What is asked


class RowsQuery(Page):
    search = serializers.CharField(
        required=False, default="", max_length=200, help_text="The beginning of an id."
    )
    window = serializers.ChoiceField(
        list(UNITS),
        required=False,
        default="week",
        help_text="The window that conditions and order speak of: minutes of the "
        "hour, hours of the day and the week. They go by the figures before rounding.",
    )
    uptime_below = serializers.DecimalField(
        **THRESHOLD,
        max_value=100,
        help_text="Only stores with less uptime, in percent of what was observed.",
    )
    down_at_least = serializers.DecimalField(
        **THRESHOLD,
        help_text="Only stores with so much downtime, in the unit of the window.",
    )
    observed = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Only stores of which anything was observed, or nothing at all.",
    )
    order = serializers.ChoiceField(
        [sign + name for name in ORDERS for sign in ("", "-")],
        required=False,
        default="store_id",
        help_text="With a minus: the largest first. A store without uptime_percent "
        "comes last either way; among equals the ids decide.",
    )


# --- What is answered


class UptimePercent(serializers.Serializer):
    uptime_percent = serializers.FloatField(
        allow_null=True, help_text="Of what was observed; null where nothing was."
    )


class WindowInMinutes(UptimePercent):
    uptime_minutes = serializers.FloatField()
    downtime_minutes = serializers.FloatField()
    unobserved_minutes = serializers.FloatField()


class WindowInHours(UptimePercent):
    uptime_hours = serializers.FloatField()
    downtime_hours = serializers.FloatField()
    unobserved_hours = serializers.FloatField()


class ReportRowAnswer(serializers.Serializer):
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


class ReportRows(Tables, APIView):
    @extend_schema(
        parameters=[REPORT_ID],
        responses=answers(ReportRowsAnswer, 404, 409, csv=True),
    )
    @query(RowsQuery)
    def get(self, request, asked, report_id):
        """Give a complete report's rows with every figure, each store's as a row."""
        report = find_complete(request.user, report_id)
        after_key, after_id = asked.cursor or (None, None)
        found = sql.rows(
            "report/figures",
            report_id=report.report_id,
            visible=scope.visible_to(request.user),
            search=asked.search,
            window=asked.window,
            uptime_below=asked.uptime_below,
            down_at_least=asked.down_at_least,
            observed=asked.observed,
            order_by=asked.order,
            after_key=after_key,
            after_id=after_id,
            most=asked.page_size + 1,
        )
        head = {"report_id": report.report_id, "as_of": report.as_of}
        page = page_of(request, asked, found, FIGURES, ["key", "store_id"], **head)
        page.data["results"] = [row_as_json(row) for row in found[: asked.page_size]]
        return page
