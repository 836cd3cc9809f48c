"""The page of two reports side by side: totals, changes, filters and the file."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports.models import Report, ReportRow
from stores.models import Store
from tests.admin.pages import body, shown
from tests.api.reports import AS_OF, complete_report
from tests.pages.asking import link_called, logged_in, opened, rows_of
from tests.support.labels import label

pytestmark = pytest.mark.django_db
PAGE = "/reports/compare/"
FILE = f"{PAGE}rows.csv"
UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
# Up, down and unobserved hours of the week. Percent before and after: better 60 and 80,
# worse 80 and 55, much 100 and 50, same 75 and 75 (a third of the time).
BEFORE = {
    "better": (24, 16, 0),
    "gone": (30, 10, 0),
    "much": (40, 0, 0),
    "same": (30, 10, 0),
    "unseen": (20, 20, 0),
    "worse": (32, 8, 0),
}
AFTER = {
    "better": (32, 8, 0),
    "much": (10, 10, 20),
    "new": (40, 0, 0),
    "same": (9, 3, 28),
    "unseen": (0, 0, 40),
    "worse": (22, 18, 0),
}
WORST_FIRST = ["much", "worse", "same", "better", "gone", "new", "unseen"]


def report_of(figures, as_of=AS_OF, **fields):
    report = complete_report(
        {
            store_id: [timedelta(hours=hours) for hours in lengths]
            for store_id, lengths in figures.items()
        }
    )
    Report.objects.filter(pk=report.pk).update(as_of=as_of, **fields)
    report.refresh_from_db()
    return report


@pytest.fixture
def pair():
    Store.objects.bulk_create(
        Store(store_id=store_id) for store_id in sorted(BEFORE | AFTER)
    )
    Store.objects.filter(pk="much").update(display_name="Main Street")
    before = report_of(BEFORE, AS_OF - timedelta(days=7))
    return {"before": str(before.pk), "after": str(report_of(AFTER).pk)}


def table_of(page):
    """The rows of the tables, with a hyphen for a minus and `none` for a dash."""
    dashes = {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "none"}
    return [row.translate(str.maketrans(dashes)) for row in rows_of(page)]


def stores_on(page):
    """The stores below the header, the five totals and the header of the stores."""
    return [row.split()[0].replace("Main", "much") for row in table_of(page)[7:]]


def test_a_report_has_its_totals_beside_those_of_the_other(pair):
    """Before: 176 up, 64 down. After: 113 up, 39 down. 73.33 and 74.34 percent."""
    page = opened(PAGE, **pair)
    assert table_of(page)[:6] == [
        "Before After Change",
        "Stores 6 6 ±0",
        "Uptime (%) 73.33 74.34 +1.01",
        "Up (hours) 176.00 113.00 -63.00",
        "Down (hours) 64.00 39.00 -25.00",
        "Unobserved (hours) 0.00 88.00 +88.00",
    ]


def test_it_counts_what_became_of_the_stores(pair):
    text = shown(opened(PAGE, **pair))
    assert (
        "all (7) ▼ worse (2) ▲ better (1) = same (1) not observed in one of them (1) "
        "only in the earlier report (1) only in the later report (1)"
    ) in text


def test_each_store_has_both_figures_and_the_change_the_worst_first(pair):
    page = opened(PAGE, **pair)
    assert table_of(page)[6:] == [
        "Store id Uptime before % Uptime after % Change ▲ points Down before hours "
        "Down after hours Change of down hours Unobserved before hours "
        "Unobserved after hours",
        "Main Street much 100.00 50.00 ▼ -50.00 0.00 10.00 +10.00 0.00 20.00",
        "worse 80.00 55.00 ▼ -25.00 8.00 18.00 +10.00 0.00 0.00",
        "same 75.00 75.00 = ±0 10.00 3.00 -7.00 0.00 28.00",
        "better 60.00 80.00 ▲ +20.00 16.00 8.00 -8.00 0.00 0.00",
        "gone 75.00 not in it none 10.00 none none 0.00 none",
        "new not in it 100.00 none none 0.00 none none 0.00",
        "unseen 50.00 not observed none 20.00 0.00 none 0.00 40.00",
    ]
    assert link_called("Main Street", page) == "/stores/much/"


def test_a_change_counts_even_if_it_is_too_small_to_show():
    """A third in both, of different lengths, is the same. A microsecond is worse."""
    one, two = [report_of({"third": (1, 2, 0), "tiny": (1, 2, 0)}) for _ in range(2)]
    ReportRow.objects.filter(report_id=two.pk, store_id="third").update(
        up_week=timedelta(minutes=1), down_week=timedelta(minutes=2)
    )
    ReportRow.objects.filter(report_id=two.pk, store_id="tiny").update(
        down_week=timedelta(hours=2, microseconds=1)
    )
    page = opened(PAGE, before=one.pk, after=two.pk)
    rows = table_of(page)[7:]
    assert rows[0].startswith("tiny 33.33 33.33 ▼ under 0.01 2.00 2.00 ±0")
    assert rows[1].startswith("third 33.33 33.33 = ±0 2.00 0.03 -1.97")


def test_a_window_has_its_own_figures_and_unit(pair):
    ReportRow.objects.filter(store_id="better").update(
        up_hour=timedelta(minutes=45), down_hour=timedelta(minutes=15)
    )
    page = opened(PAGE, window="hour", **pair)
    assert "Down before minutes" in table_of(page)[6]
    assert table_of(page)[7].startswith("better 75.00 75.00 = ±0 15.00 15.00 ±0")
    assert "Uptime (%) 75.00 75.00 ±0" in table_of(page)
    page = opened(PAGE, window="day", **pair)
    assert table_of(page)[2] == "Uptime (%) not observed not observed none"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"order": "-change"}, ["better", "same", "worse", "much"]),
        ({"order": "store_id"}, sorted(WORST_FIRST)),
        ({"order": "-store_id"}, sorted(WORST_FIRST, reverse=True)),
        ({"order": "-down_change"}, ["much", "worse", "same", "better"]),
        ({"order": "-down_before"}, ["unseen", "better", "gone", "same", "worse"]),
        ({"order": "percent_before"}, ["unseen", "better", "gone", "same", "worse"]),
        ({"order": "-percent_after"}, ["new", "better", "same", "worse", "much"]),
        ({"became": "worse"}, ["much", "worse"]),
        ({"became": "not_observed"}, ["unseen"]),
        ({"search": "be"}, ["better"]),
        ({"search": "main st"}, ["much"]),
        ({"label": ["region:west", ""]}, ["same", "better"]),
    ],
)
def test_stores_are_sorted_and_filtered(pair, asked, expected):
    label(better={"region": "west"}, same={"region": "west"})
    found = stores_on(opened(PAGE, **pair, **asked))
    is_order = "order" in asked
    assert (found[: len(expected)] if is_order else found) == expected


def test_the_totals_are_those_of_the_chosen_stores(pair):
    label(better={"region": "west"}, same={"region": "west"})
    page = opened(PAGE, label="region:west", became="better", **pair)
    assert table_of(page)[1:3] == ["Stores 2 2 ±0", "Uptime (%) 67.50 78.85 +11.35"]
    assert stores_on(page) == ["better"]


def test_a_title_sorts_by_its_column_and_then_the_other_way(pair):
    page = opened(PAGE, became="worse", **pair)
    for expected in (["worse", "much"], ["much", "worse"]):
        page = Client().get(PAGE + link_called("Change", page))
        assert stores_on(page) == expected


@pytest.mark.parametrize("order", ["change", "-store_id", "down_after"])
def test_pages_follow_each_other(pair, order):
    whole = stores_on(opened(PAGE, order=order, **pair))
    found, page = [], opened(PAGE, page_size=2, order=order, **pair)
    while len(found) < len(whole):
        found += stores_on(page)
        if "Next page" in page.text:
            page = Client().get(link_called("Next page", page))
    assert found == whole


def test_the_earlier_report_is_always_before(pair):
    swapped = {"before": pair["after"], "after": pair["before"]}
    page = opened(PAGE, **swapped)
    assert stores_on(page) == WORST_FIRST
    assert "“Before” is the report of the earlier moment" in shown(page)
    assert "the earlier moment" not in shown(opened(PAGE, **pair))
    assert f'<option value="{pair["before"]}" selected' in page.text


def test_the_file_has_all_stores_that_the_pages_show(pair):
    page = opened(PAGE, page_size=1, search="", became="worse", **pair)
    answer = Client().get(link_called("Download as CSV", page))
    assert answer["Content-Disposition"] == (
        'attachment; filename="uptime-2023-01-18T1200Z-to-2023-01-25T1200Z.csv"'
    )
    assert body(answer) == (
        "store_id,display_name,became,uptime_last_week_percent_before,"
        "uptime_last_week_percent_after,uptime_last_week_change_points,"
        "uptime_last_week_hours_before,downtime_last_week_hours_before,"
        "unobserved_last_week_hours_before,uptime_last_week_hours_after,"
        "downtime_last_week_hours_after,unobserved_last_week_hours_after,"
        "downtime_last_week_change_hours\n"
        "much,Main Street,worse,100.00,50.00,-50.00,40.00,0.00,0.00,10.00,10.00,20.00,"
        "10.00\n"
        "worse,,worse,80.00,55.00,-25.00,32.00,8.00,0.00,22.00,18.00,0.00,10.00\n"
    )
    lines = body(Client().get(FILE, pair)).splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == WORST_FIRST
    assert lines[5] == "gone,,only_before,75.00,,,30.00,10.00,0.00,,,,"


def test_two_reports_are_chosen_from_the_complete_ones(pair):
    """On the list, on the page of a report, and on this page."""
    Report.objects.create(state="queued", as_of=AS_OF + timedelta(days=1))
    for page in (opened("/reports/"), opened(PAGE)):
        assert 'name="before"' in page.text
        assert 'name="after"' in page.text
        assert page.text.count(">2023-01-25 12:00 UTC</option>") == 2
        assert "2023-01-26 12:00 UTC</option>" not in page.text
    assert "Choose two reports." in shown(opened(PAGE))
    # The newest two, the earlier one first.
    for report_id in pair.values():
        assert f'<option value="{report_id}" selected' in opened(PAGE).text
    page = opened(f"/reports/{pair['after']}/")
    assert f'name="after" value="{pair["after"]}"' in page.text
    assert f'<option value="{pair["before"]}"' in page.text
    assert f'<option value="{pair["after"]}"' not in page.text


def test_reports_of_one_minute_are_told_apart_by_when_they_were_requested(pair):
    other = report_of(AFTER, AS_OF + timedelta(seconds=30))
    text = opened(PAGE).text
    assert text.count(">2023-01-25 12:00 UTC, requested ") == 4
    assert text.count(">2023-01-18 12:00 UTC</option>") == 2
    assert f'<option value="{other.pk}"' in text


def test_without_a_report_there_is_nothing_to_choose():
    assert "There is no complete report yet." in shown(opened(PAGE))
    assert "Compare" not in shown(opened("/reports/"))


def test_an_older_report_stays_chosen(pair, monkeypatch):
    monkeypatch.setattr("reports.pages.choices.MOST_OFFERED", 1)
    assert f'<option value="{pair["before"]}" selected' in opened(PAGE, **pair).text


@pytest.mark.parametrize("address", [PAGE, FILE])
@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"before": UNKNOWN}, 404, f"there is no report {UNKNOWN}"),
        ({"after": "x"}, 404, "there is no report x"),
        ({"window": "year"}, 400, "window"),
        ({"order": "name"}, 400, "order"),
        ({"colour": "red"}, 400, "colour: unknown"),
    ],
)
def test_a_bad_question_is_refused_with_the_reason(
    pair, address, change, status, reason
):
    page = Client().get(address, pair | change)
    assert page.status_code == status
    assert reason in shown(page)


@pytest.mark.parametrize("address", [PAGE, FILE])
def test_a_report_is_not_compared_with_itself_or_before_it_is_complete(pair, address):
    page = Client().get(address, pair | {"after": pair["before"]})
    assert page.status_code == 400
    assert "choose two different reports" in shown(page)
    waiting = Report.objects.create(state="queued")
    page = Client().get(address, pair | {"after": waiting.pk})
    assert page.status_code == 409
    assert "the report is queued" in shown(page)


def test_users_compare_only_their_stores_in_reports_that_they_see(pair, settings):
    """Of the store same: 30 up and 10 down before, 9 and 3 after."""
    client = logged_in(settings, "viewer", stores=["same"])
    page = opened(PAGE, client, **pair)
    assert stores_on(page) == ["same"]
    assert table_of(page)[1] == "Stores 1 1 ±0"
    assert "Up (hours) 30.00 9.00 -21.00" in table_of(page)
    assert "all (1) = same (1) Changes" in shown(page)
    file = client.get(FILE, pair)
    assert [line.split(",")[0] for line in body(file).splitlines()[1:]] == ["same"]
    foreign = report_of(AFTER, store_ids=["same"])
    for address in (PAGE, FILE):
        answer = client.get(address, pair | {"after": foreign.pk})
        assert answer.status_code == 404
        assert f"there is no report {foreign.pk}" in shown(answer)
    assert str(foreign.pk) not in opened(PAGE, client).text


@pytest.mark.parametrize("address", [PAGE, FILE])
def test_who_may_not_see_reports_is_refused(settings, address):
    assert logged_in(settings, "poller").get(address).status_code == 403
    assert Client().get(address).url == f"/login/?next={address}"


def test_the_number_of_queries_does_not_depend_on_the_rows(pair):
    counts = []
    for size in (1, 7):
        with CaptureQueriesContext(connection) as queries:
            opened(PAGE, page_size=size, **pair)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_names_run_nothing(pair):
    Store.objects.update(display_name="<script>alert(1)</script>")
    assert "<script>alert" not in opened(PAGE, **pair).text
