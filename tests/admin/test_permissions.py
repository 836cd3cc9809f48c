"""Who may see and do what."""

import pytest

from reports.compute import compute_now
from reports.models import Report
from stores.models import Ingest, Store
from tests.admin.pages import (
    AS_OF,
    DENVER_PAGE,
    INGESTS,
    REPORTS,
    STORES,
    body,
    saved,
    shown,
)

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("denver")
class TestPermissions:
    def test_nobody_sees_anything_without_logging_in(self, client):
        report, ingest = compute_now(AS_OF), Ingest.objects.get()
        for address in (
            STORES,
            DENVER_PAGE,
            f"{REPORTS}{report.pk}/change/",
            f"{INGESTS}{ingest.pk}/rejects/",
        ):
            assert client.get(address).url.startswith("/admin/login/")
        assert client.post(f"{REPORTS}request/").url.startswith("/admin/login/")
        assert Report.objects.count() == 1

    def test_staff_may_do_what_they_were_allowed(self, as_user):
        client = as_user()
        ingest = Ingest.objects.get()
        for address in (STORES, DENVER_PAGE, REPORTS, f"{INGESTS}{ingest.pk}/rejects/"):
            assert client.get(address).status_code == 403
        for address in (DENVER_PAGE, f"{STORES}denver/delete/", f"{REPORTS}request/"):
            assert client.post(address, {"post": "yes"}).status_code == 403
        assert Store.objects.count() == 2
        assert not Report.objects.exists()

    def test_who_may_look_at_a_store_may_not_change_it(self, as_user):
        client = as_user("view_store")
        page = client.get(DENVER_PAGE)
        assert "Business hours: Monday: 09:00-12:00 Tuesday: closed" in shown(page)
        assert 'name="monday"' not in page.text
        assert client.post(DENVER_PAGE, {"monday": "10:00-12:00"}).status_code == 403
        assert client.post(f"{STORES}denver/delete/").status_code == 403
        assert "Delete selected" not in client.get(STORES).text
        late = client.get(f"{STORES}late/change/")
        assert "Business hours: always open" in shown(late)

    def test_who_may_change_a_store_may_not_delete_it(self, as_user):
        client = as_user("change_store")
        assert saved(client, DENVER_PAGE, monday="10:00-12:00") == {}
        chosen = {"action": "delete_selected", "_selected_action": ["denver"]}
        client.post(STORES, chosen | {"post": "yes"})
        assert client.post(f"{STORES}denver/delete/").status_code == 403
        assert Store.objects.count() == 2

    def test_who_may_look_at_reports_may_not_ask_for_one(self, as_user):
        client = as_user("view_report")
        assert "Compute a new report" not in client.get(REPORTS).text
        assert client.post(f"{REPORTS}request/").status_code == 403
        assert not Report.objects.exists()

    def test_who_may_add_reports_may_ask_for_one(self, as_user):
        assert as_user("add_report").post(f"{REPORTS}request/").url == "/admin/"
        assert Report.objects.count() == 1

    def test_who_may_look_at_ingests_may_download_rejects(self, as_user):
        client = as_user("view_ingest")
        ingest = Ingest.objects.get()
        assert body(client.get(f"{INGESTS}{ingest.pk}/rejects/")).startswith("file,")
