"""Reports as resources: requested, listed, watched and deleted."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django_q.models import OrmQ

from reports.compute import compute, compute_now
from reports.models import Report, ReportRow
from restaurant_monitor.jobs.models import Heartbeat
from restaurant_monitor.jobs.tasks import attempt
from stores.models import Store
from stores.timeline.prune import prune_polls
from tests.api.asking import check_is_problem
from tests.api.reports import (
    AS_OF,
    ONE,
    OTHER,
    REPORTS,
    ask_for,
    create_report,
    results,
    rows_at,
)
from tests.support import engine, reference
from tests.support.reference import MICROSECOND

pytestmark = pytest.mark.django_db

STATES = list(Report.State)


@pytest.mark.parametrize("state", STATES)
def test_the_resource_shows_the_state(client, state):
    report = create_report(state, attempts=2, store_count=3, error="e")
    found = client.get(f"/api/reports/{report.report_id}").json()
    assert found["report_id"] == str(report.report_id)
    assert found["state"] == state
    assert (found["attempts"], found["store_count"]) == (2, 3)
    for name in ("as_of", "requested_at", "started_at", "finished_at"):
        assert name in found
    links = {"self": f"http://testserver/api/reports/{report.report_id}"}
    if state == "complete":
        links["rows"] = f"{links['self']}/rows"
        links["download"] = f"http://testserver/api/download/{report.report_id}"
    assert found["links"] == links
    done = state in ("complete", "failed")
    assert found["worker_alive"] is (None if done else False)


def test_the_list_pages_through_all(client):
    made_ids = [str(create_report("failed").report_id) for _ in range(120)]
    found, path = [], REPORTS
    while path:
        page = client.get(path).json()
        found += [report["report_id"] for report in page["results"]]
        path = page["next"]
    assert found == made_ids[::-1]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "cD1mb28=",  # p=foo
        "cD0yMDIzLTAxLTI1",  # p=2023-01-25
        "cD0lMDA=",  # p=%00
        "cj0xJnA9Zm9v",  # r=1&p=foo
        "bz0tMQ==",  # o=-1
        "bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk=",  # o=99999999999999999999999
        "/w==",
    ],
)
def test_a_made_up_cursor_never_causes_an_internal_error(client, cursor):
    create_report("failed")
    response = client.get(f"{REPORTS}?cursor={cursor}")
    assert response.status_code in (200, 400, 404)
    if response.status_code != 200:
        check_is_problem(response, response.status_code)


def test_the_worker_is_alive_while_its_heartbeat_is_recent(client):
    from django.conf import settings
    from django.utils.timezone import now, timedelta

    path = f"/api/reports/{create_report('queued').report_id}"
    assert client.get(path).json()["worker_alive"] is False
    limit = timedelta(seconds=settings.HEARTBEAT_SECONDS)
    Heartbeat.objects.create(seen_at=now() - 2 * limit)
    assert client.get(path).json()["worker_alive"] is False
    Heartbeat.objects.update(seen_at=now())
    assert client.get(path).json()["worker_alive"] is True
    # The clock was set back.
    Heartbeat.objects.update(seen_at=now() + timedelta(hours=1))
    assert client.get(path).json()["worker_alive"] is False


def test_a_request_returns_the_queued_report(client, data):
    answer = ask_for(client)
    assert answer.status_code == 202
    report = Report.objects.get()
    address = f"http://testserver/api/reports/{report.pk}"
    assert answer["Location"] == address
    assert answer["Retry-After"] == "1"
    found = answer.json()
    assert datetime.fromisoformat(found.pop("requested_at")) == report.requested_at
    assert found == {
        "report_id": str(report.pk),
        "state": "queued",
        "as_of": None,
        "from": None,
        "to": None,
        "group_by": "",
        "store_ids": None,
        "labels": None,
        "started_at": None,
        "finished_at": None,
        "attempts": 0,
        "store_count": None,
        "error": "",
        "request_id": answer["X-Request-ID"],
        "waiting_before": 0,
        "worker_alive": False,
        "links": {"self": address},
    }
    assert OrmQ.objects.get().task["args"] == ("reports.Report", str(report.pk))


def test_a_report_has_the_requested_stores_and_as_of(client, data):
    wanted = {"as_of": "2023-01-25T06:00:00-06:00", "store_ids": [OTHER, ONE]}
    report_id = ask_for(client, wanted).json()["report_id"]
    attempt("reports.Report", report_id)
    found = client.get(f"{REPORTS}/{report_id}").json()
    assert (found["state"], found["store_count"]) == ("complete", 2)
    assert found["as_of"] == "2023-01-25T12:00:00Z"
    assert found["store_ids"] == [OTHER, ONE]
    [rows] = results(client, rows_at(report_id))
    assert [row["store_id"] for row in rows] == [ONE, OTHER]


@pytest.mark.parametrize("body", [{}, {"as_of": None, "store_ids": None}, None])
def test_by_default_a_report_has_every_store(client, data, body):
    assert ask_for(client, body).status_code == 202
    report = Report.objects.get()
    assert (report.as_of, report.store_ids) == (None, None)


def test_ten_thousand_stores_may_be_named(client, data):
    names = [f"store {n}" for n in range(10_001)]
    Store.objects.bulk_create(Store(store_id=name) for name in names)
    assert ask_for(client, {"store_ids": names[:-1]}).status_code == 202
    problem = check_is_problem(ask_for(client, {"store_ids": names}), 400)
    assert problem["errors"].keys() == {"store_ids"}
    assert Report.objects.get().store_ids == names[:-1]


@pytest.mark.parametrize(
    "store_ids",
    [
        [],
        [ONE, ONE],
        [ONE, None],
        [ONE, ""],
        [ONE, [OTHER]],
        [f" {ONE}"],
        ["\0"],
        ONE,
        {},
        0,
        True,
    ],
    ids=ascii,
)
def test_store_ids_must_be_a_list_of_distinct_ids(client, data, store_ids):
    problem = check_is_problem(ask_for(client, {"store_ids": store_ids}), 400)
    assert problem["errors"].keys() == {"store_ids"}
    assert not Report.objects.exists()


def test_unknown_stores_are_refused_by_name(client, data):
    wanted = {"store_ids": ["no such", ONE, "nor'\" such"]}
    problem = check_is_problem(ask_for(client, wanted), 400)
    assert problem["errors"] == {
        "store_ids": [
            "there is no store 'no such'",
            "there is no store 'nor\\'\" such'",
        ]
    }
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [({"store": [ONE]}, "store"), ({"as_of": "now"}, "as_of"), ({"as_of": 0}, "as_of")],
)
def test_unknown_fields_and_invalid_moments_are_refused(client, data, body, field):
    problem = check_is_problem(ask_for(client, body), 400)
    assert problem["errors"].keys() == {field}
    assert not Report.objects.exists()


@pytest.mark.parametrize("body", ["[]", "null", "1", '"as_of"', "{", '{"as_of": NaN}'])
def test_a_body_that_is_not_an_object_is_refused(client, data, body):
    answer = client.post(REPORTS, body, content_type="application/json")
    check_is_problem(answer, 400)


def test_only_json_is_accepted_and_returned(client, data):
    check_is_problem(client.post(REPORTS, {"as_of": AS_OF}, format="multipart"), 415)
    form = "application/x-www-form-urlencoded"
    check_is_problem(client.post(REPORTS, "as_of=", content_type=form), 415)
    check_is_problem(ask_for(client, accept="text/html"), 406)
    assert not Report.objects.exists()


def test_a_body_that_is_too_large_is_refused(client, data):
    body = b'{"store_ids": ["' + b"x" * 1_100_000 + b'"]}'
    answer = client.post(REPORTS, body, content_type="application/json")
    check_is_problem(answer, 413)


def test_without_polls_a_report_needs_an_as_of(client):
    assert "poll" in check_is_problem(ask_for(client), 409)["detail"]
    assert ask_for(client, {"as_of": "2023-01-25"}).status_code == 202


@pytest.mark.parametrize("path", [REPORTS, "/api/trigger_report"])
def test_a_week_that_has_been_pruned_is_refused_at_once(client, tmp_path, path):
    call_command("make_sample", tmp_path, stores=3, days=20, verbosity=0)
    engine.load_folder(tmp_path)
    sum(prune_polls(9))
    newest = reference.newest_poll(reference.read_csvs(tmp_path))
    # The first date that is kept completely in every zone begins a day later.
    kept = datetime.combine((newest - timedelta(days=9)).date(), datetime.min.time())
    earliest = kept.replace(tzinfo=UTC) + timedelta(days=1 + 7)
    early = {"as_of": (earliest - MICROSECOND).isoformat()}
    problem = check_is_problem(client.post(path, early, format="json"), 400)
    assert earliest.isoformat() in problem["errors"]["as_of"][0]
    assert not Report.objects.exists()
    accepted = client.post(path, {"as_of": earliest.isoformat()}, format="json")
    assert accepted.status_code in (200, 202)
    compute(Report.objects.get())


def test_the_list_is_filtered_by_state(client):
    made = [Report.objects.create(state=state) for state in list(Report.State) * 3]
    for state in Report.State:
        pages = results(client, REPORTS, state=state, page_size=2)
        assert [len(page) for page in pages] == [2, 1]
        found = [report["report_id"] for page in pages for report in page]
        assert found == [str(r.pk) for r in made[::-1] if r.state == state]


def test_reports_requested_at_one_instant_are_all_listed(client):
    made = {str(Report.objects.create(state="failed").pk) for _ in range(10)}
    Report.objects.update(requested_at=AS_OF)
    pages = results(client, REPORTS, page_size=3)
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    assert {report["report_id"] for page in pages for report in page} == made


@pytest.mark.parametrize(
    "asked",
    [
        {"state": "done"},
        {"state": ""},
        {"states": "failed"},
        {"state": ["failed", "failed"]},
        {"page_size": 0},
        {"page_size": 1001},
        {"cursor": "x"},
        {"cursor": ""},
    ],
)
def test_the_list_refuses_invalid_parameters(client, asked):
    problem = check_is_problem(client.get(REPORTS, asked), 400)
    assert problem["errors"].keys() == asked.keys()


def test_an_unfinished_report_shows_how_many_come_before_it(client):
    states = ["complete", "running", "failed", "queued", "queued"]
    made = [Report.objects.create(state=state) for state in states]
    before = []
    for report in made:
        answer = client.get(f"{REPORTS}/{report.pk}")
        before.append(answer.json()["waiting_before"])
        is_done = report.state in ("complete", "failed")
        assert answer.get("Retry-After") == (None if is_done else "1")
    assert before == [None, 0, None, 1, 2]
    listed = client.get(REPORTS).json()["results"]
    assert [report["waiting_before"] for report in listed] == before[::-1]


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_report_takes_no_parameters(client, method):
    report = Report.objects.create(state="failed")
    answer = getattr(client, method)(f"{REPORTS}/{report.pk}?state=failed")
    check_is_problem(answer, 400)
    assert Report.objects.exists()


@pytest.mark.usefixtures("data")
def test_deleting_a_report_deletes_its_rows_and_no_others(client):
    gone, kept = compute_now(), compute_now()
    answer = client.delete(f"{REPORTS}/{gone.pk}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert set(ReportRow.objects.values_list("report_id", flat=True)) == {kept.pk}
    for method in (client.get, client.delete):
        check_is_problem(method(f"{REPORTS}/{gone.pk}"), 404)
    assert client.get(f"{REPORTS}/{kept.pk}").status_code == 200


@pytest.mark.usefixtures("data")
def test_a_report_deleted_in_the_queue_is_never_computed(client):
    report_id = ask_for(client).json()["report_id"]
    assert client.delete(f"{REPORTS}/{report_id}").status_code == 204
    attempt("reports.Report", report_id)
    assert not ReportRow.objects.exists()
    assert not Report.objects.exists()


@pytest.mark.usefixtures("data")
def test_a_report_deleted_while_it_is_computed_leaves_nothing(client):
    report = Report.objects.create(state="running")
    assert client.delete(f"{REPORTS}/{report.pk}").status_code == 204
    with pytest.raises(DatabaseError):
        compute(report)
    assert not ReportRow.objects.exists()
    assert not Report.objects.exists()
