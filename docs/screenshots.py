"""Takes the pictures in docs/images from a live server: `make screenshots`.

It starts its own server, with a temporary PostgreSQL, the sample data and a free port
on 127.0.0.1. It does not touch the developer's data.
"""

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe

from playwright.sync_api import sync_playwright

from tests.support import processes, services

IMAGES = Path(__file__).parent / "images"
STORE = "1182871983617081470"  # four outages in the last week
WIDTH = 1280
MARGIN = 16
NO_CHROMIUM = (
    "The pictures need the program chromium, which is missing: "
    "install it (on Debian: apt-get install chromium)."
)


def main():
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit(NO_CHROMIUM)
    IMAGES.mkdir(exist_ok=True)
    password = token_urlsafe(12)
    with sample_service(password) as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        log_in(page, f"http://{services.HOST}:{service.port}/admin/", password)
        page.goto(f"http://{services.HOST}:{service.port}/admin/stores/store/{STORE}/")
        take(page, "store.png", last=page.locator(".glance"))
        browser.close()


@contextmanager
def sample_service(password):
    """Run the service on the sample data, with an admin who has this password."""
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = password
    admin = ["--noinput", "--username=admin", "--email="]
    with services.own_postgres() as (_, database_url):
        processes.set_up(database_url)
        manage(database_url, "createsuperuser", *admin)
        services.fill(database_url)
        with services.serving(database_url) as service:
            yield service


def manage(database_url, *arguments):
    done = processes.run(database_url, *arguments)
    if done.returncode:
        sys.exit(f"manage.py {arguments[0]} failed:\n{done.stderr}")


def log_in(page, address, password):
    page.goto(address)
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", password)
    page.click("[type=submit]")
    page.wait_for_url(address)


def take(page, name, last):
    """Write the upper part of the page, down to the end of the element `last`."""
    box = last.bounding_box()
    height = box["y"] + box["height"] + MARGIN
    page.set_viewport_size({"width": WIDTH, "height": round(height)})
    page.screenshot(path=IMAGES / name)
    print(f"{IMAGES / name}: {(IMAGES / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
