"""The pages of reports: requested, watched, read, sorted and downloaded."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from reports.models import Report, ReportRow
from restaurant_monitor.jobs.tasks import attempt
from stores.models import Store
from tests.admin.pages import body, shown
from tests.api.reports import AS_OF, complete_report
from tests.pages.asking import link_called, logged_in, opened, rows_of
from tests.support import engine
from tests.support.denver import DENVER
from tests.support.labels import label

pytestmark = pytest.mark.django_db
PAGE = "/reports/"
FILES = ["rows.csv", "rows.xlsx", "shown.csv"]
HOURS = {
    # Up, down and unobserved in the week.
    "bad": (10, 30, 0),
    "good": (39, 1, 0),
    "unseen": (0, 0, 40),
}


@pytest.fixture
def report():
    Store.objects.create(store_id="bad", display_name="Main Street")
    return complete_report(
        {
            store_id: [timedelta(hours=hours) for hours in figures]
            for store_id, figures in HOURS.items()
        }
    )


def address(report, *rest):
    return f"{PAGE}{report.pk}/{'/'.join(rest)}"


def ask(client=None, **sent):
    return (client or Client()).post(PAGE, sent)


def stores_on(page):
    """The names of the stores on a page, below the nine rows of the distribution."""
    return [re.split(r"[ .]", row)[0] for row in rows_of(page)[10:]]


# --- Requests


def test_a_report_is_requested_for_a_moment_and_labels():
    engine.load(DENVER)
    label(denver={"region": "west"})
    answer = ask(as_of="2023-01-23T19:00", label=["region:west", ""])
    report = Report.objects.get()
    assert answer.url == address(report)
    assert report.as_of == datetime(2023, 1, 23, 19, tzinfo=UTC)
    assert (report.store_ids, report.labels) == (["denver"], ["region:west"])
    assert report.state == "queued"


def test_by_default_it_is_of_all_stores_at_the_newest_poll():
    engine.load(DENVER)
    ask(as_of="", label="")
    report = Report.objects.get()
    assert (report.as_of, report.store_ids, report.labels) == (None, None, None)


def test_users_get_reports_of_their_own_stores(settings):
    engine.load(DENVER)
    client = logged_in(settings, "operator", stores=["late"])
    ask(client, label="")
    assert Report.objects.get().store_ids == ["late"]


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        ({"label": "west"}, 400, "label"),
        ({"label": "region:north"}, 400, "no store has region:north"),
        ({"as_of": "soon"}, 400, "as_of"),
    ],
)
def test_a_bad_request_is_refused_with_the_reason(sent, status, reason):
    engine.load(DENVER)
    answer = ask(**sent)
    assert answer.status_code == status
    assert reason in shown(answer)
    assert 'role="alert"' in answer.text
    [(_, text)] = sent.items()
    assert f'value="{text}"' in answer.text
    assert not Report.objects.exists()


def test_without_a_poll_there_is_nothing_to_report():
    answer = ask()
    assert answer.status_code == 409
    assert "there is no poll yet" in shown(answer)


def test_a_request_needs_the_token_and_the_permission(settings):
    engine.load(DENVER)
    assert Client(enforce_csrf_checks=True).post(PAGE).status_code == 403
    client = logged_in(settings, "viewer", "all stores")
    assert ask(client).status_code == 403
    assert "Request a report" not in shown(opened(PAGE, client))
    assert not Report.objects.exists()


def test_requests_on_the_page_count_for_the_limit_of_reports(settings):
    engine.load(DENVER)
    settings.LIMITS = settings.LIMITS | {"reports": (1, timedelta(hours=1))}
    client = logged_in(settings, "operator", "all stores")
    assert ask(client).status_code == 302
    refused = ask(client)
    assert refused.status_code == 429
    assert "a user may send 1 reports" in shown(refused)
    assert int(refused["Retry-After"]) > 0


# --- The list


def test_the_list_has_the_newest_first_and_their_files(report):
    Report.objects.create(state="failed", error="there is no poll yet")
    page = opened(PAGE)
    first, second = rows_of(page)[1:]
    assert first.startswith("the newest poll ✗ failed there is no poll yet")
    assert second.startswith("2023-01-25 12:00 UTC ✓ complete 3")
    assert link_called("2023-01-25 12:00 UTC", page) == address(report)
    assert link_called("CSV", page) == address(report, "rows.csv")
    assert link_called("Excel", page) == address(report, "rows.xlsx")
    assert len(rows_of(opened(PAGE, state="failed"))) == 2
    assert "There is no queued report yet." in shown(opened(PAGE, state="queued"))


def test_the_list_asks_again_while_a_report_is_unfinished(report):
    assert "http-equiv" not in opened(PAGE).text
    Report.objects.create(state="running")
    assert '<meta http-equiv="refresh" content="5">' in opened(PAGE).text


def test_users_see_their_own_reports_and_those_of_all_stores(settings, report):
    other = Report.objects.create(state="complete", as_of=AS_OF, store_ids=["bad"])
    client = logged_in(settings, "viewer", stores=["good"])
    page = opened(PAGE, client)
    assert address(report) in page.text
    assert address(other) not in page.text
    assert "✓ complete 3" not in shown(page)  # how many stores there are
    for rest in ("", *FILES):
        assert client.get(address(other, rest)).status_code == 404


def test_pages_of_the_list_follow_each_other(report):
    Report.objects.create(state="queued")
    first = opened(PAGE, page_size=1)
    second = Client().get(link_called("Next page", first))
    assert "2023-01-25 12:00 UTC" in shown(second)


# --- A report


def test_a_report_is_watched_until_it_ends():
    Report.objects.create(state="queued")
    second = Report.objects.create(state="queued")
    page = opened(address(second))
    assert "Before it 1 unfinished report " in shown(page)
    assert "No worker is running, so this waits." in shown(page)
    assert "No worker is running" in shown(opened(PAGE))
    assert '<meta http-equiv="refresh" content="2">' in page.text
    second.state, second.error = "failed", "it <broke>"
    second.save()
    page = opened(address(second))
    assert "it &lt;broke&gt;" in page.text
    assert "http-equiv" not in page.text
    Report.objects.update(state="failed")
    assert "No worker is running" not in shown(opened(PAGE))


def test_a_report_shows_the_figures_of_a_window(report):
    page = opened(address(report))
    assert rows_of(page)[9:] == [
        "Store id Up hours Down hours Unobserved hours Uptime ▲ %",
        "Main Street bad 10.00 30.00 0.00 25.00",
        "good 39.00 1.00 0.00 97.50",
        "unseen \N{EN DASH} \N{EN DASH} 40.00 not observed",
    ]
    assert link_called("Main Street", page) == "/stores/bad/"
    assert "Up minutes" in rows_of(opened(address(report), window="hour"))[9]


def shares_on(page):
    return dict(row.rsplit(" ", 1) for row in rows_of(page)[1:9])


def test_a_report_shows_how_many_stores_had_which_uptime(settings):
    figures = {
        "none": (0, 1),
        "nearly half": (49, 51),
        "half": (1, 1),
        "ninety": (9, 1),
        "most": (99, 1),
        "nearly all": (3599, 1),
        "all": (1, 0),
    }
    hours = {
        store_id: [timedelta(hours=part / 100) for part in (up, down, 0)]
        for store_id, (up, down) in figures.items()
    }
    report = complete_report(hours | {"unseen": [timedelta(0)] * 3})
    assert shares_on(opened(address(report))) == {
        "below 50%": "2",
        "50 to 75%": "1",
        "75 to 90%": "0",
        "90 to 95%": "1",
        "95 to 99%": "0",
        "99 to 100%": "2",
        "100%": "1",
        "not observed": "1",
    }
    assert shares_on(opened(address(report), window="day"))["not observed"] == "8"
    for store_id in ("all", "half"):
        Store.objects.create(store_id=store_id)
    client = logged_in(settings, "viewer", stores=["all", "half"])
    seen = shares_on(opened(address(report), client))
    assert {text: n for text, n in seen.items() if n != "0"} == {
        "50 to 75%": "1",
        "100%": "1",
    }


def test_one_store_among_many_has_a_bar_too():
    hours = {
        f"{number:03}": [timedelta(hours=1), timedelta(0), timedelta(0)]
        for number in range(200)
    }
    down = [timedelta(0), timedelta(hours=1), timedelta(0)]
    report = complete_report(hours | {"down": down})
    widths = re.findall(r'<rect width="(\d+)"', opened(address(report)).text)
    assert widths == ["1", "0", "0", "0", "0", "0", "99", "0"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["Main", "good", "unseen"]),
        ({"order": "store_id"}, ["Main", "good", "unseen"]),
        ({"order": "-store_id"}, ["unseen", "good", "Main"]),
        ({"order": "up"}, ["unseen", "Main", "good"]),
        ({"order": "-down"}, ["Main", "good", "unseen"]),
        ({"order": "down"}, ["unseen", "good", "Main"]),
        ({"order": "-uptime_percent"}, ["good", "Main", "unseen"]),
        ({"uptime_below": "90", "search": ""}, ["Main"]),
        ({"down_at_least": "1"}, ["Main", "good"]),
        ({"observed": "false"}, ["unseen"]),
        ({"search": "go"}, ["good"]),
        ({"search": "main st"}, ["Main"]),
        ({"label": ["region:west", ""]}, ["good"]),
    ],
)
def test_rows_are_sorted_and_filtered(report, asked, expected):
    label(good={"region": "west"})
    assert stores_on(opened(address(report), **asked)) == expected


def test_a_title_sorts_by_its_column_and_then_the_other_way(report):
    page = opened(address(report), observed="true")
    for text, expected in [
        ("Down", ["Main", "good"]),
        ("Down", ["good", "Main"]),
        ("Uptime", ["Main", "good"]),
        ("Uptime", ["good", "Main"]),
    ]:
        page = Client().get(address(report) + link_called(text, page))
        assert stores_on(page) == expected
    assert 'aria-sort="descending"' in page.text


def test_pages_of_rows_follow_each_other(report):
    found, page = [], opened(address(report), page_size=1, order="-down")
    while len(found) < 3:
        found += stores_on(page)
        if "Next page" in page.text:
            page = Client().get(link_called("Next page", page))
    assert found == ["Main", "good", "unseen"]


def test_a_bad_filter_is_refused_with_the_reason(report):
    page = Client().get(address(report), {"window": "year"})
    assert page.status_code == 400
    assert "window" in shown(page)
    assert "2023-01-25 12:00 UTC" in shown(page)


@pytest.mark.parametrize("rest", ["", *FILES])
@pytest.mark.parametrize("report_id", ["x", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"])
def test_an_unknown_report_is_not_found(report_id, rest):
    page = Client().get(f"{PAGE}{report_id}/{rest}")
    assert page.status_code == 404
    assert f"there is no report {report_id}" in shown(page)


def test_users_see_only_the_rows_of_their_stores(settings, report):
    client = logged_in(settings, "viewer", stores=["good"])
    assert stores_on(opened(address(report), client)) == ["good"]
    sheet = sheet_of(client.get(address(report, "rows.xlsx")))
    assert [row[0].value for row in sheet] == ["store_id", "good"]
    for file in ("rows.csv", "shown.csv"):
        assert len(body(client.get(address(report, file))).splitlines()) == 2


def test_who_may_not_see_reports_is_refused(settings, report):
    client = logged_in(settings, "poller", "all stores")
    for rest in ("", *FILES):
        assert client.get(address(report, rest)).status_code == 403
        assert Client().get(address(report, rest)).status_code == 302


def test_the_number_of_queries_does_not_depend_on_the_rows(report):
    for page in (PAGE, address(report)):
        with CaptureQueriesContext(connection) as queries:
            opened(page)
        assert len(queries) <= 8


# --- Files


def sheet_of(answer, name="Stores"):
    content = b"".join(answer.streaming_content)
    return load_workbook(BytesIO(content))[name]


def test_files_have_names_that_say_what_they_are(report):
    for ending in ("csv", "xlsx"):
        answer = Client().get(address(report, f"rows.{ending}"))
        assert answer["Content-Disposition"] == (
            f'attachment; filename="uptime-2023-01-25T1200Z.{ending}"'
        )
        assert b"".join(answer.streaming_content)


def test_the_csv_is_that_of_the_api(report):
    answer = Client().get(address(report, "rows.csv"))
    assert body(answer) == body(Client().get(f"/api/download/{report.pk}"))


def test_the_shown_rows_are_those_of_all_pages_with_every_figure(report):
    """The file has what the filters choose, in their order, in the form of the API."""
    asked = {"observed": "true", "order": "-down", "search": ""}
    page = opened(address(report), page_size=1, **asked)
    link = link_called("Download these rows as CSV", page)
    answer = Client().get(link)
    assert answer["Content-Disposition"] == (
        'attachment; filename="uptime-rows-2023-01-25T1200Z.csv"'
    )
    head, *rows = body(answer).splitlines()
    assert rows == [
        "bad,0.00,0.00,0.00,0.00,,0.00,0.00,0.00,0.00,,10.00,30.00,0.00,0.00,25.00",
        "good,0.00,0.00,0.00,0.00,,0.00,0.00,0.00,0.00,,39.00,1.00,0.00,0.00,97.50",
    ]
    assert head.endswith("excused_last_week_hours,uptime_last_week_percent")
    api = f"/api/reports/{report.pk}/rows?observed=true&order=-down"
    of_api = Client().get(api, headers={"accept": "text/csv"}).text
    assert of_api.splitlines() == [head, *rows]


def test_the_next_page_offers_the_same_rows(report):
    first = opened(address(report), page_size=1)
    second = Client().get(link_called("Next page", first))
    found = Client().get(link_called("Download these rows as CSV", second))
    assert [line.split(",")[0] for line in body(found).splitlines()[1:]] == [*HOURS]


def test_a_bad_filter_of_the_file_is_refused_with_the_reason(report):
    answer = Client().get(address(report, "shown.csv"), {"window": "year"})
    assert answer.status_code == 400
    assert "window" in shown(answer)


def test_the_workbook_has_numbers_and_ids_as_text():
    """An id of 19 digits would lose its last ones as a number."""
    figures = [timedelta(hours=hours) for hours in (3, 1, 2)]
    report = complete_report({"1182871983617081470": figures})
    ReportRow.objects.update(up_hour=timedelta(minutes=20), down_hour=timedelta(0))
    sheet = sheet_of(Client().get(address(report, "rows.xlsx")))
    head, cells = ([cell.value for cell in row] for row in sheet)
    assert dict(zip(head, cells, strict=True)) == {
        "store_id": "1182871983617081470",
        "uptime last hour (minutes)": 20,
        "downtime last hour (minutes)": 0,
        "unobserved last hour (minutes)": 0,
        "excused last hour (minutes)": 0,
        "uptime last hour (percent)": 100,
        "uptime last day (hours)": 0,
        "downtime last day (hours)": 0,
        "unobserved last day (hours)": 0,
        "excused last day (hours)": 0,
        "uptime last day (percent)": None,
        "uptime last week (hours)": 3,
        "downtime last week (hours)": 1,
        "unobserved last week (hours)": 2,
        "excused last week (hours)": 0,
        "uptime last week (percent)": 75,
    }
    assert [cell.data_type for cell in sheet[2]] == ["s", *["n"] * 15]
    assert sheet.freeze_panes == "B2"


def test_the_workbook_says_what_it_is(report):
    about = sheet_of(Client().get(address(report, "rows.xlsx")), "About")
    notes = {name.value: text.value for name, text in about}
    assert notes["Report"] == str(report.pk)
    assert notes["As of"] == "2023-01-25 12:00:00 UTC"
    assert notes["Stores"] == "all"


def test_no_text_of_a_workbook_becomes_a_formula_or_a_link():
    ids = ["1=1+1", "http://example.com"]
    report = complete_report({store_id: [timedelta(0)] * 3 for store_id in ids})
    sheet = sheet_of(Client().get(address(report, "rows.xlsx")))
    for row, store_id in zip((2, 3), ids, strict=True):
        cell = sheet.cell(row, 1)
        assert (cell.value, cell.data_type, cell.hyperlink) == (store_id, "s", None)


@pytest.mark.parametrize("file", FILES)
def test_an_unfinished_report_has_no_file(file):
    report = Report.objects.create(state="queued")
    page = Client().get(address(report, file))
    assert page.status_code == 409
    assert "the report is queued" in shown(page)


# --- A range


DAY = {"from": "2023-01-23T16:00", "to": "2023-01-23T20:00"}


@pytest.fixture
def of_range():
    """A report of four hours: in Denver 2.25 h up and 0.75 h down, "late" 4 h up.

    Denver is open from 16:00Z to 19:00Z. "late" was first seen at 20:00Z, which speaks
    for the four hours before.
    """
    engine.load(DENVER)
    Store.objects.filter(pk="denver").update(display_name="Mile High")
    answer = ask(group_by="store", **DAY)
    made = Report.objects.get()
    assert answer.url == address(made)
    attempt("reports.Report", str(made.pk))
    return made


def test_a_report_of_a_range_is_requested_and_shows_its_groups(of_range):
    page = opened(address(of_range))
    text = shown(page)
    assert "Report of 2023-01-23 16:00 UTC to 2023-01-23 20:00 UTC" in text
    assert "89.29 %" in text  # 6.25 of 7 hours
    mile_high, late = rows_of(page)[1:]
    assert "1 2 h 15 min 45 min 0 min 75.00 %" in mile_high
    assert "1 4 h 00 min 0 min 0 min 100.00 %" in late
    assert link_called("Mile High", page) == "/stores/denver/"


def test_a_report_of_only_the_total_has_no_table_of_groups():
    engine.load(DENVER)
    ask(**DAY)
    made = Report.objects.get()
    attempt("reports.Report", str(made.pk))
    page = opened(address(made))
    assert "89.29 %" in shown(page)  # 6.25 of 7 hours
    assert "<table" not in page.text


def test_its_files_have_the_groups(of_range):
    found = Client().get(address(of_range, "rows.csv"))
    name = "uptime-2023-01-23T1600Z-2023-01-23T2000Z.csv"
    assert found["Content-Disposition"] == f'attachment; filename="{name}"'
    lines = found.getvalue().decode().splitlines()
    assert lines[1] == "denver,Mile High,1,10800.0,8100.0,2700.0,0.0,0.0,75.0"
    rows = load_workbook(
        BytesIO(Client().get(address(of_range, "rows.xlsx")).getvalue())
    )
    assert rows["Uptime"]["B2"].value == "Mile High"


def test_a_list_of_reports_says_which_range(of_range):
    assert "2023-01-23 16:00 UTC to 2023-01-23 20:00 UTC" in shown(opened(PAGE))


def test_a_range_is_not_offered_for_a_comparison(of_range, report):
    other = complete_report({"good": [timedelta(hours=1)] * 3})
    page = Client().get(address(other)).content.decode()
    assert str(report.pk) in page
    assert str(of_range.pk) not in page


def test_a_refused_range_keeps_what_was_sent():
    engine.load(DENVER)
    answer = ask(group_by="day", **DAY | {"to": "2023-01-23T21:00"})
    text = answer.content.decode()
    assert "this is after the newest poll, 2023-01-23T20:00:00+00:00" in text
    assert 'value="2023-01-23T21:00"' in text
    assert '<option value="day" selected>' in text
    assert not Report.objects.exists()
