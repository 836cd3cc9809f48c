"""A user who may see only some stores can request and see only their reports."""

import pytest

from reports.compute import compute_now
from reports.models import Report
from stores import editing
from tests.api.asking import check_is_problem
from tests.api.reports import ONE, OTHER, REPORTS, ask_for, ids_of, rows_at
from tests.support.accounts import client_of, user_with

pytestmark = pytest.mark.django_db


def client_for(*store_ids, name="somebody"):
    """A client of a user who sees only these stores."""
    return client_of(user_with("operator", name=name, stores=store_ids))


@pytest.mark.usefixtures("data")
class TestUserWhoSeesSomeStores:
    def test_requests_a_report_of_all_their_stores(self):
        client = client_for(ONE, OTHER)
        assert ask_for(client).json()["store_ids"] == [ONE, OTHER]
        moment = {"as_of": "2023-01-25T12:00:00Z"}
        assert client.post("/api/trigger_report", moment).status_code == 200
        assert [r.store_ids for r in Report.objects.all()] == [[ONE, OTHER]] * 2

    def test_requests_no_report_of_other_stores(self):
        client = client_for(ONE)
        assert ask_for(client, {"store_ids": [ONE]}).status_code == 202
        problem = check_is_problem(ask_for(client, {"store_ids": [ONE, OTHER]}), 400)
        assert problem["errors"] == {"store_ids": [f"there is no store '{OTHER}'"]}

    def test_sees_only_their_rows_of_a_report_of_all_stores(self):
        report, client = compute_now(), client_for(OTHER)
        assert ids_of(client, report) == [OTHER]
        for shown in (
            client.get(f"{REPORTS}/{report.pk}").json(),
            client.get(REPORTS).json()["results"][0],
        ):
            assert shown["report_id"] == str(report.pk)
            assert shown["store_count"] is None

    def test_sees_the_row_of_a_store_that_was_deleted_since(self):
        report, client = compute_now(), client_for(OTHER)
        editing.delete([OTHER])
        assert ids_of(client, report) == [OTHER]

    def test_does_not_delete_a_report_of_all_stores(self):
        report = compute_now()
        check_is_problem(client_for(OTHER).delete(f"{REPORTS}/{report.pk}"), 403)
        assert Report.objects.filter(pk=report.pk).exists()

    def test_sees_and_deletes_only_their_own_reports_of_some_stores(self):
        client, colleague = client_for(ONE), client_for(ONE, name="colleague")
        own = ask_for(client, {"store_ids": [ONE]}).json()["report_id"]
        other = ask_for(colleague, {"store_ids": [ONE]}).json()["report_id"]
        assert own != other
        compute_now(None, [ONE])
        listed = client.get(REPORTS).json()["results"]
        assert [report["report_id"] for report in listed] == [own]
        for path in (f"{REPORTS}/{other}", rows_at(other)):
            check_is_problem(client.get(path), 404)
        check_is_problem(client.delete(f"{REPORTS}/{other}"), 404)
        assert Report.objects.filter(pk=other).exists()
        assert client.delete(f"{REPORTS}/{own}").status_code == 204
