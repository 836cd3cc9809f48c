from django.urls import path

from reports.api.alerts import Acknowledge, Alerts
from reports.api.range import ReportUptime
from reports.api.reports import Reports
from reports.api.rows import ReportRows
from reports.api.rules import Channels, Rules
from reports.api.trigger import Download, GetReport, TriggerReport

collection = {"get": "list", "post": "create"}
single = {"get": "retrieve", "delete": "destroy"}

urlpatterns = [
    path("trigger_report", TriggerReport.as_view(), name="trigger_report"),
    path("get_report", GetReport.as_view(), name="get_report"),
    path("download/<report_id>", Download.as_view(), name="download"),
    path("alerts", Alerts.as_view({"get": "list"}), name="alerts"),
    path(
        "alerts/<alert_id>/acknowledge",
        Acknowledge.as_view(),
        name="acknowledge",
    ),
    path("alert-rules", Rules.as_view(collection), name="alert_rules"),
    path(
        "alert-rules/<rule_id>",
        Rules.as_view(single | {"patch": "partial_update"}),
        name="alert_rule",
    ),
    path("alert-channels", Channels.as_view({"get": "list"}), name="alert_channels"),
    path("reports", Reports.as_view(collection), name="reports"),
    path("reports/<report_id>", Reports.as_view(single), name="report"),
    path("reports/<report_id>/rows", ReportRows.as_view(), name="report_rows"),
    path("reports/<report_id>/uptime", ReportUptime.as_view(), name="report_uptime"),
]
