"""Excused time over the API: what it does to figures, by hand, and who may excuse."""

import json

import pytest
from django.core.management import call_command

from reports.compute import compute_now
from restaurant_monitor.access.models import AuditEntry
from stores import editing
from stores.models import ExcusedTime
from stores.targets import set_target
from tests.api.asking import answer, cells, check_is_problem, client, of_store, pages
from tests.api.test_targets import FEBRUARY, hours
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.labels import label

pytestmark = pytest.mark.django_db
EXCUSED = "/api/excused"
MONDAY = {"as_of": "2023-01-23T20:00:00Z"}
HALF_HOUR = {
    "store_id": "denver",
    "starts_at": "2023-01-23T18:00:00Z",
    "ends_at": "2023-01-23T18:30:00Z",
    "reason": "planned maintenance",
}


def excuse(sender=client, status=201, **changes):
    found = sender.post(EXCUSED, HALF_HOUR | changes, format="json")
    assert found.status_code == status, found.json()
    return found.json()


def of_label(text, **changes):
    return {"store_id": None, "label": text} | changes


def hours_of(found):
    names = ("business", "up", "down", "unobserved", "excused")
    return [found[f"{name}_seconds"] / 3600 for name in names]


@pytest.mark.usefixtures("denver")
class TestFigures:
    """Denver is open from 16:00Z to 19:00Z: up until 18:15Z, then down."""

    def test_excused_time_is_neither_up_nor_down(self):
        before = answer(of_store("denver", "uptime", **MONDAY))
        assert hours_of(before) == [3, 2.25, 0.75, 0, 0]
        excuse()
        found = answer(of_store("denver", "uptime", **MONDAY))
        assert hours_of(found) == [3, 2, 0.5, 0, 0.5]
        assert found["uptime_percent"] == 80.0

    def test_stretches_that_overlap_count_once(self):
        label(denver={"region": "west"})
        excuse()
        excuse(**of_label("region:west", ends_at="2023-01-23T18:15:00Z"))
        excuse(**of_label("all", starts_at="2023-01-23T18:20:00Z"))
        found = answer(of_store("denver", "uptime", **MONDAY))
        assert hours_of(found) == [3, 2, 0.5, 0, 0.5]

    def test_outside_business_hours_nothing_is_excused(self):
        excuse(starts_at="2023-01-23T18:30:00Z", ends_at="2023-01-25T00:00:00Z")
        found = answer(of_store("denver", "uptime", **MONDAY))
        assert hours_of(found) == [3, 2.25, 0.25, 0, 0.5]

    def test_unobserved_time_can_be_excused_too(self):
        """Late is always open, and was seen first on the 23rd at 20:00Z."""
        excuse(
            store_id="late",
            starts_at="2023-01-20T00:00:00Z",
            ends_at="2023-01-21T00:00:00Z",
        )
        found = answer(of_store("late", "uptime", **MONDAY))
        assert hours_of(found)[3:] == [148 - 24, 24]

    def test_all_stores_with_a_label_are_excused_as_long_as_they_have_it(self):
        excuse(**of_label("region:west"))
        assert hours_of(answer(client.get("/api/uptime", MONDAY)))[-1] == 0
        label(denver={"region": "west"})
        found = answer(client.get("/api/uptime", MONDAY | {"group_by": "label:region"}))
        [west, rest] = found["groups"]
        assert hours_of(west) == [3, 2, 0.5, 0, 0.5]
        assert rest["excused_seconds"] == 0
        excuse(store_id="late")
        asked = MONDAY | {"label": "region:west"}
        only = hours_of(answer(client.get("/api/uptime", asked)))
        assert only == [3, 2, 0.5, 0, 0.5]

    def test_the_timeline_and_outages_stay_and_say_what_is_excused(self):
        outages = answer(of_store("denver", "outages", **MONDAY))
        excuse()
        assert answer(of_store("denver", "outages", **MONDAY)) == outages
        [session] = answer(of_store("denver", "timeline", **MONDAY))["sessions"]
        assert [
            (p["starts_at"][11:16], p["status"], p["is_excused"])
            for p in session["periods"]
        ] == [
            ("16:00", "up", False),
            ("18:00", "up", True),
            ("18:15", "down", True),
            ("18:30", "down", False),
        ]

    def test_a_report_leaves_it_out_only_if_asked_to(self):
        plain = compute_now()
        excuse()
        report = compute_now()
        line = "denver,0.00,2.25,2.25,0.00,0.75,0.75"
        net = "denver,0.00,2.00,2.00,0.00,0.50,0.50"
        for address in (f"/api/get_report?report_id={report.pk}&", "/api/download/{}?"):
            address = address.format(report.pk)
            for asked, expected in (
                ("", line),
                ("exclude_excused=false", line),
                ("exclude_excused=true", net),
            ):
                body = b"".join(client.get(address + asked)).decode().splitlines()
                assert body[1] == expected, asked
            check_is_problem(client.get(f"{address}exclude_excused=some"), 400)
        old = f"/api/download/{plain.pk}?exclude_excused=true"
        assert line in b"".join(client.get(old)).decode()

    def test_the_rows_of_a_report_have_it_beside_or_within_the_others(self):
        excuse()
        rows = f"/api/reports/{compute_now().pk}/rows"
        for asked, expected in (
            ({}, [2.25, 0.75, 0, 0.5, 75.0]),
            ({"exclude_excused": True}, [2.0, 0.5, 0, 0.5, 80.0]),
        ):
            week = answer(client.get(rows, asked))["results"][0]["last_week"]
            kinds = ("uptime", "downtime", "unobserved", "excused")
            found = [*(week[f"{k}_hours"] for k in kinds), week["uptime_percent"]]
            assert found == expected
        below = {"uptime_below": 79}
        assert len(answer(client.get(rows, below))["results"]) == 1
        below["exclude_excused"] = True
        assert answer(client.get(rows, below))["results"] == []

    def test_the_command_leaves_it_out_if_asked_to(self, capfd):
        excuse()
        for flags, expected in (
            ([], "denver,0.00,2.25,2.25,0.00,0.75,0.75"),
            (["--exclude-excused"], "denver,0.00,2.00,2.00,0.00,0.50,0.50"),
        ):
            call_command("run_report", *flags, verbosity=0)
            assert capfd.readouterr().out.splitlines()[1] == expected
        call_command("run_report", "--exclude-excused", "--format=json", verbosity=0)
        week = json.loads(capfd.readouterr().out)["stores"][0]["last_week"]
        assert (week["uptime_hours"], week["excused_hours"]) == (2.0, 0.5)


