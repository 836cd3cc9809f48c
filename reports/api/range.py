"""The uptime of a report of a range."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from reports.api.reports import REPORT_ID, find_range
from reports.ranges import table_of
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.reading import NoParameters, query
from restaurant_monitor.http.tables import Table, Tables
from stores.api.rollup import RollupAnswer


@needs(GET="reports.view_reportrow")
class ReportUptime(Tables, APIView):
    @extend_schema(
        summary="Get the uptime of a report",
        parameters=[REPORT_ID],
        responses=answers(RollupAnswer, 404, 409, csv=True),
    )
    @query(NoParameters)
    def get(self, request, params, report_id):
        """Get the uptime of a complete report of a range, as `GET /api/uptime` has it.

        As CSV: the groups if grouped, otherwise one row with the total.
        """
        report = find_range(request.user, report_id)
        content = {"as_of": report.as_of, "from": report.since, "to": report.as_of}
        if report.group_by:
            content["groups"] = report.figures["groups"]
        return Response(Table(*table_of(report), **content, **report.figures["total"]))
