from django.urls import path

from reports import api

collection = {"get": "list", "post": "create"}
single = {"get": "retrieve", "delete": "destroy"}

urlpatterns = [
    path("trigger_report", api.TriggerReport.as_view(), name="trigger_report"),
    path("get_report", api.GetReport.as_view(), name="get_report"),
    path("download/<report_id>", api.Download.as_view(), name="download"),
    path("reports", api.Reports.as_view(collection), name="reports"),
    path("reports/<report_id>", api.Reports.as_view(single), name="report"),
    path("reports/<report_id>/rows", api.ReportRows.as_view(), name="report_rows"),
]
