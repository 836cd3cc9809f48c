"""What a manager of operations asks, each answered in at most two clicks.

The expected answers come from the reference.
"""

import re

import pytest

from tests.browser import sample
from tests.support.browser import needs_chromium
from tests.support.reference import ONE_DAY

pytestmark = needs_chromium
SCROLLS = 100


class Visitor:
    """Somebody who begins on the overview, and clicks at most twice."""

    def __init__(self, page):
        self.page, self.clicks = page, 0
        page.goto("/")

    def click(self, selector):
        self.clicks += 1
        assert self.clicks <= 2
        self.page.click(selector)

    def part(self, name):
        """Scroll down until a part of the overview has loaded; return it."""
        part = self.page.locator(f"#part-{name}")
        for _ in range(SCROLLS):
            if part.locator("tbody, .figures").count():
                break
            self.page.mouse.wheel(0, 200)
            self.page.wait_for_timeout(100)
        return part

    def texts(self, selector):
        return self.page.locator(selector).all_inner_texts()


@pytest.fixture
def visitor(open_page):
    return Visitor(open_page())


def ids_in(addresses):
    return [address.split("/")[2] for address in addresses]


def test_which_stores_are_down_now(visitor):
    visitor.click(".figures >> text=down")
    links = visitor.page.locator("#found th a")
    found = [link.get_attribute("href") for link in links.all()]
    assert set(ids_in(found)) == sample.down_now()


def test_since_when_they_are_down(visitor):
    visitor.click("#down-all")
    visitor.page.wait_for_url("**/?status=down*")
    rows = visitor.page.locator("[aria-labelledby=down] tbody tr").all()
    shown = {
        ids_in([row.locator("a").get_attribute("href")])[0]: row.inner_text()
        for row in rows
    }
    assert shown.keys() == sample.down_now()
    for store_id, text in shown.items():
        since = sample.outages(store_id)[-1].starts_at
        local = since.astimezone(sample.zone_of(store_id))
        assert f"{local:%a %Y-%m-%d %H:%M}" in text
        assert f"{since:%Y-%m-%d %H:%M} UTC" in text


def test_whether_it_is_better_than_before(visitor):
    shown = visitor.part("uptime").locator("li").all_inner_texts()
    for text, length in zip(shown, [ONE_DAY / 24, ONE_DAY, 7 * ONE_DAY], strict=True):
        now = sample.as_of()
        last = sample.uptime_percent(now - length, now)
        before = sample.uptime_percent(now - 2 * length, now - length)
        assert text.startswith(f"{float(last):.2f} %")
        [change] = re.findall(r"^[▲▼] (\S+) points against", text, re.MULTILINE)
        change = change.replace("\N{MINUS SIGN}", "-")
        # It is the difference of two percentages with two decimals.
        assert float(change) == pytest.approx(float(last - before), abs=0.0101)


def test_when_in_the_week_it_happens(visitor):
    expected = sample.down_percent_by_hour()
    rows = visitor.part("hours").locator("tbody tr").all()
    assert len(rows) == 7
    for weekday, row in enumerate(rows):
        for hour, cell in enumerate(row.locator("td").all_inner_texts()):
            percent = expected.get((weekday, hour))
            if percent is None:
                assert cell == "\N{EN DASH}"
            else:
                assert float(cell) == pytest.approx(float(percent), abs=0.51)


def test_which_store_was_the_worst_and_when_exactly(visitor):
    visitor.part("worst")
    visitor.click("#part-worst tbody tr:first-child a")
    worst = sample.worst_store()
    visitor.page.wait_for_url(f"**/stores/{worst}/")
    shown = visitor.texts("[aria-labelledby=outages] tbody td:first-child")
    starts = {outage.starts_at for outage in sample.outages(worst)}
    assert shown
    assert {text[text.index("(") :] for text in shown} <= {
        f"({start:%Y-%m-%d %H:%M:%S} UTC)" for start in starts
    }


def test_loading_three_files(visitor):
    visitor.click("nav >> text=Files")
    for kind, path in sample.FILES.items():
        visitor.page.set_input_files(f"[name={kind}]", path)
    visitor.click("main >> text='Upload'")
    visitor.page.wait_for_url("/ingests/*/")
    visitor.page.wait_for_selector("main >> text=complete")
    text = visitor.page.inner_text("main")
    assert "5,531 polls were already there." in text
