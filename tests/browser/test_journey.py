"""From an empty database to the worst store and its report in a spreadsheet."""

from datetime import datetime, time, timedelta
from io import BytesIO

import openpyxl
import pytest

from tests.browser import sample
from tests.support import processes, reference
from tests.support.browser import needs_chromium

pytestmark = needs_chromium

DOWN = "downtime last week (hours)"
JOB_SECONDS = 60  # only a test that hangs waits so long
# Where the pieces of the bars are, in minutes since midnight, and their date.
DRAWN = """(kind) => [...document.querySelectorAll("details.day")].flatMap((day) => {
    const bar = day.querySelector("summary svg").getBoundingClientRect();
    return [...day.querySelectorAll(`summary rect.${kind}`)].map((rect) => {
        const box = rect.getBoundingClientRect();
        const minutes = (x) => (x - bar.left) / bar.width * 24 * 60;
        return [
            day.querySelector(".date").innerText,
            minutes(box.left),
            minutes(box.right),
        ];
    });
})"""


@pytest.fixture(scope="module")
def database_url(empty_database):
    with processes.new_database(like=empty_database) as new_url:
        yield new_url


def test_somebody_loads_files_and_finds_the_worst_store_and_its_outages(open_page):
    page = open_page()
    load_the_sample(page)
    ask_for_a_report(page)
    workbook = rows_of(
        download(page, "Download for Excel", "uptime-2023-01-25T2359Z.xlsx")
    )
    check_figures(workbook)
    open_the_worst_store(page)
    check_the_bars(page)


def load_the_sample(page):
    page.goto("/")
    page.click("main >> text=Upload files")
    for kind, path in sample.FILES.items():
        page.set_input_files(f"[name={kind}]", path)
    page.click("main >> text='Upload'")
    page.wait_for_url("/ingests/*/")
    page.wait_for_selector("main >> text=complete", timeout=JOB_SECONDS * 1000)
    assert "5,531 polls" in page.inner_text("main")


def ask_for_a_report(page):
    page.click("nav >> text=Reports")
    page.click("main >> text='Request a report'")
    page.wait_for_url("/reports/*/")
    page.wait_for_selector("main >> text=complete", timeout=JOB_SECONDS * 1000)
    assert page.inner_text("h1") == "Report as of 2023-01-25 23:59 UTC"


def download(page, link, name):
    with page.expect_download() as started:
        page.click(f"main >> text={link}")
    assert started.value.suggested_filename == name
    return BytesIO(started.value.path().read_bytes())


def rows_of(file):
    sheet = openpyxl.load_workbook(file, read_only=True).active
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def check_figures(rows):
    """The workbook has the downtime of each store, as numbers."""
    assert {row["store_id"]: row[DOWN] for row in rows} == {
        store_id: pytest.approx(figures["week"].down / sample.HOUR, abs=0.0051)
        for store_id, figures in sample.figures().items()
    }


def open_the_worst_store(page):
    page.click("thead >> text=Down")
    page.click("tbody >> nth=-1 >> th a >> nth=0")
    page.wait_for_url("/stores/*/")
    assert page.url.endswith(f"/{sample.worst_store()}/")


def check_the_bars(page):
    """Each down period of the week is drawn from its start to its end."""
    drawn = page.evaluate(DRAWN, "down")
    expected = [*places(sample.worst_store())]
    assert [date for date, _, _ in drawn] == [date for date, _, _ in expected]
    for (_, *shown), (_, *minutes) in zip(drawn, expected, strict=True):
        assert shown == pytest.approx(minutes, abs=1.5)  # a pixel is more than a minute


def places(store_id):
    """Yield title, first and last minute of each down period of the last 7 dates."""
    zone = sample.zone_of(store_id)
    first_day = sample.as_of().astimezone(zone).date() - timedelta(days=6)
    known = reference.cut(sample.periods(store_id), reference.BEGINNING, sample.as_of())
    for period in known:
        if period.is_up is False and period.day >= first_day:
            ends = minute_of(period, period.ends_at, zone)
            yield (
                f"{period.day:%a %d %b}",
                minute_of(period, period.starts_at, zone),
                ends,
            )


def minute_of(period, instant, zone):
    """Return how many minutes of the date have passed at an instant."""
    local = instant.astimezone(zone).replace(tzinfo=None)
    return (local - datetime.combine(period.day, time())) / timedelta(minutes=1)
