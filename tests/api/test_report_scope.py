"""A user who may see only some stores can request and see only their reports."""

import pytest

from reports.compute import compute_now
from reports.models import Report
from stores import scope
from tests.api.asking import check_is_problem
from tests.api.reports import ONE, OTHER, REPORTS, ask_for, ids_of, rows_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def only(monkeypatch):
    """Let the user see only these stores."""

    def limit(*store_ids):
        monkeypatch.setattr(scope, "visible_to", lambda user: list(store_ids))

    return limit


@pytest.mark.usefixtures("data")
class TestUserWhoSeesSomeStores:
    def test_requests_a_report_of_all_their_stores(self, client, only):
        only(ONE, OTHER)
        assert ask_for(client).json()["store_ids"] == [ONE, OTHER]
        moment = {"as_of": "2023-01-25T12:00:00Z"}
        assert client.post("/api/trigger_report", moment).status_code == 200
        assert [r.store_ids for r in Report.objects.all()] == [[ONE, OTHER]] * 2

    def test_requests_no_report_of_other_stores(self, client, only):
        only(ONE)
        assert ask_for(client, {"store_ids": [ONE]}).status_code == 202
        problem = check_is_problem(ask_for(client, {"store_ids": [ONE, OTHER]}), 400)
        assert problem["errors"] == {"store_ids": [f"there is no store '{OTHER}'"]}

    def test_sees_only_their_rows_of_a_report_of_all_stores(self, client, only):
        report = compute_now()
        only(OTHER)
        assert ids_of(client, report) == [OTHER]

    def test_sees_no_report_of_other_stores(self, client, only):
        theirs, other = compute_now(None, [ONE]), compute_now(None, [ONE, OTHER])
        only(ONE)
        listed = client.get(REPORTS).json()["results"]
        assert [report["report_id"] for report in listed] == [str(theirs.pk)]
        for path in (f"{REPORTS}/{other.pk}", rows_at(other.pk)):
            check_is_problem(client.get(path), 404)
        check_is_problem(client.delete(f"{REPORTS}/{other.pk}"), 404)
        assert Report.objects.filter(pk=other.pk).exists()
