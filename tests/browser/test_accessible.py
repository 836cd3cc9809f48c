"""Everybody can use the pages: on a phone, in the dark, and by keyboard alone.

axe finds what keeps people with disabilities out, such as a text with little contrast
or a field without a label.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import sample
from tests.support.browser import needs_chromium

pytestmark = needs_chromium
STORE = f"/stores/{sample.worst_store()}/"
PAGES = [
    "/",
    "/?status=down&label=region:west",
    STORE,
    *(
        f"{STORE}edit/{part}/"
        for part in ("name", "labels", "hours", "special", "probe")
    ),
    "/outages/",
    "/outages/?together_by=region",
    "/excused/",
    "/alerts/",
    "/hours-differ/",
    "/special-hours/?date=2023-12-25&hours=closed&stores=all",
    "/reports/",
    "/ingests/",
    "/account/",
]
LISTS = ["/reports/", "/ingests/"]
WIDTHS = [1920, 1280, 375]
SCHEMES = ["light", "dark"]
WAITING = ".panel > p > a[href^='/overview/']"
UNFOLD = "document.querySelectorAll('details').forEach((one) => one.open = true)"
SCROLLED = "document.documentElement.scrollWidth - window.innerWidth"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
FOCUSED = """() => {
    const focused = document.activeElement;
    const style = getComputedStyle(focused);
    return {
        text: focused.innerText || focused.getAttribute("aria-label") || focused.id,
        isVisible: style.outlineStyle != "none" && parseFloat(style.outlineWidth) > 0,
    };
}"""
MOST_TABS = 100


def load_all(page):
    """Scroll down until every part of the page has loaded, and open what is folded."""
    while page.locator(WAITING).count():
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(100)
    page.evaluate(UNFOLD)


def check(page):
    """At each width, nothing scrolls sideways, and axe finds nothing."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(SCROLLED) <= 0
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_accessible_and_does_not_scroll_sideways(open_page, address, scheme):
    page = open_page(scheme=scheme)
    page.goto(address)
    load_all(page)
    check(page)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("address", LISTS)
def test_so_is_the_page_of_a_report_and_of_an_ingest(open_page, address, scheme):
    page = open_page(scheme=scheme)
    page.goto(address)
    page.click("tbody th a")
    page.wait_for_url(f"{address}*/")
    check(page)


def test_so_is_the_page_of_two_reports(open_page):
    page = open_page()
    page.goto("/reports/")
    page.fill("[name=as_of]", "2023-01-24T12:00")
    page.click("text='Request a report'")
    page.wait_for_url("/reports/*-*/")
    page.wait_for_selector("main >> text=complete")
    page.goto("/reports/compare/")
    page.click("main [type=submit]")
    page.wait_for_selector("text=▼ worse")
    check(page)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_dark_where_that_is_wanted(open_page, address):
    pages = {scheme: open_page(scheme=scheme) for scheme in SCHEMES}
    for page in pages.values():
        page.goto(address)
    assert brightness(pages["dark"]) < 64
    assert brightness(pages["light"]) > 192


def brightness(page):
    """Return how bright the background is, from 0 for black to 255 for white."""
    return max(map(int, re.findall(r"\d+", page.evaluate(BACKGROUND))[:3]))


class TestByKeyboard:
    def test_the_first_tab_skips_the_navigation(self, open_page):
        page = open_page()
        page.goto("/")
        assert tab_to(page, "Skip to the content") == 1
        page.keyboard.press("Enter")
        assert page.url.endswith("#main")

    def test_a_store_is_found_and_its_outages_are_read(self, open_page):
        page = open_page()
        page.goto("/")
        tab_to(page, "search")
        page.keyboard.type("Oakland")
        page.wait_for_selector("#found a >> text=Oakland")
        tab_to(page, "Burger Barn, Oakland 3")
        page.keyboard.press("Enter")
        page.wait_for_url("/stores/*/")
        tab_to(page, "Wed 25 Jan")
        assert page.locator("details[open]").count() == 0
        page.keyboard.press("Enter")
        assert page.locator("details[open] table").is_visible()

    def test_a_report_is_requested(self, open_page):
        page = open_page()
        page.goto("/reports/")
        tab_to(page, "Request a report")
        page.keyboard.press("Enter")
        page.wait_for_url("/reports/*/")
        page.wait_for_selector("main >> text=complete")


def tab_to(page, text):
    """Press Tab until what begins with a text has the focus; return how often.

    On the way, one sees each time what has the focus.
    """
    for number in range(1, MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["isVisible"], focused
        if focused["text"].strip().startswith(text):
            return number
    raise AssertionError(f"no Tab reaches {text}")
