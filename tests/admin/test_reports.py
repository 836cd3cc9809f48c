"""The pages of reports."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django_q.models import OrmQ

from reports.compute import compute_now
from reports.models import Report, ReportRow
from tests.admin.pages import AS_OF, REPORTS, body, shown

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("denver")
class TestReports:
    def test_the_list_shows_states_downloads_and_errors(self, admin_client):
        report = compute_now(AS_OF)
        Report.objects.create(state=Report.State.FAILED, error="no luck", attempts=5)
        page = admin_client.get(REPORTS)
        assert "complete Download 2023-01-23 20:00:00 2 0." in shown(page)
        assert "failed - - - - no luck" in shown(page)
        assert page.text.count(reverse("download", args=[report.pk])) == 1

    def test_a_report_has_a_page_and_its_download_works(self, admin_client):
        report = compute_now(AS_OF, store_ids=["denver"])
        page = admin_client.get(f"{REPORTS}{report.pk}/change/")
        assert "Stores: denver" in shown(page)
        link = re.search(r'href="(/api/download/[^"]*)"', page.text)[1]
        file = body(admin_client.get(link))
        assert file.splitlines()[1] == "denver,0.00,2.25,2.25,0.00,0.75,0.75"

    def test_the_page_of_an_unfinished_report_refreshes_itself(self, admin_client):
        report = Report.objects.create()
        page = admin_client.get(f"{REPORTS}{report.pk}/change/")
        assert 'http-equiv="refresh"' in page.text
        assert "/api/download/" not in page.text
        Report.objects.update(state=Report.State.FAILED)
        page = admin_client.get(f"{REPORTS}{report.pk}/change/")
        assert 'http-equiv="refresh"' not in page.text

    @pytest.mark.parametrize(("is_alive", "warnings"), [(True, 0), (False, 1)])
    def test_it_warns_when_no_worker_is_alive(
        self, admin_client, monkeypatch, is_alive, warnings
    ):
        monkeypatch.setattr("reports.admin.is_worker_alive", lambda: is_alive)
        report = Report.objects.create()
        for address in (REPORTS, f"{REPORTS}{report.pk}/change/"):
            text = admin_client.get(address).text
            assert text.count("No worker is running") == warnings

    def test_it_says_when_too_many_reports_are_waiting(self, admin_client):
        moment = timedelta(seconds=1)
        Report.objects.bulk_create(Report(as_of=AS_OF + n * moment) for n in range(100))
        answer = admin_client.post(f"{REPORTS}request/", follow=True)
        assert "100 reports are waiting; try again later" in shown(answer)
        assert Report.objects.count() == 100

    def test_a_new_report_can_be_requested(self, admin_client):
        assert "Compute a new report" in admin_client.get(REPORTS).text
        answer = admin_client.post(f"{REPORTS}request/")
        report = Report.objects.get()
        assert report.state == Report.State.QUEUED
        assert (report.as_of, report.store_ids) == (None, None)
        assert OrmQ.objects.count() == 1
        assert answer.url == f"{REPORTS}{report.pk}/change/"

    def test_a_get_does_not_request_a_report(self, admin_client):
        assert admin_client.get(f"{REPORTS}request/").status_code == 405
        assert not Report.objects.exists()

    def test_deleting_reports_deletes_their_rows(self, admin_client):
        one, two, three = (compute_now(AS_OF).pk for _ in range(3))
        admin_client.post(f"{REPORTS}{one}/delete/", {"post": "yes"})
        chosen = {"action": "delete_selected", "_selected_action": [two]}
        admin_client.post(REPORTS, chosen | {"post": "yes"})
        assert [report.pk for report in Report.objects.all()] == [three]
        assert set(ReportRow.objects.values_list("report_id", flat=True)) == {three}

    def test_reports_cannot_be_added_or_edited(self, admin_client):
        report = compute_now(AS_OF)
        assert admin_client.post(f"{REPORTS}{report.pk}/change/").status_code == 403
        assert admin_client.get(f"{REPORTS}add/").status_code == 403
