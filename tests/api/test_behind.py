"""What requests do while the timeline does not include the newest data."""

import pytest

from stores.models import Mark
from stores.timeline.refresh import refresh
from tests.api.asking import check_is_problem
from tests.api.pushing import push
from tests.support.pushes import A9, A10, B9

READS = ["/api/stores", "/api/stores/A", "/api/stores/A/uptime", "/api/outages"]


@pytest.fixture
def much_work(monkeypatch):
    monkeypatch.setattr("stores.timeline.refresh.LITTLE_WORK", 0)


@pytest.mark.django_db
def test_a_push_brings_the_timeline_up_to_date(client):
    assert push(client, [A9, B9]).status_code == 201
    assert not Mark.objects.exists()


@pytest.mark.django_db
def test_an_edit_brings_the_timeline_up_to_date(
    client, django_capture_on_commit_callbacks
):
    push(client, [A9, B9])
    with django_capture_on_commit_callbacks(execute=True):
        client.put(
            "/api/stores/A/hours", {"hours": [["Monday", "09:00", "17:00"]]}, "json"
        )
        client.patch("/api/stores/A", {"timezone": "Asia/Tokyo"}, "json")
    assert not Mark.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("path", READS)
def test_before_the_first_timeline_a_read_is_a_503(client, much_work, path):
    push(client, [A9, B9])
    answer = client.get(path)
    check_is_problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.django_db
@pytest.mark.parametrize("path", READS)
def test_later_it_answers_from_the_last_timeline(client, much_work, path):
    push(client, [A9, B9])
    refresh()
    push(client, [A10])
    assert Mark.objects.exists()
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.json()["as_of"] == "2023-01-24T09:00:00Z"
