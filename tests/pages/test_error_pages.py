"""What a person sees where there is no page, or where it may not be opened."""

import pytest
from django.test import Client

from tests.admin.pages import shown
from tests.pages.asking import logged_in

pytestmark = pytest.mark.django_db


def test_an_unknown_address_leads_back_to_the_overview():
    answer = Client().get("/nothing/")
    assert answer.status_code == 404
    assert "There is no page at this address." in shown(answer)
    assert 'href="/">To the overview' in answer.text


def test_an_unknown_store_is_named():
    answer = Client().get("/stores/nobody/")
    assert answer.status_code == 404
    assert "There is no store &#x27;nobody&#x27;." in shown(answer)


def test_the_links_to_other_pages_stay(settings):
    answer = logged_in(settings, "viewer").get("/nothing/")
    assert 'href="/outages/"' in answer.text


def test_the_permission_that_is_missing_is_named(settings):
    answer = logged_in(settings).get("/reports/")
    assert answer.status_code == 403
    assert "This needs the permission reports.view_report." in shown(answer)


def test_a_date_that_is_none_is_named():
    answer = Client().get("/stores/nobody/uptime.csv?week=x")
    assert answer.status_code == 400
    assert "Week is not a date such as 2023-01-23." in shown(answer)


def test_an_error_of_the_program_has_the_id_of_the_request(monkeypatch):
    monkeypatch.setattr("stores.pages.overview.read_asked", lambda request: 1 / 0)
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 500
    said = f"The log has the reason, at request {answer['X-Request-ID']}."
    assert said in shown(answer)
