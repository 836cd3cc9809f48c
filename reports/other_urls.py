"""Other addresses of the three original endpoints: at the root, and with a slash.

The description of the API has only the addresses in urls.py.
"""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from reports.api.trigger import (
    Download,
    GetReport,
    TriggerReport,
    get_report_elsewhere,
)

endpoints = {
    "trigger_report": TriggerReport.as_view(schema=None),
    "get_report": GetReport.as_view(schema=None),
    "download/<report_id>": Download.as_view(schema=None),
    "get_report/<report_id>": csrf_exempt(get_report_elsewhere),
}
urlpatterns = [
    path(f"{address}{slash}", view)
    for address, view in endpoints.items()
    for slash in ("", "/")
]
