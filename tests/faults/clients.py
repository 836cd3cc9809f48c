"""Clients that push polls and request reports, and know what must come of it."""

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event, Lock, Thread

from tests.faults.damage import INGESTED_ROWS
from tests.support import processes, services

PUSHERS = 3
PUSHED_ROWS = 10
FIRST = datetime(2023, 1, 24, tzinfo=UTC)
PUSH_SECONDS = 0.2
REPORT_SECONDS = 2
RETRY_SECONDS = 0.1
PATIENCE_SECONDS = 60
ACCEPTED, REFUSED = (200, 201, 202), (429, 503)
numbers = count()  # of the pushes, of all clients of this run


class Clients:
    """Sends requests until it is told to stop, and checks what became of them.

    `accepted` has the rows of the accepted pushes, `errors` says what is wrong.
    """

    def __init__(self, house):
        self.house = house
        self.accepted, self.report_ids, self.errors = [], [], []
        self.sent_again, self.longest_wait = 0, 0.0
        self.lock = Lock()

    @contextmanager
    def at_work(self):
        over = Event()
        works = [self.push_polls] * PUSHERS + [self.request_reports]
        threads = [Thread(target=work, args=[over]) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def push_polls(self, over):
        while not over.is_set():
            rows = new_rows(next(numbers))
            key = {"Idempotency-Key": f"push {rows[0]['timestamp_utc']}"}
            began = time.monotonic()
            if not self.send_until_accepted("/api/polls", rows, key):
                break
            with self.lock:
                self.accepted.append(rows)
                self.longest_wait = max(self.longest_wait, time.monotonic() - began)
            over.wait(PUSH_SECONDS)

    def request_reports(self, over):
        while not over.wait(REPORT_SECONDS):
            answer = self.send_until_accepted("/api/reports", {}, {})
            if not answer:
                break
            self.report_ids.append(json.loads(answer.body)["report_id"])

    def send_until_accepted(self, path, body, headers):
        """Send a request again until it is accepted; give up after PATIENCE_SECONDS."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            answer = services.ask_if_up(self.house.service, "POST", path, body, headers)
            if answer and answer.status in ACCEPTED:
                return answer
            if answer and answer.status not in REFUSED:
                self.errors.append(f"POST {path}: {answer.status} {answer.body!a}")
            with self.lock:
                self.sent_again += 1
            time.sleep(RETRY_SECONDS)
        self.errors.append(f"POST {path} was not accepted for {PATIENCE_SECONDS} s")
        return None

    def check(self):
        """Wait until the service has done all, and add to `errors` what is wrong."""
        self.check_reports()
        self.check_polls()
        self.check_ingests()
        done = processes.run(self.house.database_url, "check_timeline")
        if done.returncode:
            self.errors.append(f"check_timeline: {done.stdout}{done.stderr}")

    def check_reports(self):
        for report_id in dict.fromkeys(self.report_ids):
            answer = services.result(self.house.service, report_id)
            if answer.headers.get_content_type() != "text/csv":
                self.errors.append(f"report {report_id}: {answer.body!a}")
        torn = """
            select report_id from report left join report_row using (report_id)
            where state = 'complete'
            group by report_id, store_count
            having count(store_id) <> store_count
        """
        for (report_id,) in services.rows(self.house.database_url, torn):
            self.errors.append(f"report {report_id} has not all of its rows")

    def check_polls(self):
        query = """
            select store_id, observed_at, is_active from poll
            where store_id like 'client %%'
        """
        stored = {
            row[:2]: row[2] for row in services.rows(self.house.database_url, query)
        }
        for rows in self.accepted:
            for row in rows:
                at = datetime.fromisoformat(row["timestamp_utc"])
                found = stored.get((row["store_id"], at))
                if found is not (row["status"] == "active"):
                    self.errors.append(f"a poll is lost or wrong: {row}")

    def check_ingests(self):
        query = """
            select store_id, count(*) from poll where store_id like 'ingest %%'
            group by store_id
        """
        for store_id, polls in services.rows(self.house.database_url, query):
            if polls != INGESTED_ROWS:
                self.errors.append(f"{store_id} was loaded in part: {polls} polls")


def new_rows(number):
    """Return polls of several stores; no two pushes have a store and instant both."""
    at = (FIRST + timedelta(seconds=number)).isoformat()
    return [
        {
            "store_id": f"client {store}",
            "status": "active" if (number + store) % 3 else "inactive",
            "timestamp_utc": at,
        }
        for store in range(PUSHED_ROWS)
    ]
