"""Shows pages of Django's test client in a browser, without a web server."""

import os
import shutil
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium")
IS_REQUIRED = bool(os.environ.get("REQUIRE_CHROMIUM"))
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and not IS_REQUIRED, reason="chromium is missing"
)
STATIC = "/static/"


@contextmanager
def opened(html, width, height=900, parts=None):
    """Show a page; yield it. Use the database before: not while it is shown.

    `parts` are the answers to what the page asks for by itself, by path. A test can
    then move its clock.
    """

    def answer(route):
        path = urlsplit(route.request.url).path
        if path.startswith(STATIC):
            route.fulfill(path=finders.find(path.removeprefix(STATIC)))
        else:
            text = html if path == "/" else (parts or {}).get(path, "")
            route.fulfill(body=text, content_type="text/html; charset=utf-8")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.route("**/*", answer)
        if parts:
            page.clock.install()
        page.goto("http://testserver/")
        yield page
        browser.close()
