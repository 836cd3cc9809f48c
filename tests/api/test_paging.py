"""Pages of lists, whatever changes between two statements."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request

from reports.models import Report
from restaurant_monitor.http.paging import page_of
from stores.models import TimelineState
from tests.api.asking import client

pytestmark = pytest.mark.django_db


def test_a_page_of_a_queryset_is_one_statement():
    for _ in range(3):
        Report.objects.create(state="queued")
    rows = Report.objects.values_list("report_id", named=True)[:3]
    request = Request(RequestFactory().get("/api/reports"))
    params = SimpleNamespace(page_size=2)
    with CaptureQueriesContext(connection) as done:
        page = page_of(request, params, rows, ["report_id"], ["report_id"])
    assert len(done) == 1
    assert len(page.data["results"]) == 2
    assert page.data["next"]


def test_a_missing_row_of_our_own_is_an_error_and_not_a_404():
    TimelineState.objects.all().delete()
    client.raise_request_exception = False
    try:
        asked = {"as_of": "2023-01-25T00:00:00Z"}
        assert client.post("/api/reports", asked, format="json").status_code == 500
    finally:
        client.raise_request_exception = True
