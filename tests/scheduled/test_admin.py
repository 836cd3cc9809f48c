"""Schedules of reports in the admin: who sets which, and what it leaves."""

import pytest

from reports.alerts.models import AlertMessage
from reports.scheduled.models import ReportSchedule
from restaurant_monitor.access.models import AuditEntry
from tests.admin.pages import shown
from tests.alerts.monday import mail_channel, webhook_channel
from tests.scheduled.yesterday import load_yesterday, schedule
from tests.support.accounts import user_with

pytestmark = pytest.mark.django_db
SCHEDULES = "/admin/reports/reportschedule/"


def send(client, address, channel, **fields):
    plain = {
        "name": "West, weekly",
        "period": "week",
        "timezone": "America/Chicago",
        "hour": "6",
        "labels": "region:west\nRegion:east",
        "channels": [channel.pk],
    }
    return client.post(f"{SCHEDULES}{address}", plain | fields)


@pytest.fixture
def operator(client):
    user = user_with("operator", "all stores", is_staff=True)
    client.force_login(user)
    return client


def test_operators_make_change_and_delete_schedules(operator):
    channel = mail_channel()
    send(operator, "add/", channel)
    made = ReportSchedule.objects.get()
    assert made.labels == ["region:west", "region:east"]
    assert made.seen_by is None
    send(operator, f"{made.pk}/change/", channel, hour="7")
    operator.post(f"{SCHEDULES}{made.pk}/delete/", {"post": "yes"})
    assert not ReportSchedule.objects.exists()
    entries = AuditEntry.objects.filter(action__startswith="report_schedule")
    assert [entry.action.partition(".")[2] for entry in entries.order_by("pk")] == [
        "created",
        "changed",
        "deleted",
    ]
    assert entries.get(action__endswith="changed").after == {"hour": 7}


@pytest.mark.parametrize(
    "wrong", [{"hour": "24"}, {"timezone": "Nowhere"}, {"labels": "west"}, {"name": ""}]
)
def test_a_wrong_schedule_is_refused(operator, wrong):
    answer = send(operator, "add/", mail_channel(), **wrong)
    assert "Please correct the error" in shown(answer)
    assert not ReportSchedule.objects.exists()


def test_only_mail_can_carry_it(operator):
    answer = send(operator, "add/", webhook_channel("https://example.com/"))
    assert "Please correct the error" in shown(answer)


def test_who_sees_only_some_stores_sends_only_these(client):
    theirs = schedule(name="All stores")
    user = user_with("operator", stores=["a"], is_staff=True)
    client.force_login(user)
    channel = mail_channel("mine")
    other = user_with("viewer", "all stores", name="other")
    send(client, "add/", channel, seen_by=other.pk)
    made = ReportSchedule.objects.get(name="West, weekly")
    assert made.seen_by == user
    assert "All stores" not in shown(client.get(SCHEDULES))
    address = f"{theirs.pk}/change/"
    assert send(client, address, channel, hour="1").status_code == 302
    theirs.refresh_from_db()
    assert theirs.hour == 6


def test_it_can_be_sent_at_once(operator):
    load_yesterday()
    made = schedule()
    chosen = {"action": "send", "_selected_action": [str(made.pk)]}
    answer = operator.post(SCHEDULES, chosen, follow=True)
    assert "Owners: 1 mails will be sent" in shown(answer)
    assert "50.00 % up" in AlertMessage.objects.get().subject
    before = made.next_at
    made.refresh_from_db()
    assert made.next_at == before


def test_other_roles_do_not_see_them(client):
    client.force_login(user_with("editor", "admin", is_staff=True))
    assert client.get(SCHEDULES).status_code == 403
