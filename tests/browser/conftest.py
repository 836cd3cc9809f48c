"""A browser in which somebody is logged in to the running service.

The service has a web server, a worker and a database of its own.
"""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.support import processes, services
from tests.support.browser import CHROMIUM

PASSWORD = "a password for this test"


@pytest.fixture(scope="module")
def database_url(filled_database):
    with processes.new_database(like=filled_database) as new_url:
        yield new_url


@pytest.fixture(scope="module")
def service(database_url):
    services.add_admin(database_url, PASSWORD)
    with services.serving(database_url) as started:
        yield started


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM)
        yield started
        started.close()


@pytest.fixture(scope="module")
def session(browser, service):
    """The cookies of the admin."""
    with browser.new_context(base_url=address_of(service)) as context:
        page = context.new_page()
        page.goto("/login/")
        page.fill("[name=username]", "admin")
        page.fill("[name=password]", PASSWORD)
        page.click("main [type=submit]")
        page.wait_for_url("/")
        return context.storage_state()


@pytest.fixture
def open_page(browser, service, session):
    """Return a function that opens a window, of a width and a color scheme.

    When the test ends, no page may have written to the console, asked another host for
    anything, or scroll sideways.
    """
    contexts, faults = [], []

    def opened(width=1280, scheme="light"):
        context = browser.new_context(
            base_url=address_of(service),
            storage_state=session,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        watch(page, faults)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def watch(page, faults):
    """Note in `faults` what no page should do."""
    host = f"{services.HOST}:"

    def check_host(request):
        if not urlsplit(request.url).netloc.startswith(host):
            faults.append(f"a request to {request.url}")

    page.on("request", check_host)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(f"console: {message.text}"))


def address_of(service):
    return f"http://{services.HOST}:{service.port}"
