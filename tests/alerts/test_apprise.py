"""Chat and push services, over apprise. Their URL is a secret."""

import json

import pytest

from reports.alerts.models import AlertChannel, AlertMessage
from reports.alerts.outbox import send_due
from restaurant_monitor.access.models import AuditEntry
from tests.admin.pages import shown
from tests.support.receiver import receiver

pytestmark = [
    pytest.mark.django_db,
    # Python's own, which a plugin of apprise imports.
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated"),
]

CHANNELS = "/admin/reports/alertchannel/"


def test_a_service_gets_the_message_and_its_url_stays_secret(admin_client):
    with receiver() as hook:
        url = hook.url.replace("http://", "json://user:open-sesame@")
        form = {"name": "chat", "kind": "apprise", "new_secret": url}
        assert admin_client.post(f"{CHANNELS}add/", form).status_code == 302
        [channel] = AlertChannel.objects.all()
        page = f"{CHANNELS}{channel.pk}/change/"
        assert admin_client.post(page, {"name": "chat"}).status_code == 302
        AlertMessage.objects.create(channel=channel, subject="Down: Pier", body="It is")
        send_due()
        [sent] = hook.requests
        content = json.loads(sent.body)
        assert (content["title"], content["message"]) == ("Down: Pier", "It is")
        hook.status = 500
        AlertMessage.objects.create(channel=channel, subject="Down: Dock", body="It is")
        send_due()
    assert AlertMessage.objects.get(state="queued").error == (
        "the service did not take it; the log of the worker says why"
    )
    assert "open-sesame" not in shown(admin_client.get(page))
    assert url not in admin_client.get(page).text
    assert "open-sesame" not in str(
        [*AuditEntry.objects.values_list("before", "after")]
    )


def test_what_is_no_service_is_refused(admin_client):
    for url in ("", "guess", "unknown://host"):
        form = {"name": "chat", "kind": "apprise", "new_secret": url}
        answer = admin_client.post(f"{CHANNELS}add/", form)
        assert [*answer.context["adminform"].form.errors] == ["new_secret"]
