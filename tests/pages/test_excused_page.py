"""Excused time on the pages: shown, added and removed. The figures are by hand."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports.compute import compute_now
from restaurant_monitor.access.models import AuditEntry
from stores.models import ExcusedTime
from stores.targets import set_target
from tests.pages.asking import logged_in, opened, rows_of, shown, text_of
from tests.pages.monday import at
from tests.support.excused import excuse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
DENVER, EXCUSED = "/stores/denver/", "/excused/"
ADD = f"{DENVER}edit/excused/"
# 18:00Z to 18:30Z on the clock of Denver.
HALF_HOUR = {
    "starts_at": "2023-01-23T11:00",
    "ends_at": "2023-01-23T11:30",
    "reason": "planned maintenance",
}
ALL = {
    "label": "all",
    "starts_at": "2023-01-23T18:00",
    "ends_at": "2023-01-23T18:30",
    "reason": "platform outage",
}


class TestStore:
    """Denver is up from 16:00Z to 18:15Z, and down until the newest poll at 18:45Z."""

    def test_time_is_excused_on_the_clock_of_the_store(self):
        answer = Client().post(ADD, HALF_HOUR)
        assert (answer.status_code, answer.url) == (302, DENVER)
        [made] = ExcusedTime.objects.all()
        assert (made.store_id, made.starts_at, made.ends_at) == (
            "denver",
            at("18:00"),
            at("18:30"),
        )
        text = text_of(DENVER)
        assert "2.00 h up 0.25 h down 0.00 h unobserved 0.50 h excused" in text
        assert "up , excused 11:00:00" in text
        assert "down , excused 11:15:00" in text
        assert "Excused 0.50 0.00 +0.50" in text
        assert AuditEntry.objects.latest("pk").action == "excused_time.created"

    def test_its_bar_is_hatched_over_what_was_seen(self):
        """11:00 is minute 660 of the date. Both parts have 15 minutes."""
        assert "excused-hatch" not in opened(DENVER).text
        Client().post(ADD, HALF_HOUR)
        page = opened(DENVER).text
        found = re.findall(r'<rect class="excused" x="([\d.]+)" width="([\d.]+)"', page)
        assert found == [("660.00", "15.00"), ("675.00", "15.00")]
        assert '<pattern id="excused-hatch"' in page
        assert '<i class="excused"></i> excused' in page

    def test_the_list_has_what_touches_the_week_and_what_is_planned(self):
        label = {"label": "region:west"}
        excuse(
            ({"store_id": "denver"}, at("18:00"), at("18:30")),
            (label, datetime(2023, 2, 1, tzinfo=UTC), datetime(2023, 2, 2, tzinfo=UTC)),
            ({"store_id": "long"}, at("18:00"), at("18:30")),
        )
        rows = [row for row in rows_of(opened(DENVER)) if "maintenance" in row]
        assert len(rows) == 2
        assert "Tue 2023-01-31 17:00:00" in rows[0]
        assert "region:west" in rows[0]
        assert "Mon 2023-01-23 11:00:00" in rows[1]
        assert "this store" in rows[1]
        earlier = opened(DENVER, week="2023-01-10")
        assert not [row for row in rows_of(earlier) if "maintenance" in row]

    def test_it_is_removed_there(self):
        Client().post(ADD, HALF_HOUR)
        made = ExcusedTime.objects.get()
        address = f"{EXCUSED}{made.pk}/remove/"
        assert f'action="{address}"' in opened(DENVER).text
        answer = Client().post(address, {"store": "denver"}, follow=True)
        assert "The time counts again." in shown(answer)
        assert "2.25 h up 0.50 h down" in shown(answer)
        assert not ExcusedTime.objects.exists()
        assert Client().post(address).status_code == 404

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"ends_at": "2023-01-23T11:00"}, "the end is not after the start"),
            ({"ends_at": "2024-03-01T11:00"}, "longer than 366 days"),
            ({"reason": ""}, "This field is required."),
            ({"starts_at": "soon"}, "Enter a valid date/time."),
            # In Denver, the clocks went forward at 02:00.
            ({"ends_at": "2023-03-12T02:30"}, "be interpreted in time zone"),
        ],
    )
    def test_wrong_time_is_shown_again_with_the_reason(self, changes, reason):
        answer = Client().post(ADD, HALF_HOUR | changes)
        assert answer.status_code == 400
        assert reason in shown(answer)
        assert not ExcusedTime.objects.exists()


class TestList:
    def test_the_time_of_all_stores_is_excused_and_removed(self):
        Client().post(EXCUSED, ALL)
        [row] = [row for row in rows_of(opened(EXCUSED)) if "platform" in row]
        assert row.startswith(
            "all stores platform outage 2023-01-23 18:00 UTC 2023-01-23 18:30 UTC "
        )
        Client().post(f"{EXCUSED}{ExcusedTime.objects.get().pk}/remove/")
        assert "No time is excused." in text_of(EXCUSED)

    def test_a_label_is_read_as_elsewhere(self):
        Client().post(EXCUSED, ALL | {"label": "Region: west"})
        assert ExcusedTime.objects.get().label == "region:west"
        answer = Client().post(EXCUSED, ALL | {"label": "west"})
        assert answer.status_code == 400
        assert "is not a label" in shown(answer)

    def test_more_rows_need_no_more_queries(self):
        opened(EXCUSED)
        counts = []
        for _ in range(2):
            excuse(*[({"label": "all"}, at("18:00"), at("18:30"))] * 5)
            with CaptureQueriesContext(connection) as queries:
                opened(EXCUSED)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestOverview:
    def test_the_parts_tell_excused_time(self):
        """Of `long`, 10 h 45 min were down: half an hour of it is excused."""
        set_target("all", 50)
        excuse(({"store_id": "long"}, at("18:15"), at("18:45")))
        assert "long 10 h 15 min" in text_of("/overview/worst/")
        assert "of business time excused" in text_of("/overview/uptime/")
        assert "excused" in text_of("/overview/labels/", by="region")
        assert "excused" in text_of("/overview/month/")
        # 10 h 15 min and the 30 minutes of Denver.
        assert "10 h 45 min" in text_of("/overview/targets/")
        assert "excused now" not in text_of("/")

    def test_a_store_that_is_excused_now_is_marked(self):
        excuse(({"store_id": "denver"}, at("18:30"), at("19:00")))
        [denver] = [row for row in rows_of(opened("/")) if row.startswith("denver")]
        assert "excused now" in denver
        assert "15 min of 2 h 45 min" in denver


class TestReport:
    def test_its_page_leaves_excused_time_out_if_asked_to(self, client):
        excuse(({"store_id": "denver"}, at("18:00"), at("18:30")))
        address = f"/reports/{compute_now().pk}/"
        asked = {"search": "denver"}
        [row] = [row for row in rows_of(opened(address, **asked)) if "denver" in row]
        assert row == "denver 2.25 0.50 0.25 81.82"
        asked["exclude_excused"] = "true"
        page = opened(address, **asked)
        [row] = [row for row in rows_of(page) if "denver" in row]
        assert row == "denver 2.00 0.25 0.25 0.50 88.89"
        for file in ("rows.csv", "rows.xlsx"):
            assert f"{file}?exclude_excused=true" in page.text
        csv = b"".join(client.get(f"{address}rows.csv", {"exclude_excused": "true"}))
        assert "denver,15.00,2.00,2.00,15.00,0.25,0.25" in csv.decode()


class TestScope:
    def test_editors_of_some_stores_excuse_only_these(self, settings):
        client = logged_in(settings, "editor", stores=["denver"])
        assert client.post(ADD, HALF_HOUR).status_code == 302
        assert client.post("/stores/long/edit/excused/", HALF_HOUR).status_code == 404
        answer = client.post(EXCUSED, ALL)
        assert answer.status_code == 403
        assert [e.store_id for e in ExcusedTime.objects.all()] == ["denver"]
        excuse(({"label": "all"}, at("18:00"), at("18:30")))
        excuse(({"store_id": "long"}, at("18:00"), at("18:30")))
        page = opened(EXCUSED, client)
        assert len([row for row in rows_of(page) if "ma" in row]) == 2
        assert page.text.count(">Remove<") == 1 + 1  # the head of the column, too
        for excused in ExcusedTime.objects.exclude(store_id="denver"):
            found = client.post(f"{EXCUSED}{excused.pk}/remove/")
            assert found.status_code == (404 if excused.store_id else 403)

    def test_viewers_read_and_change_nothing(self, settings):
        excuse(({"store_id": "denver"}, at("18:00"), at("18:30")))
        client = logged_in(settings, "viewer", "all stores")
        for address in (DENVER, EXCUSED):
            page = opened(address, client)
            assert "maintenance" in shown(page)
            assert "Remove" not in page.text
            assert "Excuse time" not in page.text
        assert client.post(EXCUSED, ALL).status_code == 403
        assert client.post(ADD, HALF_HOUR).status_code == 403
        made = ExcusedTime.objects.get()
        assert client.post(f"{EXCUSED}{made.pk}/remove/").status_code == 403
