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
    open_and_save,
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

    def test_staff_without_permissions_may_do_nothing(self, as_user):
        client = as_user()
        ingest = Ingest.objects.get()
        for address in (STORES, DENVER_PAGE, REPORTS, f"{INGESTS}{ingest.pk}/rejects/"):
            assert client.get(address).status_code == 403
        for address in (DENVER_PAGE, f"{STORES}denver/delete/", f"{REPORTS}request/"):
            assert client.post(address, {"post": "yes"}).status_code == 403
        assert Store.objects.count() == 2
        assert not Report.objects.exists()

    def test_the_view_permission_does_not_allow_changing_a_store(self, as_user):
        client = as_user("view_store")
        page = client.get(DENVER_PAGE)
        assert "Business hours: Monday: 09:00-12:00 Tuesday: closed" in shown(page)
        assert 'name="monday"' not in page.text
        assert client.post(DENVER_PAGE, {"monday": "10:00-12:00"}).status_code == 403
        assert client.post(f"{STORES}denver/delete/").status_code == 403
        assert "Delete selected" not in client.get(STORES).text
        late = client.get(f"{STORES}late/change/")
        assert "Business hours: always open" in shown(late)

    def test_the_change_permission_does_not_allow_deleting_a_store(self, as_user):
        client = as_user("change_store")
        assert open_and_save(client, DENVER_PAGE, monday="10:00-12:00") == {}
        chosen = {"action": "delete_selected", "_selected_action": ["denver"]}
        client.post(STORES, chosen | {"post": "yes"})
        assert client.post(f"{STORES}denver/delete/").status_code == 403
        assert Store.objects.count() == 2

    def test_the_view_permission_does_not_allow_requesting_a_report(self, as_user):
        client = as_user("view_report")
        assert "Compute a new report" not in client.get(REPORTS).text
        assert client.post(f"{REPORTS}request/").status_code == 403
        assert not Report.objects.exists()

    def test_the_add_permission_allows_requesting_a_report(self, as_user):
        assert as_user("add_report").post(f"{REPORTS}request/").url == "/admin/"
        assert Report.objects.count() == 1

    def test_the_view_permission_allows_downloading_rejects(self, as_user):
        client = as_user("view_ingest")
        ingest = Ingest.objects.get()
        assert body(client.get(f"{INGESTS}{ingest.pk}/rejects/")).startswith("file,")
