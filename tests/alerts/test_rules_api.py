"""Rules over the API: as the admin has them, for those who see all stores."""

import pytest
from rest_framework.test import APIClient

from reports.alerts.models import AlertRule
from tests.access.entries import changes, recorded
from tests.alerts.monday import mail_channel, rule, webhook_channel
from tests.api.asking import check_is_problem, pages
from tests.support.accounts import client_of, user_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stores")]
RULES, CHANNELS = "/api/alert-rules", "/api/alert-channels"
NEW = {"name": "West", "kind": "down", "labels": ["Region:west"], "minutes": 15}
UNUSED_ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def send(method, address, fields, client=None):
    return getattr(client or APIClient(), method)(address, fields, format="json")


def test_a_rule_is_made_changed_and_deleted():
    for name in ("owners", "west"):
        mail_channel(name)
    with recorded() as found:
        made = send("post", RULES, NEW | {"channels": ["owners", "west"]})
        assert made.status_code == 201, made.content
        address = made["Location"]
        changed = send("patch", address, {"remind_hours": 4, "channels": ["west"]})
    expected = {
        "rule_id": made.json()["rule_id"],
        "name": "West",
        "kind": "down",
        "store_id": None,
        "labels": ["region:west"],
        "label_name": "",
        "minutes": 15,
        "stores": 3,
        "percent": None,
        "channels": ["owners", "west"],
        "tells_end": True,
        "remind_hours": None,
        "quiet_minutes": 0,
        "muted_until": None,
    }
    assert made.json() == expected
    expected |= {"remind_hours": 4, "channels": ["west"]}
    assert changed.json() == expected == APIClient().get(address).json()
    [(action, *_), (_, _, before, after)] = changes(found)
    assert action == "alert_rule.created"
    assert before == {"remind_hours": None, "channels": ["owners", "west"]}
    assert after == {"remind_hours": 4, "channels": ["west"]}
    with recorded() as found:
        assert APIClient().delete(address).status_code == 204
    assert [entry.action for entry in found] == ["alert_rule.deleted"]
    check_is_problem(APIClient().get(address), 404)
    check_is_problem(APIClient().delete(f"{RULES}/{UNUSED_ID}"), 404)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"kind": "uptime"}, {"non_field_errors"}),
        ({"store_id": "pier"}, {"non_field_errors"}),  # and labels
        ({"store_id": "unknown", "labels": []}, {"store_id"}),
        ({"kind": "together", "label_name": "market"}, {"label_name"}),
        ({"kind": "all_silent"}, {"labels"}),
        ({"channels": ["nobody"]}, {"channels"}),
        ({"minutes": "15"}, {"minutes"}),
        ({"percent": 100}, {"percent"}),
        ({"name": "Known"}, {"name"}),
        ({"colour": "red"}, {"colour"}),
    ],
)
def test_what_cannot_be_is_refused_as_in_the_admin(fields, errors):
    rule("Known")
    problem = check_is_problem(send("post", RULES, NEW | fields), 400)
    assert {*problem["errors"]} == errors
    assert AlertRule.objects.count() == 1


def test_a_change_is_refused_as_a_whole():
    made = rule()
    address = f"{RULES}/{made.pk}"
    check_is_problem(send("patch", address, {"kind": "silent"}), 400)
    wrong = {"minutes": 5, "store_id": "unknown"}
    check_is_problem(send("patch", address, wrong), 400)
    made.refresh_from_db()
    assert (made.kind, made.minutes) == ("down", 20)


def test_the_lists_come_in_pages_and_channels_without_addresses():
    channels = [mail_channel(), webhook_channel("https://example.com/hook")]
    for name in ("b", "a", "c"):
        rule(name, channels=channels, kind="uptime", percent="99.5")
    rows = pages(APIClient().get(f"{RULES}?page_size=2"))
    assert [(row["name"], row["percent"]) for row in rows] == [
        ("a", 99.5),
        ("b", 99.5),
        ("c", 99.5),
    ]
    assert rows[0]["channels"] == ["hook", "owners"]
    assert pages(APIClient().get(f"{CHANNELS}?page_size=1")) == [
        {"channel_id": str(one.pk), "name": one.name, "kind": one.kind}
        for one in reversed(channels)
    ]


def test_only_those_who_see_all_stores_use_it(settings):
    settings.OPEN = False
    made = rule()
    limited = client_of(user_with("operator", name="limited", stores=["pier"]))
    everyone = client_of(user_with("operator", "all stores", name="every"))
    address = f"{RULES}/{made.pk}"
    for client, expected in ((limited, 403), (everyone, 200)):
        assert client.get(RULES).status_code == expected
        assert client.get(CHANNELS).status_code == expected
        assert client.get(address).status_code == expected
        changed = send("patch", address, {"minutes": 30}, client)
        assert changed.status_code == expected
    assert send("post", RULES, NEW, limited).status_code == 403
    assert limited.delete(address).status_code == 403
    assert send("post", RULES, NEW, everyone).status_code == 201
