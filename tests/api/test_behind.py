"""What requests do while the timeline does not include the newest data."""

import pytest

from stores.models import Mark
from stores.timeline.refresh import refresh
from tests.api.asking import check_is_problem
from tests.api.pushing import push
from tests.support.pushes import A9, A10, B9

STATES = ["/api/stores", "/api/stores/A"]
FIGURES = ["/api/stores/A/uptime", "/api/stores/A/timeline", "/api/outages"]
FIGURES += ["/api/uptime"]


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
@pytest.mark.parametrize("path", STATES)
def test_before_the_first_timeline_no_status_is_known(client, much_work, path):
    push(client, [A9, B9])
    content = client.get(path).json()
    assert content["as_of"] is None
    stores = content.get("results", [content])
    assert [store["status"] for store in stores] == [None] * len(stores)


@pytest.mark.django_db
def test_before_the_first_timeline_an_edit_is_not_a_503(client, much_work):
    push(client, [A9, B9])
    answer = client.patch("/api/stores/A", {"timezone": "Asia/Tokyo"}, "json")
    assert answer.status_code == 200
    assert answer.json()["timezone"] == "Asia/Tokyo"


@pytest.mark.django_db
@pytest.mark.parametrize("path", FIGURES)
def test_before_the_first_timeline_figures_are_a_503(client, much_work, path):
    push(client, [A9, B9])
    answer = client.get(path)
    check_is_problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.django_db
@pytest.mark.parametrize("path", STATES + FIGURES)
def test_later_it_answers_from_the_last_timeline(client, much_work, path):
    push(client, [A9, B9])
    refresh()
    push(client, [A10])
    assert Mark.objects.exists()
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.json()["as_of"] == "2023-01-24T09:00:00Z"
