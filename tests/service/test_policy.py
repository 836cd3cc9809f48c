"""The scripts of all pages work in a browser under the Content-Security-Policy."""

import pytest
from playwright.sync_api import sync_playwright

from tests.support import services
from tests.support.browser import CHROMIUM, needs_chromium

pytestmark = needs_chromium
STORE = "1182871983617081470"
PASSWORD = "a password for this test"
PAGES = [
    "/admin/",
    "/admin/queue/",
    "/admin/stores/store/",
    "/admin/stores/store/add/",
    f"/admin/stores/store/{STORE}/change/",
    f"/admin/stores/store/{STORE}/history/",
    f"/admin/stores/store/{STORE}/delete/",
    "/admin/stores/ingest/",
    "/admin/reports/report/",
    "/admin/auth/user/",
    "/admin/auth/user/add/",
    "/admin/auth/group/add/",
    "/admin/access/grant/",
    "/admin/access/grant/add/",
    "/admin/access/apikey/",
    "/admin/access/apikey/add/",
    "/account/",
    "/password/",
    "/login/",
    "/admin/nothing/",
    "/api/docs/",
]
NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(
    `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`
));
"""


@pytest.fixture(scope="module")
def service(database_url):
    services.add_admin(database_url, PASSWORD)
    with services.web_server(database_url) as started:
        yield started


@pytest.fixture
def page(service):
    """A page of a browser in which the admin is logged in. It collects errors."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        address = f"http://{services.HOST}:{service.port}"
        page = browser.new_page(base_url=address)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.add_init_script(NOTE_VIOLATIONS)
        page.goto("/admin/")
        page.fill("[name=username]", "admin")
        page.fill("[name=password]", PASSWORD)
        page.click("[type=submit]")
        page.wait_for_url("/admin/")
        yield page
        browser.close()


def check(page):
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.violations") == []
    assert page.errors == []


def test_the_browser_blocks_nothing_on_any_page(page):
    check(page)
    for path in PAGES:
        page.goto(path)
        check(page)


def test_a_script_that_gets_into_a_page_does_not_run(page):
    page.goto("/admin/")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', "
        "'<img src=x onerror=\"window.stolen = true\">')"
    )
    page.wait_for_function("window.violations.length > 0")
    assert page.evaluate("window.stolen") is None


def test_a_store_is_edited_with_the_scripts_of_its_page(page):
    """The calendar of a special date, and the button that adds one."""
    page.goto(f"/admin/stores/store/{STORE}/change/")
    page.click("text=Add another special date")
    row = page.locator("#special-1")
    row.locator("[name=special-1-date]").fill("2023-12-24")
    row.locator("[name=special-1-shifts]").fill("09:00-12:00")
    page.locator("#special-0 .datetimeshortcuts a").first.click()
    check(page)
    page.click("[name=_continue]")
    page.wait_for_selector(".messagelist .success")
    assert page.locator("[name=special-0-shifts]").input_value() == "09:00-12:00"
    check(page)


def test_a_store_is_deleted_and_a_report_requested(page):
    page.goto("/admin/reports/report/")
    page.click("text=Compute a new report")
    page.wait_for_selector(".messagelist .success")
    check(page)
    page.goto("/admin/queue/")
    assert page.locator("#content td >> text=report").first.is_visible()
    page.goto("/admin/stores/store/")
    page.locator("[name=_selected_action]").first.check()
    page.select_option("[name=action]", "delete_selected")
    page.click("[name=index]")
    page.click("#content [type=submit]")
    page.wait_for_selector(".messagelist .success")
    check(page)


def test_the_page_of_the_api_sends_a_request(page):
    page.goto("/api/docs/")
    page.click("text=List ingests")
    page.click("text=Try it out")
    page.click("text=Execute")
    page.wait_for_selector(".live-responses-table")
    assert '"results"' in page.locator(".live-responses-table").inner_text()
    check(page)
