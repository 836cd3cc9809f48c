"""Takes the pictures in docs/images from a live server: `make screenshots`.

With `ARGS="--every FOLDER"`, it writes each page at three widths, in light and in dark,
to a folder, to look at.

It starts its own server on a free port of 127.0.0.1, with a temporary PostgreSQL and
generated data. The clock of the server is set to a few minutes after the newest poll.
It does not touch the developer's data.
"""

import argparse
import shutil
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.support import clock, processes, services

IMAGES = Path(__file__).parent / "images"
SAMPLE = ["--stores=400", "--days=38"]
NOW = services.NEWEST_POLL + timedelta(minutes=4)
WIDTH, WIDTHS, SCHEMES = 1280, [375, 1280, 1920], ["light", "dark"]
NEEDED = {"chromium": shutil.which("chromium"), "cc": clock.COMPILER}
CHRISTMAS = "/special-hours/?date=2023-12-25&hours=closed&label=region:west"
# The pages that the documentation shows, and how much of each, in pixels from the top.
IN_DOCS = {
    "overview": 1500,
    "store": 1780,
    "events": 800,
    "compare": 900,
    "special-hours": 900,
}
# What is on the overview before a part of it has loaded.
WAITING = ".panel > p > a[href^='/overview/']"


def main():
    options = arguments()
    for program, found in NEEDED.items():
        if found is None:
            sys.exit(f"The pictures need the program {program}, which is missing.")
    password = token_urlsafe(12)
    with sample_service(password) as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=NEEDED["chromium"])
        start = {"base_url": f"http://{services.HOST}:{service.port}"}
        with browser.new_context(**start) as context:
            addresses = visit(context.new_page(), password)
            start["storage_state"] = context.storage_state()
        if options.every:
            take_every(browser, start, addresses, options.every)
        else:
            take_for_docs(browser, start, addresses)
        browser.close()


def arguments():
    parser = argparse.ArgumentParser(prog="screenshots")
    parser.add_argument("--every", type=Path, metavar="FOLDER")
    return parser.parse_args()


@contextmanager
def sample_service(password):
    """Run the service on generated data, with an admin who has this password."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        _, database_url = stack.enter_context(services.own_postgres())
        processes.with_account(database_url)
        services.add_admin(database_url, password)
        manage(database_url, "make_sample", folder / "sample", *SAMPLE)
        manage(database_url, "ingest_csv", folder / "sample")
        manage(database_url, "run_report", f"--as-of={NOW - timedelta(days=7)}")
        manage(database_url, "run_report")
        manage(database_url, "set_rule", "Down for an hour", "--minutes=60")
        set_clock = clock.Clock(folder)
        set_clock.shift((NOW - datetime.now(UTC)).total_seconds())
        yield stack.enter_context(services.serving(database_url, **set_clock.variables))


def manage(database_url, *arguments):
    done = processes.run(database_url, *arguments)
    if done.returncode:
        sys.exit(f"manage.py {arguments[0]} failed:\n{done.stderr}")


def visit(page, password):
    """Log in, and return the address of each page by its name."""
    page.goto("/login/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", password)
    page.click("main [type=submit]")
    page.wait_for_url("/")
    return {
        "overview": "/",
        "store": linked(page, "/overview/worst/", "tbody tr:nth-child(5) a"),
        "outages": "/outages/",
        "events": "/outages/?together_by=market&at_least_seconds=3600",
        "hours-differ": "/hours-differ/",
        "excused": "/excused/",
        "alerts": "/alerts/",
        "reports": "/reports/",
        "report": linked(page, "/reports/", "tbody th a"),
        "compare": submitted(page, "/reports/compare/", "text=Compare"),
        "files": "/ingests/",
        "ingest": linked(page, "/ingests/", "tbody th a"),
        "special-hours": CHRISTMAS,
        "account": "/account/",
        "range": ranged(page),
    }


def linked(page, address, selector):
    """Return where the first such link of a page leads."""
    page.goto(address)
    return page.get_attribute(selector, "href")


def submitted(page, address, selector):
    """Return where the button of a form leads."""
    page.goto(address)
    page.click(f"main [type=submit] >> {selector}")
    return page.url


def ranged(page):
    """Request a report of two weeks by region and date, and return where it is."""
    page.goto("/reports/")
    page.fill("#from", "2023-01-09T00:00")
    page.fill("#to", "2023-01-23T00:00")
    page.select_option("#group-by", "label:region,day")
    page.click("main [type=submit] >> text=of this range")
    page.wait_for_selector("main >> text=complete")
    return page.url


def take_every(browser, start, addresses, folder):
    folder.mkdir(exist_ok=True)
    for scheme in SCHEMES:
        for width in WIDTHS:
            look = looking(width, scheme)
            with browser.new_context(**start, **look) as context:
                for name, address in addresses.items():
                    path = folder / f"{name}-{width}-{scheme}.png"
                    take(context, address, path)


def take_for_docs(browser, start, addresses):
    with browser.new_context(**start, **looking(WIDTH, "light")) as context:
        for name, height in IN_DOCS.items():
            part = {"x": 0, "y": 0, "width": WIDTH, "height": height}
            take(context, addresses[name], IMAGES / f"{name}.png", clip=part)


def looking(width, scheme):
    return {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}


def take(context, address, path, **part):
    page = context.new_page()
    page.goto(address)
    load_all(page)
    page.screenshot(path=path, full_page=True, **part)
    page.close()
    print(f"{path}: {path.stat().st_size:,} bytes")


def load_all(page):
    while page.locator(WAITING).count():
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(100)
    page.evaluate("window.scrollTo(0, 0)")


if __name__ == "__main__":
    main()
