from django.urls import path

from reports import api

urlpatterns = [
    path("trigger_report", api.TriggerReport.as_view(), name="trigger_report"),
    path("get_report", api.GetReport.as_view(), name="get_report"),
    path("download/<report_id>", api.Download.as_view(), name="download"),
    path("reports/", api.ReportList.as_view(), name="reports"),
    path("reports/<report_id>", api.ReportDetail.as_view(), name="report"),
]
