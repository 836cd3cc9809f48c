"""Measures how long requests take while others are at work.

    python -m tests.load --help

It serves a week of polls with gunicorn and the worker, as `make serve` does, and sends
requests at a fixed rate from the same machine. A time counts from the moment at which
the request was due, so a queue shows. The exit code is 1 if a request failed.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import quantiles
from threading import Event, Thread

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restaurant_monitor.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from tests.support import processes, services  # noqa: E402

STORE_READS = {
    "a store": "/api/stores/{}",
    "its uptime": "/api/stores/{}/uptime",
    "its timeline": "/api/stores/{}/timeline",
    "its outages": "/api/stores/{}/outages",
}
PAGE, PUSH, REPORT = "a page of all outages", "a push of 100 polls", "a report"
PAGES_SHARE = 0.05
PUSHED_ROWS = 100
REPORT_SECONDS = 20
MOST_AT_ONCE = 64
SETTLE_SECONDS = 3


def main():
    options = arguments()
    with (
        filled_database(options) as database_url,
        services.serving(database_url, REPORT_SECONDS="120") as service,
    ):
        load = Load(service, database_url)
        time.sleep(SETTLE_SECONDS)
        lines = [
            *load.phase("store reads alone", options, pages=0),
            *load.phase("with pages", options, pages=PAGES_SHARE),
            *load.phase("with pushes and reports", options, PAGES_SHARE, True),
        ]
    print("\n".join([heading(options), "", *HEAD, *lines]))
    sys.exit(1 if load.errors else 0)


def arguments():
    parser = argparse.ArgumentParser(prog="load", description=__doc__.split("\n")[0])
    parser.add_argument("--stores", type=int, default=14_000)
    parser.add_argument("--seconds", type=int, default=60, help="of each phase")
    parser.add_argument("--rate", type=int, default=50, help="reads a second")
    return parser.parse_args()


@contextmanager
def filled_database(options):
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        folder = Path(name)
        call_command("make_sample", folder, stores=options.stores, days=7, verbosity=0)
        with processes.new_database() as database_url:
            for command in (["ingest_csv", name], ["run_report", "--output=/dev/null"]):
                processes.run(database_url, *command).check_returncode()
            with processes.cursor_on(database_url) as cursor:
                cursor.connection.rollback()
                cursor.connection.autocommit = True
                cursor.execute("vacuum analyze")
            yield database_url


class Load:
    """Sends requests to a service. `errors` is the number of those that failed."""

    def __init__(self, service, database_url):
        self.service = service
        self.errors = 0
        rows = services.rows(database_url, "select store_id from store")
        self.store_ids = [store_id for (store_id,) in rows]
        newest = "select newest_poll_at from timeline_state"
        [(self.newest_poll_at,)] = services.rows(database_url, newest)

    def phase(self, name, options, pages, is_mixed=False):
        """Send requests for some seconds; yield a line for each kind of request."""
        self.taken, self.failed = defaultdict(list), defaultdict(int)
        over = Event()
        beside = [Thread(target=self.push, args=[over])]
        beside += [Thread(target=self.request_reports, args=[over])]
        for thread in beside if is_mixed else []:
            thread.start()
        self.read(options, pages)
        over.set()
        for thread in beside if is_mixed else []:
            thread.join()
        self.errors += sum(self.failed.values())
        for kind, taken in self.taken.items():
            yield row(name, kind, taken, self.failed[kind])

    def read(self, options, pages):
        """Send reads at a fixed rate, whether or not earlier ones were answered."""
        began = time.monotonic()
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            for number in range(options.seconds * options.rate):
                due = began + number / options.rate
                time.sleep(max(0, due - time.monotonic()))
                kind, path = self.any_read(pages)
                pool.submit(self.timed, kind, due, "GET", path)

    def any_read(self, pages):
        if random.random() < pages:
            return PAGE, "/api/outages"
        kind = random.choice(list(STORE_READS))
        return kind, STORE_READS[kind].format(random.choice(self.store_ids))

    def push(self, over):
        """Push new polls once a second."""
        for number in count(1):
            at = self.newest_poll_at + timedelta(seconds=number)
            rows = [
                {
                    "store_id": store_id,
                    "status": status,
                    "timestamp_utc": at.isoformat(),
                }
                for store_id in random.sample(self.store_ids, PUSHED_ROWS)
                for status in random.choices(["active", "inactive"], [9, 1])
            ]
            self.timed(PUSH, time.monotonic(), "POST", "/api/polls", rows)
            if over.wait(1):
                self.newest_poll_at = at
                break

    def request_reports(self, over):
        while not over.is_set():
            self.timed(REPORT, time.monotonic(), "POST", "/api/reports", {})
            over.wait(REPORT_SECONDS)

    def timed(self, kind, due, method, path, body=None):
        answer = services.ask_if_up(self.service, method, path, body)
        self.taken[kind].append(time.monotonic() - due)
        if answer is None or answer.status >= 400:
            self.failed[kind] += 1
            print(method, path, answer and json.loads(answer.body), file=sys.stderr)


HEAD = [
    "| phase | request | requests | p50 ms | p95 ms | p99 ms | errors |",
    "|---|---|---|---|---|---|---|",
]


def heading(options):
    return (
        f"{options.stores:,} stores, a week of polls, {options.rate} reads a second "
        f"for {options.seconds} s in each phase, on {os.cpu_count()} cores that the "
        "generator shares."
    )


def row(phase, kind, taken, failed):
    cuts = quantiles(taken, n=100, method="inclusive") if len(taken) > 1 else taken * 99
    shown = " | ".join(f"{1000 * cuts[number - 1]:.0f}" for number in (50, 95, 99))
    return f"| {phase} | {kind} | {len(taken):,} | {shown} | {failed} |"


if __name__ == "__main__":
    main()