def test_excused_time_is_no_part_of_a_budget():
    """Of the 5 hours down on the 3rd, and 10 to come on the 6th."""
    engine.load(FEBRUARY)
    label(west={"region": "west"})
    set_target("region:west", 98)
    for day in ("03", "06"):
        excuse(
            **of_label("region:west"),
            starts_at=f"2021-02-{day}T00:00:00Z",
            ends_at=f"2021-02-{day}T{15 if day == '03' else 20}:00:00Z",
        )
    [found] = answer(client.get("/api/targets"))["targets"]
    parts = hours(found, "up", "down", "unobserved", "excused", "future")
    assert parts == [35, 0, 10, 5, 220]
    assert hours(found, "budget", "left") == pytest.approx([5.1, 5.1])
    assert (found["uptime_percent"], found["gone_on"]) == (100, None)


@pytest.mark.usefixtures("denver")
class TestExcusing:
    def test_it_is_added_listed_and_removed(self):
        made = excuse(reason="  planned maintenance ")
        assert made == HALF_HOUR | {
            "excused_id": made["excused_id"],
            "label": None,
            "username": "open mode",
            "created_at": made["created_at"],
        }
        assert pages(client.get(EXCUSED)) == [made]
        address = f"{EXCUSED}/{made['excused_id']}"
        assert client.delete(address).status_code == 204
        check_is_problem(client.delete(address), 404)
        assert pages(client.get(EXCUSED)) == []

    def test_the_list_is_filtered_and_comes_in_pages(self):
        label(denver={"region": "west"})
        own = excuse()["excused_id"]
        west = excuse(**of_label("region:west", starts_at="2023-01-23T17:00:00Z"))
        everywhere = excuse(**of_label("all", starts_at="2023-01-23T16:00:00Z"))
        west, everywhere = west["excused_id"], everywhere["excused_id"]
        for asked, expected in (
            ({"page_size": 1}, [own, west, everywhere]),
            ({"store_id": "denver"}, [own, west, everywhere]),
            ({"store_id": "late"}, [everywhere]),
            ({"label": "Region:west"}, [west]),
            ({"label": "all"}, [everywhere]),
            ({"to": "2023-01-23T17:00:00Z"}, [everywhere]),
            ({"from": "2023-01-23T18:30:00Z"}, []),
        ):
            found = pages(client.get(EXCUSED, asked))
            assert [row["excused_id"] for row in found] == expected, asked

    def test_it_can_be_read_as_csv(self):
        excuse()
        names, values = cells(client.get(EXCUSED, headers={"accept": "text/csv"}))
        row = dict(zip(names, values, strict=True))
        assert (row["store_id"], row["reason"]) == ("denver", "planned maintenance")

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"ends_at": "2023-01-23T18:00:00Z"}, 400),
            ({"ends_at": "2024-01-25T18:00:00Z"}, 400),
            ({"label": "all"}, 400),
            ({"store_id": None}, 400),
            ({"store_id": "nowhere"}, 404),
            ({"reason": ""}, 400),
            ({"reason": "a\tb"}, 400),
            ({"reason": "x" * 201}, 400),
            ({"starts_at": "yesterday"}, 400),
            ({"store_id": None, "label": "west"}, 400),
            ({"more": 1}, 400),
        ],
    )
    def test_wrong_time_is_refused(self, changes, status):
        """The reasons are by field; those of no field have a name, too."""
        problem = excuse(status=status, **changes)
        assert status != 400 or isinstance(problem["errors"], dict)
        assert not ExcusedTime.objects.exists()

    def test_each_change_is_in_the_audit_log(self):
        made = excuse()["excused_id"]
        client.delete(f"{EXCUSED}/{made}")
        added, removed = AuditEntry.objects.filter(subject=made).order_by("pk")
        assert (added.action, added.before) == ("excused_time.created", None)
        assert added.after["reason"] == removed.before["reason"] == HALF_HOUR["reason"]
        assert (removed.action, removed.after) == ("excused_time.deleted", None)

    def test_it_goes_with_its_store(self):
        excuse()
        editing.delete(["denver"])
        assert not ExcusedTime.objects.exists()


