"""The addresses of the pages of reports and alerts."""

from django.urls import path

from reports.pages import alerts, compare, files, report, reports

urlpatterns = [
    path("alerts/", alerts.alerts, name="alerts_page"),
    path(
        "alerts/<uuid:alert_id>/acknowledge/",
        alerts.acknowledge_one,
        name="acknowledge_alert",
    ),
    path("alerts/rules/<uuid:rule_id>/mute/", alerts.mute, name="mute_rule"),
    path("reports/", reports.reports, name="reports_page"),
    path("reports/compare/", compare.compare, name="compare_page"),
    path("reports/compare/rows.csv", compare.compare_csv, name="compare_csv"),
    path("reports/<report_id>/", report.report, name="report_page"),
    path("reports/<report_id>/rows.csv", files.as_csv, name="report_csv"),
    path("reports/<report_id>/shown.csv", files.shown_rows, name="shown_rows_csv"),
    path("reports/<report_id>/rows.xlsx", files.as_workbook, name="report_xlsx"),
]
