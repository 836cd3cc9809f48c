"""What a scheduled report says, by hand, and that it is sent once."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from reports.alerts.models import AlertMessage
from reports.alerts.outbox import send_due
from reports.scheduled.models import ReportSchedule
from reports.scheduled.sending import queue, write_due
from stores import editing
from stores.targets import set_target
from tests.api.test_targets import FEBRUARY
from tests.scheduled.yesterday import TODAY, load_yesterday, make_due, schedule
from tests.support import engine
from tests.support.accounts import user_with
from tests.support.excused import excuse
from tests.support.labels import label
from tests.support.reference import parse_instant

pytestmark = pytest.mark.django_db


def at(text):
    return parse_instant(f"{text}:00 UTC")


@pytest.fixture
def february():
    """West was up for 10 hours on the 1st, 2nd and 4th, and for 5 on the 3rd.

    From 10:00 to 15:00 on the 3rd it was down. East was never observed.
    """
    engine.load(FEBRUARY)
    label(west={"region": "west"}, east={"region": "east"})
    editing.rename("west", "Pier 39")


def message_of(next_at, **fields):
    """Return the only message of a schedule that is due at this instant."""
    made = schedule(**fields)
    made.next_at = at(next_at)
    assert queue(made, datetime.now(UTC)) == 1
    return AlertMessage.objects.get()


def sheet_of(message):
    """Return the rows of the sheet of stores, by the title of the column."""
    sheet = load_workbook(BytesIO(bytes(message.attachment)))["Stores"]
    titles, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(titles, row, strict=True)) for row in rows]


class TestContent:
    def test_a_day_is_compared_with_the_day_before(self, february):
        found = message_of("2021-02-04 06:00", labels=["region:west"])
        assert found.subject == "Owners, Wed 2021-02-03: 50.00 % up"
        for text in (
            "Stores with region:west: 1",
            "Uptime: 50.00 % (\N{BLACK DOWN-POINTING TRIANGLE} \N{MINUS SIGN}50.00 "
            "points against the day before)",
            "Down: 5 h 00 min",
            "Unobserved: 0.0 % of business time",
            "- Pier 39: down 5 h 00 min, 50.00 % up",
            "- Pier 39: 5 h 00 min, from Wed 2021-02-03 10:00 to Wed 2021-02-03 15:00 "
            "(UTC)",
        ):
            assert text in found.body
        assert "newest poll" not in found.body

    def test_html_says_the_same(self, february):
        found = message_of("2021-02-04 06:00", labels=["region:west"])
        for text in ("50.00 % up", "against the day before", "Pier 39", "5 h 00 min"):
            assert text in found.html
        assert "http" not in found.html  # no address of the pages is set

    def test_with_an_address_of_the_pages_stores_are_links(self, settings, february):
        settings.SITE_URL = "https://monitor.example.com"
        found = message_of("2021-02-04 06:00")
        assert 'href="https://monitor.example.com/stores/west/"' in found.html
        assert "https://monitor.example.com\n" in found.body

    def test_a_report_that_ends_at_the_newest_poll_says_so(self, february):
        found = message_of("2021-02-08 06:00", period="week")
        assert found.subject == "Owners, 2021-02-01 to 2021-02-07: 87.50 % up"
        assert "The newest poll is of 2021-02-05 20:00 UTC." in found.body
        assert "against" not in found.body  # nothing was observed in January

    def test_days_are_those_of_the_zone(self, february):
        """In Tokyo, the 3rd ends at 15:00Z: 5 hours up from 10:00Z the day before.

        That is from 15:00Z to 20:00Z of the 2nd; then down from 10:00Z to 15:00Z.
        """
        fields = {"timezone": "Asia/Tokyo", "labels": ["region:west"]}
        found = message_of("2021-02-03 21:00", **fields)
        assert found.subject == "Owners, Wed 2021-02-03: 50.00 % up"
        assert [row["up (hours)"] for row in sheet_of(found)] == [5]

    def test_the_workbook_has_every_store(self, february):
        found = message_of("2021-02-04 06:00")
        assert found.attachment_name == "uptime-2021-02-03-to-2021-02-03.xlsx"
        east, west = sheet_of(found)
        assert (east["store_id"], east["unobserved (hours)"]) == ("east", 24)
        assert east["uptime (percent)"] is None
        assert (west["name"], west["down (hours)"]) == ("Pier 39", 5)
        assert (west["uptime (percent)"], west["previous uptime (percent)"]) == (
            50,
            100,
        )

    def test_excused_time_is_told_and_no_downtime(self, february):
        excuse(
            ({"label": "all"}, at("2021-02-03 10:00"), at("2021-02-03 15:00")),
        )
        found = message_of("2021-02-04 06:00", labels=["region:west"])
        assert found.subject == "Owners, Wed 2021-02-03: 100.00 % up"
        assert "Excused: 50.0 % of business time" in found.body
        assert "50.0 % of business time excused" in found.html
        assert "No store was down." in found.body
        assert [row["excused (hours)"] for row in sheet_of(found)] == [5]

    def test_targets_are_in_it(self, february):
        set_target("region:west", 98)
        found = message_of("2021-02-04 06:00", labels=["region:west"])
        line = "- region:west: 87.50 % of 98.00 %, down 5 h 00 min of 5 h 24 min, "
        assert f"{line}missed on 2021-02-06 at this pace" in found.body

    def test_it_has_only_the_stores_that_its_user_sees(self, february):
        user = user_with("viewer", stores=["east"])
        found = message_of("2021-02-04 06:00", seen_by=user)
        assert [row["store_id"] for row in sheet_of(found)] == ["east"]
        assert "Pier 39" not in found.body + found.html
        assert "No store was down." in found.body

    def test_without_polls_of_its_time_nothing_is_sent(self, february):
        made = schedule()
        made.next_at = at("2021-02-08 06:00")
        assert queue(made, datetime.now(UTC)) == 0
        assert not AlertMessage.objects.exists()


class TestSending:
    def test_it_is_written_once_and_sent_with_its_workbook(self, settings, mailoutbox):
        settings.EMAIL_HOST = "mail.example.com"
        load_yesterday()
        made = make_due()
        for _ in range(2):
            write_due()
            send_due()
        made.refresh_from_db()
        assert made.next_at > datetime.now(UTC)
        [sent] = mailoutbox
        assert sent.subject.endswith(": 50.00 % up")
        assert sent.alternatives[0].mimetype == "text/html"
        [(name, content, kind)] = sent.attachments
        assert (name[-5:], kind.rpartition(".")[2]) == (".xlsx", "sheet")
        assert load_workbook(BytesIO(content))["Stores"]["A2"].value == "a"
        assert AlertMessage.objects.get().attachment is None  # it is not kept

    def test_of_several_missed_ones_only_the_last_is_sent(self):
        load_yesterday()
        made = schedule()
        missed = ReportSchedule.objects.filter(pk=made.pk)
        missed.update(hour=0, next_at=TODAY - timedelta(days=9))
        write_due()
        yesterday = f"{TODAY - timedelta(hours=12):%Y-%m-%d}"
        assert yesterday in AlertMessage.objects.get().subject

    def test_a_user_who_is_not_active_gets_nothing(self):
        load_yesterday()
        make_due(seen_by=user_with("viewer", "all stores", is_active=False))
        write_due()
        assert not AlertMessage.objects.exists()
