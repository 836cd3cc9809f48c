"""A page of another web site cannot change anything."""

import pytest

from stores.hours.week import week_of
from stores.models import Store
from tests.api.asking import check_is_problem, client

pytestmark = pytest.mark.django_db

OTHER = {"origin": "https://evil.example"}
CHANGES = [
    ("post", "/api/trigger_report"),
    ("post", "/trigger_report"),
    ("post", "/api/reports"),
    ("post", "/api/polls"),
    ("post", "/api/ingests"),
    ("post", "/api/stores"),
    ("patch", "/api/stores/1"),
    ("delete", "/api/stores/1"),
    ("put", "/api/stores/1/hours"),
    ("put", "/api/stores/1/special-hours/2023-12-24"),
]


@pytest.fixture(autouse=True)
def store():
    Store.objects.create(store_id="1")


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        OTHER,
        {"origin": "null"},
        {"origin": "http://testserver:8001"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://testserver", "sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
def test_a_change_from_another_site_is_refused(method, path, headers):
    answer = getattr(client, method)(path, {}, format="json", headers=headers)
    if path.startswith("/api/"):
        assert "another web site" in check_is_problem(answer, 403)["detail"]
    assert answer.status_code == 403
    assert Store.objects.filter(pk="1").exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://testserver"},
        {"origin": "http://testserver", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
    ids=str,
)
def test_programs_and_our_own_pages_can_change(headers):
    hours = [{"day": 0, "start_time_local": "09:00", "end_time_local": "17:00"}]
    answer = client.put(
        "/api/stores/1/hours", {"hours": hours}, format="json", headers=headers
    )
    assert answer.status_code == 200
    assert len(week_of("1")) == 1


def test_a_trusted_origin_can_change(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://monitor.example.com"]
    headers = {"origin": "https://monitor.example.com"}
    answer = client.patch(
        "/api/stores/1", {"display_name": "One"}, format="json", headers=headers
    )
    assert answer.status_code == 200


def test_reading_is_open_to_other_sites():
    assert client.get("/api/stores", headers=OTHER).status_code == 200