@pytest.mark.usefixtures("denver")
class TestScope:
    @pytest.fixture
    def editor(self, settings):
        settings.OPEN = False
        return client_of(user_with("editor", stores=["denver"]))

    def test_who_sees_some_stores_excuses_only_these(self, editor):
        made = excuse(editor)
        assert made["username"] == "somebody"
        excuse(editor, 404, store_id="late")
        excuse(editor, 403, **of_label("all"))
        excuse(editor, 403, **of_label("region:west"))
        assert editor.delete(f"{EXCUSED}/{made['excused_id']}").status_code == 204

    def test_they_see_what_holds_for_these_and_remove_only_their_own(self, editor):
        boss = client_of(user_with("editor", "all stores", name="boss"))
        label(late={"region": "west"})
        hidden = [
            excuse(boss, store_id="late"),
            excuse(boss, **of_label("region:west")),
        ]
        everywhere = excuse(boss, **of_label("all"))["excused_id"]
        assert [row["excused_id"] for row in pages_of(editor)] == [everywhere]
        check_is_problem(editor.delete(f"{EXCUSED}/{everywhere}"), 403)
        for row in hidden:
            check_is_problem(editor.delete(f"{EXCUSED}/{row['excused_id']}"), 404)
        assert ExcusedTime.objects.count() == 3

    def test_their_figures_have_the_excused_time_of_their_stores(self, editor):
        label(late={"region": "west"}, denver={"region": "west"})
        boss = client_of(user_with("editor", "all stores", name="boss"))
        excuse(boss, **of_label("region:west"))
        found = answer(editor.get("/api/uptime", MONDAY))
        assert hours_of(found) == [3, 2, 0.5, 0, 0.5]
        assert hours_of(answer(boss.get("/api/uptime", MONDAY)))[-1] == 1


def pages_of(sender):
    return answer(sender.get(EXCUSED))["results"]
