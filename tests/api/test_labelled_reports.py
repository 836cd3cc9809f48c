"""Reports of the stores that have labels."""

import pytest
from django.core.management import CommandError, call_command

from reports.compute import request_report
from reports.models import Report, ReportRow
from restaurant_monitor.jobs.tasks import attempt
from stores.models import StoreLabel
from tests.api.asking import answer, check_is_problem, client
from tests.support.labels import label

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_stores", "labelled")]
REPORTS = "/api/reports"


@pytest.fixture
def labelled():
    label(
        up={"region": "west", "brand": "Bella"},
        down={"region": "west", "brand": "Burger"},
        far={"region": "east", "brand": "Bella"},
    )


def request(**body):
    return client.post(REPORTS, body, format="json")


@pytest.mark.parametrize(
    ("asked", "shown", "expected"),
    [
        ({"labels": ["region:west"]}, ["region:west"], ["down", "up"]),
        (
            {"labels": ["region:west", "region:east"]},
            ["region:west", "region:east"],
            ["down", "far", "up"],
        ),
        (
            {"labels": [" Region: west", "brand:Bella"]},
            ["region:west", "brand:Bella"],
            ["up"],
        ),
        (
            {"labels": ["region:west"], "store_ids": ["far", "up"]},
            ["region:west"],
            ["up"],
        ),
        ({"labels": None, "store_ids": ["far"]}, None, ["far"]),
    ],
)
def test_it_has_the_stores_that_have_them(asked, shown, expected):
    made = request(**asked)
    assert made.status_code == 202
    report = made.json()
    assert report["store_ids"] == expected
    attempt("reports.Report", report["report_id"])
    found = answer(client.get(f"{REPORTS}/{report['report_id']}"))
    assert found["state"] == "complete"
    assert found["labels"] == shown
    rows = ReportRow.objects.filter(report_id=report["report_id"])
    assert sorted(rows.values_list("store_id", flat=True)) == expected


def test_it_is_of_the_stores_that_had_them_when_it_was_requested():
    report = request(labels=["region:west"]).json()
    StoreLabel.objects.all().delete()
    attempt("reports.Report", report["report_id"])
    assert ReportRow.objects.filter(report_id=report["report_id"]).count() == 2


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"labels": ["region:moon"]}, "no store has region:moon"),
        (
            {"labels": ["region:east", "brand:Burger"]},
            "no store has region:east and brand:Burger",
        ),
        (
            {"labels": ["region:east"], "store_ids": ["up"]},
            "none of these stores has region:east",
        ),
    ],
)
def test_without_a_store_there_is_no_report(asked, reason):
    problem = check_is_problem(request(**asked), 400)
    assert problem["errors"] == {"labels": [reason]}
    assert not Report.objects.exists()


@pytest.mark.parametrize("labels", [[], ["west"], "region:west", [5]])
def test_what_is_no_list_of_labels_is_refused(labels):
    assert "labels" in check_is_problem(request(labels=labels), 400)["errors"]


def test_equal_requests_are_one_report():
    first = request_report(labels=["region:west", "region:east"])
    assert request_report(labels=["region:east", "region:west"]) == first
    assert request_report(labels=["region:west"]) != first
    # The same stores by name are another request: its answer shows no labels.
    assert request_report(store_ids=first.store_ids) != first
    StoreLabel.objects.filter(store="far").delete()
    assert request_report(labels=["region:west", "region:east"]) != first


def test_the_command_takes_them(capfdbinary):
    call_command("run_report", "--label", "region:west", "--label=brand:Bella")
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == ["up"]
    assert Report.objects.get().labels == ["region:west", "brand:Bella"]
    call_command("run_report", "--label=region:west", "--store", "far", "down")
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == ["down"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--label", "region:moon"], "no store has region:moon"),
        (["--label", "west"], "is not a label"),
        (["--label", "region:west", "--store", "nobody"], "there is no store 'nobody'"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("run_report", *arguments)
