"""The page of outages: which it shows, to whom, and as a file."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from stores.models import Store
from stores.pages import outages as pages_of_outages
from tests.admin.pages import body, shown
from tests.api.pushing import push
from tests.pages.asking import link_called, logged_in, opened, rows_of, text_of
from tests.support import engine
from tests.support.denver import DENVER
from tests.support.labels import label
from tests.support.reference import HOUR, Data, parse_instant

pytestmark = pytest.mark.django_db
PAGE = "/outages/"
STORES = ["ended", "long", "short"]


def at(clock):
    return parse_instant(f"2023-01-23 {clock}:00 UTC")


@pytest.fixture
def outages():
    """Open 09:00 to 22:00. By rule 5, the first poll counts since the opening."""
    engine.load(
        Data(
            [
                ("ended", False, at("13:00")),
                ("ended", True, at("14:00")),
                ("long", False, at("10:00")),
                ("short", True, at("19:00")),
                ("short", False, at("19:30")),
                ("ended", True, at("20:00")),
            ],
            [(store, 0, 9 * HOUR, 22 * HOUR) for store in STORES],
            [(store, "UTC") for store in STORES],
        )
    )
    label(long={"region": "west"}, ended={"region": "east"})


def names(**asked):
    return [row.split()[0] for row in rows_of(opened(PAGE, **asked))[1:]]


def test_an_outage_has_the_times_of_the_stores_clock_and_of_utc():
    """It begins at 18:15 UTC. The store closes at 19:00 UTC, 12:00 in Denver."""
    engine.load(DENVER)
    label(denver={"region": "west", "brand": "Bella"})
    Store.objects.filter(pk="denver").update(display_name="Union Station")
    page = opened(PAGE)
    [_, row] = rows_of(page)
    assert row == (
        "Union Station denver ▼ ongoing 45 min "
        "Mon 2023-01-23 11:15 America/Denver 2023-01-23 18:15 UTC "
        "closed since Mon 2023-01-23 12:00 America/Denver 2023-01-23 19:00 UTC "
        "brand:Bella region:west"
    )
    assert link_called("Union Station", page) == "/stores/denver/"
    assert "between 2023-01-16 20:00 UTC and 2023-01-23 20:00 UTC" in shown(page)


def test_an_outage_of_an_open_store_has_no_end_yet(outages):
    """`ended` ends at 14:00."""
    found = {row.split()[0]: row for row in rows_of(opened(PAGE))}
    assert found["short"] == (
        "short ▼ ongoing 30 min "
        "Mon 2023-01-23 19:30 UTC 2023-01-23 19:30 UTC still down"
    )
    assert found["ended"].endswith(
        "Mon 2023-01-23 14:00 UTC 2023-01-23 14:00 UTC region:east"
    )


def test_an_old_poll_is_said(outages):
    old = "on Mon 2023-01-23 20:00 UTC, not how they are now"
    assert old in shown(opened(PAGE))
    assert old not in shown(opened(f"{PAGE}?as_of=2023-01-23T20:00:00Z"))


def test_the_ongoing_ones_come_first(outages):
    """Of these, the newest."""
    assert names() == ["short", "long", "ended"]


def test_the_longest_come_first_if_that_is_wanted(outages):
    """`long` was down for 11 hours, `ended` for 5 and `short` for half an hour. One
    page follows the other, and the file has them all."""
    page = opened(PAGE, order="largest", page_size=1)
    assert 'value="largest" selected' in page.text
    link = link_called("Download all as CSV", page)
    assert len(body(Client().get(link)).splitlines()) == 4
    found = []
    while len(found) < 3:
        found += [row.split()[0] for row in rows_of(page)[1:]]
        if "Next page" in page.text:
            page = Client().get(link_called("Next page", page))
    assert found == ["long", "ended", "short"]
    assert names(order="largest", ongoing="true") == ["long", "short"]


def test_equally_long_outages_are_in_order_of_their_stores():
    down = [(store, False, at("10:00")) for store in "bca"]
    engine.load(Data(down, [], [(store, "UTC") for store in "abc"]))
    found, page = [], opened(PAGE, order="largest", page_size=1)
    while len(found) < 3:
        found += [row.split()[0] for row in rows_of(page)[1:]]
        if "Next page" in page.text:
            page = Client().get(link_called("Next page", page))
    assert found == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"ongoing": "true"}, {"long", "short"}),
        ({"ongoing": "false"}, {"ended"}),
        ({"at_least_seconds": "3600"}, {"long", "ended"}),
        ({"label": ["region:west", ""]}, {"long"}),
        ({"label": ["region:west", "region:east"]}, {"long", "ended"}),
        ({"from": "2023-01-23T19:00", "to": ""}, {"long", "short"}),
    ],
)
def test_outages_are_filtered(outages, asked, expected):
    assert {*names(**asked)} == expected


def test_pages_follow_each_other_at_one_moment(outages):
    first = opened(PAGE, page_size=2)
    engine.load(Data([("long", True, at("21:00"))]))
    second = Client().get(link_called("Next page", first))
    found = [row.split()[0] for page in (first, second) for row in rows_of(page)[1:]]
    assert found == ["short", "long", "ended"]
    assert "as seen at 2023-01-23 20:00 UTC" in shown(second)


def test_the_file_has_all_that_the_pages_show(outages):
    page = opened(PAGE, page_size=1, at_least_seconds="3600")
    answer = Client().get(link_called("Download all as CSV", page))
    assert answer["Content-Disposition"] == (
        'attachment; filename="outages-2023-01-16T2000Z-2023-01-23T2000Z.csv"'
    )
    assert body(answer) == (
        "store_id,starts_at,ends_at,down_seconds,is_ongoing,reasons\n"
        "long,2023-01-23T09:00:00Z,2023-01-23T20:00:00Z,39600.0,true,\n"
        "ended,2023-01-23T09:00:00Z,2023-01-23T14:00:00Z,18000.0,false,\n"
    )


@pytest.fixture
def reasons(outages):
    """The 5 hours of `ended` have a reason from 13:30 on, all of `long` has one."""
    polls = [("long", "10:00", "no_couriers"), ("ended", "13:30", "power <cut>")]
    push(
        Client(),
        [
            {
                "store_id": store_id,
                "status": "inactive",
                "timestamp_utc": f"2023-01-23 {clock}:00 UTC",
                "reason": reason,
            }
            for store_id, clock, reason in polls
        ],
    )


@pytest.mark.parametrize(
    "asked", [{}, {"order": "largest"}, {"together_by": "region"}, {"page_size": 3}]
)
def test_an_outage_shows_the_shares_of_its_reasons(reasons, asked):
    found = {row.split()[0]: row for row in rows_of(opened(PAGE, **asked))}
    assert " 11 h 00 min because of: no couriers Mon " in found["long"]
    shares = " 5 h 00 min because of: unknown 90.0 %, power &lt;cut&gt; 10.0 % Mon "
    assert shares in found["ended"]
    assert "because" not in found["short"]


def test_the_file_has_the_shares_of_reasons(reasons, monkeypatch):
    monkeypatch.setattr(pages_of_outages, "AT_ONCE", 2)
    answer = Client().get(f"{PAGE}outages.csv")
    assert [line.split(",")[-1] for line in body(answer).splitlines()] == [
        "reasons",
        "",
        "no_couriers:100.0",
        "unknown:90.0; power <cut>:10.0",
    ]


def test_users_see_only_their_stores(outages, settings):
    client = logged_in(settings, "viewer", stores=["long"])
    page = opened(PAGE, client)
    assert [row.split()[0] for row in rows_of(page)[1:]] == ["long"]
    assert "region:west" in page.text
    assert "region:east" not in page.text
    answer = client.get(link_called("Download all as CSV", page))
    assert [line.split(",")[0] for line in body(answer).split()[1:]] == ["long"]


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}outages.csv"])
def test_who_may_not_see_outages_is_refused(settings, address):
    assert logged_in(settings, "poller").get(address).status_code == 403
    assert Client().get(address).url == f"/login/?next={address}"


def test_the_page_says_that_there_is_no_poll_yet():
    page = Client().get(PAGE)
    assert page.status_code == 409
    assert "there is no poll yet" in shown(page)
    assert 'name="from"' in page.text


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}outages.csv"])
@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"from": "yesterday"}, "from: 'yesterday' is not an ISO 8601 date and time"),
        ({"label": "west"}, "label: 'west' is not a label"),
        ({"from": "2023-01-24", "to": "2023-01-23"}, "from: this is not before the"),
        ({"colour": "red"}, "colour: unknown"),
    ],
)
def test_a_bad_question_is_refused_with_the_reason(outages, address, asked, reason):
    page = Client().get(address, asked)
    assert page.status_code == 400
    assert reason in shown(page).replace("&#x27;", "'")
    if "label" in asked:
        assert 'value="west"' in page.text


def test_nothing_found_is_said(outages):
    assert "There is no such outage." in text_of(PAGE, label="region:north")


def test_the_number_of_queries_does_not_depend_on_the_rows(outages):
    opened(PAGE)  # the first one brings the timeline up to date
    counts = []
    for size in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            opened(PAGE, page_size=size)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_names_and_labels_run_nothing():
    engine.load(Data([("<b>", False, at("10:00"))]))
    Store.objects.update(display_name="<script>alert(1)</script>")
    assert "<script>alert" not in opened(PAGE).text
