"""Reports of a range of time, requested over the API and computed by a worker's job."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from reports.models import Report
from reports.workbook import write_workbook
from restaurant_monitor.access.models import Grant
from restaurant_monitor.jobs.tasks import attempt
from stores.models import Poll, Store
from stores.timeline.prune import prune_polls
from tests.api.asking import answer, check_is_problem, client
from tests.api.two import DAY, TOTAL, at
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.reference import Data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("two_of_three")]
REPORTS = "/api/reports"
EAST = [1, 3 * 3600, 2 * 3600, 3600, 0, 0, 66.67]
WEST = [1, 4 * 3600, 4 * 3600, 0, 0, 0, 100]


def request(asking=client, **body):
    return asking.post(REPORTS, DAY | body, format="json")


def computed(asking=client, **body):
    """Request a report of the day, compute it and return its state."""
    made = request(asking, **body)
    assert made.status_code == 202, made.content
    attempt("reports.Report", made.json()["report_id"])
    return answer(asking.get(made.json()["links"]["self"]))


def figures(group):
    return [group[name] for name in TOTAL]


def test_it_has_the_total_and_the_groups_of_the_range():
    report = computed(group_by="label:region")
    assert report["state"] == "complete"
    assert (report["from"], report["to"]) == (
        "2023-01-23T00:00:00Z",
        "2023-01-23T13:00:00Z",
    )
    assert (report["group_by"], report["store_count"]) == ("label:region", 3)
    found = answer(client.get(report["links"]["uptime"]))
    assert {name: found[name] for name in TOTAL} == TOTAL
    groups = {group["value"]: figures(group) for group in found["groups"]}
    assert groups == {"east": EAST, "west": WEST, None: [1, 0, 0, 0, 0, 0, None]}


@pytest.mark.parametrize(
    "group_by",
    ["", "day", "weekday_hour", "store", "location", "label:region,day"],
)
def test_it_is_what_the_uptime_of_all_stores_was_at_that_time(group_by):
    wanted = DAY | ({"group_by": group_by} if group_by else {})
    now = answer(client.get("/api/uptime", wanted))
    files = {"accept": "text/csv"}
    as_csv = client.get("/api/uptime", wanted, headers=files).content
    report = computed(group_by=group_by)
    Poll.objects.all().delete()
    assert answer(client.get(report["links"]["uptime"])) == now
    uptime = client.get(report["links"]["uptime"], headers=files)
    download = client.get(report["links"]["download"])
    got = client.get("/api/get_report", {"report_id": report["report_id"]})
    assert uptime.content == as_csv
    assert download.getvalue() == got.getvalue() == as_csv


def test_labels_choose_the_stores():
    report = computed(group_by="store", labels=["region:east"])
    found = answer(client.get(report["links"]["uptime"]))
    [group] = found["groups"]
    assert (group["store_id"], figures(group)) == ("bad", EAST)
    assert (report["labels"], report["store_count"]) == (["region:east"], 1)


def test_its_workbook_has_numbers_and_texts():
    report = Report.objects.get(pk=computed(group_by="label:region")["report_id"])
    file = BytesIO()
    write_workbook(report, file)
    book = load_workbook(file)
    head, *rows = book["Uptime"].iter_rows(values_only=True)
    assert head[:3] == ("value", "stores", "business (seconds)")
    assert rows[0] == ("east", *EAST)
    notes = dict(book["About"].iter_rows(values_only=True))
    assert notes["From"] == "2023-01-23 00:00:00 UTC"
    assert notes["To"] == "2023-01-23 13:00:00 UTC"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": None}, "from"),
        ({"to": None}, "to"),
        ({"from": None, "to": None, "group_by": "day"}, "group_by"),
        ({"group_by": "week"}, "group_by"),
        ({"as_of": "2023-01-23T12:00:00Z"}, "as_of"),
        ({"store_ids": ["good"]}, "store_ids"),
        ({"to": "2023-01-23"}, "from"),
        ({"from": "2021-01-01"}, "from"),
        ({"to": "2023-01-23T13:00:01Z"}, "to"),
        ({"labels": ["region:north"]}, "labels"),
    ],
)
def test_an_impossible_range_is_refused_with_its_field(asked, field):
    problem = check_is_problem(request(**asked), 400)
    assert list(problem["errors"]) == [field]
    assert not Report.objects.exists()


def test_without_a_poll_there_is_no_range():
    Poll.objects.all().delete()
    Store.objects.update(last_seen_at=None)
    check_is_problem(request(), 409)


def test_a_range_whose_polls_were_pruned_is_refused_and_fails():
    made = request().json()
    engine.load(Data([("good", True, at("13:00", day)) for day in range(24, 32)]))
    list(prune_polls(8))
    # Kept from the 23rd. In some zones that ends only on the 24th.
    problem = check_is_problem(request(), 400)
    assert list(problem["errors"]) == ["from"]
    kept = {"from": "2023-01-24", "to": "2023-01-25"}
    assert request(**kept).status_code == 202
    attempt("reports.Report", made["report_id"])
    failed = answer(client.get(made["links"]["self"]))
    assert failed["state"] == "failed"
    assert "were pruned" in failed["error"]


def test_a_report_with_windows_has_no_uptime_and_one_of_a_range_no_rows():
    windows = client.post(REPORTS, {}, format="json").json()
    attempt("reports.Report", windows["report_id"])
    check_is_problem(client.get(f"{REPORTS}/{windows['report_id']}/uptime"), 409)
    of_range = computed()
    assert "rows" not in of_range["links"]
    check_is_problem(client.get(f"{REPORTS}/{of_range['report_id']}/rows"), 409)


def test_an_equal_range_that_waits_is_the_answer():
    first = request(group_by="day").json()
    assert request(group_by="day").json()["report_id"] == first["report_id"]
    assert request(group_by="store").json()["report_id"] != first["report_id"]
    windows = {"as_of": DAY["to"]}
    other = client.post(REPORTS, windows, format="json").json()
    assert other["report_id"] != first["report_id"]
    assert (other["from"], other["to"]) == (None, None)


class TestWhoSeesIt:
    """ "good" is granted to the user, "bad" and "closed" are not."""

    def test_it_has_only_the_stores_that_its_user_sees(self):
        user = user_with("operator", stores=["good"])
        report = computed(client_of(user), group_by="store")
        found = answer(client_of(user).get(report["links"]["uptime"]))
        assert [group["store_id"] for group in found["groups"]] == ["good"]
        assert figures(found) == WEST

    def test_others_see_it_only_if_they_see_all_stores(self):
        admin = user_with("operator", "all stores", name="admin")
        report = computed(client_of(admin))
        other = user_with("viewer", name="other", stores=["good"])
        for path in ("self", "uptime", "download"):
            check_is_problem(client_of(other).get(report["links"][path]), 404)
        assert answer(client_of(other).get(REPORTS))["results"] == []
        all_seen = user_with("viewer", "all stores", name="auditor")
        found = answer(client_of(all_seen).get(report["links"]["uptime"]))
        assert found["stores"] == 3

    def test_two_users_do_not_share_one(self):
        users = [
            user_with("operator", name=name, stores=[name]) for name in ("good", "bad")
        ]
        made = [request(client_of(user)).json()["report_id"] for user in users]
        assert made[0] != made[1]

    def test_what_is_granted_when_it_is_computed_counts(self):
        user = user_with("operator", stores=["good"])
        made = request(client_of(user), group_by="store").json()
        Grant.objects.filter(user=user).delete()
        attempt("reports.Report", made["report_id"])
        found = answer(client_of(user).get(f"{REPORTS}/{made['report_id']}/uptime"))
        assert found["groups"] == []
