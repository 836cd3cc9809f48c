"""The links to the pages, at the top of each."""

import pytest

from tests.pages.asking import logged_in, opened
from tests.support.browser import needs_chromium
from tests.support.browser import opened as opened_in_browser

pytestmark = [pytest.mark.django_db, needs_chromium]
LONG = "a.very.long.name.without.a.blank@example.com"
BOXES = """[...document.querySelectorAll('header a, header button')].map(
    link => link.getBoundingClientRect()).map(({top, bottom, width, height}) =>
    ({middle: (top + bottom) / 2, width, height}))"""
SCROLLED = """() => {
    const nav = document.querySelector('header nav');
    nav.querySelector('li:last-child a').focus();
    const link = document.activeElement.getBoundingClientRect();
    return link.left >= 0 && link.right <= innerWidth;
}"""


@pytest.fixture
def html(settings):
    """The page of files for somebody who sees all links, under a long name."""
    fields = {"name": LONG, "is_staff": True}
    client = logged_in(settings, "editor", "operator", "all stores", **fields)
    return opened("/ingests/", client).text


def lines_of(boxes):
    return len({round(box["middle"]) for box in boxes})


@pytest.mark.parametrize("width", [320, 375, 768])
def test_they_take_two_lines_where_they_do_not_fit_into_one(html, width):
    with opened_in_browser(html, width) as page:
        boxes = page.evaluate(BOXES)
        assert lines_of(boxes) == 2
        for box in boxes:
            assert box["width"] >= 24
            assert box["height"] >= 24
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_they_take_one_line_where_they_fit(html):
    with opened_in_browser(html, width=1280) as page:
        assert lines_of(page.evaluate(BOXES)) == 1


def test_the_last_one_is_reached_by_keyboard(html):
    with opened_in_browser(html, width=320) as page:
        assert page.evaluate(SCROLLED)
