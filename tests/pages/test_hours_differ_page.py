"""The page of the stores whose polls contradict their hours."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.admin.pages import shown
from tests.pages.asking import link_called, logged_in, opened, rows_of
from tests.support import hours_differ

PAGE = "/hours-differ/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def differing():
    hours_differ.load()


def names(page):
    return [row.split()[0] for row in rows_of(page)[1:]]


def test_it_shows_the_newest_poll_beside_the_hours_of_its_date():
    page = opened(PAGE)
    assert rows_of(page)[3] == (
        "york 1 Mon 2023-01-23 10:00 America/New_York 2023-01-23 15:00 UTC "
        "10:00-17:00 Edit the hours of york region:east"
    )
    assert '<a href="/stores/york/#hours">york</a>' in page.text
    assert 'href="/stores/york/edit/hours/"' in page.text


def test_the_page_of_outages_leads_to_it():
    assert link_called("hours that differ", opened("/outages/")) == PAGE


def test_its_form_chooses_and_its_pages_follow_each_other():
    assert names(opened(PAGE, label=["region:east", ""])) == ["york"]
    assert names(opened(PAGE, to="2023-01-23T14:00")) == ["twice"]
    page = opened(PAGE, page_size=2)
    second = Client().get(link_called("Next page", page))
    assert names(page) + names(second) == ["twice", "night", "york"]
    without = shown(opened(PAGE, label="region:north"))
    assert "In this time, no poll says that" in without


def test_a_bad_question_is_refused_with_the_reason():
    page = Client().get(PAGE, {"label": "west"})
    assert page.status_code == 400
    assert "is not a label" in shown(page)
    assert 'value="west"' in page.text


def test_users_see_only_their_stores_and_edit_only_if_they_may(settings):
    page = opened(PAGE, logged_in(settings, "viewer", stores=["york"]))
    assert names(page) == ["york"]
    assert "Edit the hours" not in page.text
    assert "twice" not in page.text


def test_who_may_not_see_polls_is_refused(settings):
    assert logged_in(settings, "poller").get(PAGE).status_code == 403
    assert Client().get(PAGE).url == f"/login/?next={PAGE}"


def test_the_number_of_queries_does_not_depend_on_the_rows():
    opened(PAGE)
    counts = []
    for size in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            opened(PAGE, page_size=size)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10
