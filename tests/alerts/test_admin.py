"""Channels, rules and messages in the admin. A secret is shown once."""

import re

import pytest
from django.core import mail

from reports.alerts.models import AlertChannel, AlertMessage, AlertRule
from restaurant_monitor.access.models import AuditEntry
from tests.access.entries import changes, recorded
from tests.admin.pages import shown
from tests.alerts.monday import SECRET, mail_channel, rule, webhook_channel
from tests.support.accounts import user_with
from tests.support.engine import load
from tests.support.labels import label
from tests.support.reference import Data

pytestmark = pytest.mark.django_db

CHANNELS = "/admin/reports/alertchannel/"
RULES = "/admin/reports/alertrule/"
MESSAGES = "/admin/reports/alertmessage/"
RULE = {
    "name": "West",
    "kind": "down",
    "minutes": "15",
    "stores": "3",
    "quiet_minutes": "0",
    "tells_end": "on",
}
HOOK = {"name": "hook", "kind": "webhook", "address": "https://example.com/hook"}


def errors(answer):
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


class TestChannels:
    def test_a_new_secret_is_shown_once(self, admin_client):
        with recorded() as found:
            made = admin_client.post(f"{CHANNELS}add/", HOOK)
        [channel] = AlertChannel.objects.all()
        assert re.search(r"whsec_\S+", shown(made))[0] == channel.secret
        page = admin_client.get(f"{CHANNELS}{channel.pk}/change/")
        assert channel.secret not in page.text
        assert changes(found) == [
            ("alert_channel.created", str(channel.pk), None, HOOK),
        ]

    def test_an_own_secret_is_never_shown(self, admin_client):
        made = admin_client.post(f"{CHANNELS}add/", HOOK | {"new_secret": SECRET})
        [channel] = AlertChannel.objects.all()
        assert (made.status_code, channel.secret) == (302, SECRET)
        for address in (CHANNELS, f"{CHANNELS}{channel.pk}/change/"):
            assert SECRET not in admin_client.get(address).text

    def test_it_is_kept_unless_another_one_is_given(self, admin_client):
        channel = webhook_channel("https://example.com/hook")
        other, page = "whsec_" + "A" * 44, f"{CHANNELS}{channel.pk}/change/"
        with recorded() as found:
            admin_client.post(page, HOOK | {"name": "renamed"})
            channel.refresh_from_db()
            assert (channel.name, channel.secret) == ("renamed", SECRET)
            admin_client.post(page, HOOK | {"name": "renamed", "new_secret": other})
        channel.refresh_from_db()
        assert channel.secret == other
        assert [entry.after for entry in found] == [
            {"name": "renamed"},
            {"secret": "another one"},
        ]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"address": "example.com/hook"}, "address"),
            ({"address": "ftp://example.com/hook"}, "address"),
            ({"new_secret": "guess"}, "new_secret"),
            ({"kind": "mail", "address": "owner@example.com, nobody"}, "address"),
            ({"kind": "mail", "address": ""}, "address"),
        ],
    )
    def test_what_cannot_work_is_refused(self, admin_client, fields, field):
        answer = admin_client.post(f"{CHANNELS}add/", HOOK | fields)
        assert [*errors(answer)] == [field]

    def test_the_button_sends_a_test(self, admin_client, settings):
        settings.EMAIL_HOST = "mail.example.com"
        channel = mail_channel()
        sent = {"name": "owners", "address": channel.address, "_test": "1"}
        page = f"{CHANNELS}{channel.pk}/change/"
        answer = admin_client.post(page, sent, follow=True)
        assert "A test was sent." in shown(answer)
        assert [one.subject for one in mail.outbox] == ["Test of Restaurant Monitor"]
        settings.EMAIL_HOST = ""
        answer = admin_client.post(page, sent, follow=True)
        assert "Test not sent: mail is not set up" in shown(answer)

    def test_deleting_it_is_recorded_without_its_secret(self, admin_client):
        channel = webhook_channel("https://example.com/hook")
        rule(channels=[channel])
        AlertMessage.objects.create(channel=channel, subject="Down", state="sent")
        admin_client.post(f"{CHANNELS}{channel.pk}/delete/", {"post": "yes"})
        assert not AlertMessage.objects.exists()
        assert AlertRule.objects.get().channels.count() == 0
        entry = AuditEntry.objects.first()
        assert (entry.action, entry.before) == ("alert_channel.deleted", HOOK)


