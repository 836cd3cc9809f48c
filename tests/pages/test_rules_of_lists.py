"""What the pages of outages, reports, files and special hours always promise."""

import re
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from reports.alerts.models import Alert, AlertRule
from restaurant_monitor.http.tables import columns_of
from stores.api.ingests import CountsAnswer
from stores.hours.changes import Wanted, preview, set_for_many
from stores.models import Ingest, SpecialHoursChange, Store
from stores.timeline.refresh import refresh
from tests.api.reports import complete_report
from tests.pages.asking import opened
from tests.support import engine
from tests.support.browser import needs_chromium
from tests.support.browser import opened as opened_in_browser
from tests.support.denver import DENVER
from tests.support.labels import label

pytestmark = pytest.mark.django_db
PAGES = [
    *("outages", "together", "reports", "report", "compare", "ingests", "ingest"),
    *("special-hours", "preview", "undo", "hours-differ", "alerts"),
]
LONG = "a-very-long-name-without-a-blank-" * 3


@pytest.fixture
def page(request):
    """A page with the longest texts."""
    engine.load(DENVER)
    refresh()
    label(denver={"market": LONG[:100]})
    hours = [timedelta(hours=100)] * 3
    report, other = [complete_report({LONG[:64]: hours}) for _ in range(2)]
    ingest = Ingest.objects.create(
        state="failed",
        files={"status": f"{LONG}.csv"},
        error=f"{LONG}.csv: 11 of 12 rows are rejected",
        warnings=[{"code": "rounded_ids", "text": LONG}],
        counts={"hours": dict.fromkeys(columns_of(CountsAnswer), 11)},
        rejected=11,
    )
    wanted = Wanted(date(2050, 12, 26), [f"market:{LONG[:100]}"], [])
    Store.objects.update(display_name=LONG)
    set_for_many(None, wanted, preview(None, wanted).digest)
    made = SpecialHoursChange.objects.get()
    rule = AlertRule.objects.create(name=LONG, labels=[f"market:{LONG[:100]}"])
    now = datetime.now(UTC)
    for value, acknowledged_at in (("", None), (f"market:{LONG}", now)):
        Alert.objects.create(
            rule=rule,
            store_id="" if value else "denver",
            value=value,
            starts_at=now,
            opened_at=now,
            acknowledged_at=acknowledged_at,
            comment=LONG,
        )
    addresses = {
        "preview": "/special-hours/?date=2050-12-25&hours=closed&stores=all",
        "undo": f"/special-hours/{made.pk}/",
        "together": "/outages/?together_by=market",
        "report": f"/reports/{report.pk}/",
        "compare": f"/reports/compare/?before={report.pk}&after={other.pk}",
        "ingest": f"/ingests/{ingest.pk}/",
    }
    return opened(addresses.get(request.param, f"/{request.param}/"))


each_page = pytest.mark.parametrize("page", PAGES, indirect=True)


@each_page
def test_a_page_runs_nothing_inline_and_loads_only_our_files(page):
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=", page.text)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page.text, re.DOTALL)
    assert set(scripts) <= {(' defer src="/static/pages/drop.js"', "")}
    for address in re.findall(r'<link[^>]*href="([^"]*)"', page.text):
        with closing(Client().get(address)) as file:
            assert file.status_code == 200


@each_page
def test_no_page_is_kept_by_a_cache(page):
    assert "no-store" in page["Cache-Control"]


@each_page
def test_every_field_has_a_label_and_the_page_one_heading(page):
    assert len(re.findall("<h1", page.text)) == 1
    for tag in re.findall(r"<(?:input|select|progress)[^>]*>", page.text):
        if 'type="hidden"' not in tag:
            [name] = re.findall(r'\sid="([^"]*)"', tag)
            assert f'<label for="{name}"' in page.text
    for described_by in re.findall(r'aria-describedby="([^"]*)"', page.text):
        assert f'id="{described_by}"' in page.text


@needs_chromium
@pytest.mark.parametrize("width", [375, 1920])
@each_page
def test_no_page_scrolls_sideways(page, width):
    with opened_in_browser(page.text, width) as shown:
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