class TestRules:
    def test_it_is_saved_with_its_labels_and_channels(self, admin_client):
        channel = mail_channel()
        form = RULE | {
            "labels": "Region:west\nbrand: Bella, Nona\n",
            "channels": [str(channel.pk)],
        }
        with recorded() as found:
            answer = admin_client.post(f"{RULES}add/", form)
        assert answer.status_code == 302, errors(answer)
        [made] = AlertRule.objects.all()
        assert made.labels == ["region:west", "brand:Bella, Nona"]
        [(action, _, before, after)] = changes(found)
        assert (action, before) == ("alert_rule.created", None)
        assert (after["minutes"], after["channels"]) == (15, ["owners"])
        page = admin_client.get(f"{RULES}{made.pk}/change/")
        assert "region:west\nbrand:Bella, Nona" in page.text

    def test_what_is_no_label_or_no_store_is_refused(self, admin_client):
        load(Data([], [], [("pier", "UTC")]))
        for fields in ({"labels": "west"}, {"store_id": "unknown"}):
            answer = admin_client.post(f"{RULES}add/", RULE | fields)
            assert [*errors(answer)] == [*fields]
        both = {"labels": "region:west", "store_id": "pier"}
        answer = admin_client.post(f"{RULES}add/", RULE | both)
        assert "name a store, or labels, and not both" in shown(answer)

    def test_a_rule_of_stores_together_needs_a_label_that_stores_have(
        self, admin_client
    ):
        load(Data([], [], [("pier", "UTC")]))
        label(pier={"region": "west"})
        form = RULE | {"kind": "together"}
        answer = admin_client.post(f"{RULES}add/", form)
        assert "name the label whose stores count together" in shown(answer)
        for fields in ({"label_name": "market"}, {"store_id": "pier"}):
            named = form | {"label_name": "region"} | fields
            answer = admin_client.post(f"{RULES}add/", named)
            assert [*errors(answer)] == [*fields]
        admin_client.post(f"{RULES}add/", form | {"label_name": "Region"})
        assert AlertRule.objects.get().label_name == "region"

    def test_only_those_who_see_all_stores_manage_them(self, log_in):
        made = rule()
        limited = user_with("operator", name="limited", is_staff=True)
        everyone = user_with("operator", "all stores", name="every", is_staff=True)
        page = f"{RULES}{made.pk}/change/"
        assert log_in(limited).get(page).status_code == 403
        assert log_in(limited).get(MESSAGES).status_code == 403
        assert log_in(everyone).get(page).status_code == 200
        assert log_in(everyone).get(f"{CHANNELS}add/").status_code == 403
        admin = log_in(user_with("admin", name="boss", is_staff=True))
        assert admin.get(f"{CHANNELS}add/").status_code == 200
        assert admin.get(page).status_code == 403


def test_dead_messages_can_be_sent_again(admin_client):
    channel = mail_channel()
    for state in ("dead", "sent"):
        AlertMessage.objects.create(channel=channel, subject=state, state=state)
    assert "dead" in shown(admin_client.get(f"{MESSAGES}?state=dead"))
    chosen = [str(pk) for pk in AlertMessage.objects.values_list("pk", flat=True)]
    action = {"action": "send_again", "_selected_action": chosen}
    answer = admin_client.post(MESSAGES, action, follow=True)
    assert "1 are sent again." in shown(answer)
    states = AlertMessage.objects.order_by("subject").values_list("state", flat=True)
    assert [*states] == ["queued", "sent"]
