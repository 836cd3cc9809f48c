"""Plays the day of a script: real servers, a real worker, and a clock that jumps.

The processes of the service have a clock of their own, which the player sets from one
beat to the next. The worker polls as its own process does. At each beat the player also
runs `manage.py poll_stores --once`, for else the next round may be a minute away.
"""

import math
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2

from tests.day.chain import prepare
from tests.day.script import (
    BEGIN,
    ERROR,
    GONE,
    HANGS,
    HANGS_FROM,
    HOSTS,
    STEP,
    SUNDAY,
    UP,
)
from tests.polling.servers import ANSWERS, moved, serving
from tests.support import processes, services
from tests.support.clock import Clock
from tests.support.mailbox import mailbox
from tests.support.receiver import receiver

PATIENCE_SECONDS = 150  # a look that hangs takes 42 s, and its round may be killed


def instant(minutes):
    return BEGIN + timedelta(minutes=minutes)


@contextmanager
def played(database_url, script):
    """Play a day in a database with empty tables; yield it, with its service."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(HOSTS) as servers,
        mailbox() as box,
        receiver() as hook,
        closing(psycopg2.connect(database_url)) as connection,
        connection.cursor() as cursor,
    ):
        connection.autocommit = True
        prepare(database_url, script, servers, hook)
        day = Day(script, Clock(Path(folder)), servers, box, hook, cursor)
        day.hold_polling()  # or the worker would poll before the day begins
        with services.serving(database_url, **day.variables) as day.service:
            for beat in script.beats:
                day.play(beat)
            yield day


class Day:
    """A day that is being played, and what came of it: `box` and `hook` have it."""

    def __init__(self, script, clock, servers, box, hook, cursor):
        self.script, self.clock, self.servers = script, clock, servers
        self.box, self.hook, self.cursor = box, hook, cursor
        self.service = None
        self.killed = 0
        self.variables = clock.variables | {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(box.port),
            "PROBE_NETWORKS": "127.0.0.0/8",
        }
        self.shift = 0  # seconds
        self.go_to(BEGIN - timedelta(minutes=5))

    def now(self):
        return datetime.now(UTC) + timedelta(seconds=self.shift)

    def go_to(self, moment):
        self.shift += math.ceil((moment - self.now()).total_seconds())
        self.clock.shift(self.shift)

    def rows(self, query, *parameters):
        self.cursor.execute(query, parameters)
        return self.cursor.fetchall()

    def wait_for(self, what, condition):
        return services.wait_for(what, self.service, condition, PATIENCE_SECONDS)

    def play(self, beat):
        kills = {kill.moment: kill for kill in self.script.kills if kill.beat == beat}
        self.begin(beat)
        with self.a_round(), self.held(kills) as is_reached:
            if "polling" in kills:
                self.kill(kills["polling"])
            self.wait_for("all are polled", lambda: self.is_polled(beat))
            for moment, condition in is_reached.items():
                self.wait_for(moment, condition)
                self.kill(kills[moment])
        if "other" in kills:
            self.kill(kills["other"])
        self.wait_for("all is told", lambda: self.is_told(beat))
        if beat in self.script.failing:
            self.ask_by_hand("s01")

    def begin(self, beat):
        """Let the servers do what they do from now on, and set the clock.

        Not while a round runs, for it would see a part of the beat before.
        """
        assert self.now() < instant(beat * STEP), "the beat before took too long"
        self.hold_polling()
        for store, acts in self.script.acts.items():
            act = GONE if beat in self.script.failing else acts[beat]
            self.servers.answers[f"/{store}"] = answer_of(store, act)
        self.go_to(instant(beat * STEP))
        self.cursor.execute("select pg_advisory_unlock_all()")
        if beat == HANGS_FROM and "hangs" in self.script.acts:
            url = self.servers.url("/hang", HOSTS[-1])
            probe = {"url": url, "interval_minutes": 1440}
            self.ask("PUT", "/api/stores/hangs/probe", probe)
        if beat in self.script.pushes:
            self.push(beat)

    def hold_polling(self):
        """Let no round begin, and wait for the end of a running one."""
        self.cursor.execute("select pg_advisory_lock(hashtextextended('polling', 0))")

    def push(self, beat):
        polls = {"pushed": self.now()} | ({"moved": SUNDAY} if beat == 0 else {})
        rows = [
            {"store_id": store, "status": "active", "timestamp_utc": at.isoformat()}
            for store, at in polls.items()
        ]
        self.ask("POST", "/api/polls", rows)

    def ask(self, method, path, body):
        answer = services.ask(self.service, method, path, body)
        assert answer.status in (200, 201), answer

    @contextmanager
    def held(self, kills):
        """Hold what the killed ones shall wait for; yield when they do, by moment."""
        is_reached = {}
        with processes.cursor_on(self.service.database_url) as cursor:
            if "computing" in kills:
                cursor.execute("lock table alert in exclusive mode")
                is_reached["computing"] = lambda: is_awaited(cursor)
            if "sending" in kills:
                mails = len(self.box.mails)
                self.box.hold()
                is_reached["sending"] = lambda: len(self.box.mails) > mails
            yield is_reached
        self.box.go_on()

    @contextmanager
    def a_round(self):
        """Begin a round of polling. The worker's own process may be first."""
        with self.start("--once", stderr=subprocess.DEVNULL) as process:
            try:
                yield
                process.wait(PATIENCE_SECONDS)
            finally:
                process.kill()

    def start(self, *arguments, **options):
        variables = {
            "DATABASE_URL": self.service.database_url,
            "SECRET_KEY": processes.SECRET_KEY,
            services.MARK: self.service.mark,
        }
        return subprocess.Popen(
            [sys.executable, "manage.py", "poll_stores", *arguments],
            cwd=processes.PROJECT,
            env=os.environ | self.variables | variables,
            stdout=subprocess.DEVNULL,
            text=True,
            **options,
        )

    def ask_by_hand(self, store):
        """Ask one store while the network fails: nobody may believe the answer."""
        while True:
            process = self.start("--store", store, stderr=subprocess.PIPE)
            _, said = process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == 1
            if "another process is polling" not in said:
                break
        assert "the round failed and gave no polls" in said, said

    # --- Kills

    def kill(self, kill):
        time.sleep(kill.after)
        words = {
            "poller": ["poll_stores"],
            "cluster": ["qcluster"],
            "worker": ["work", "qcluster", "poll_stores"],
        }[kill.victim]

        def found():
            return [p for word in words for p in services.running(self.service, word)]

        # A process that was killed before may not have been replaced yet.
        services.kill(self.wait_for("there is something to kill", found))
        self.killed += 1

    # --- What a beat must lead to before the next one

    def is_polled(self, beat):
        start = instant(beat * STEP)
        wanted = set(self.script.acts) - {"hangs"}
        if beat in self.script.failing:
            query = """
                select distinct store_id
                from probe_result inner join polling_round using (round_id)
                where looked_at >= %s and state = 'failed'
            """
        else:
            query = "select distinct store_id from poll where observed_at >= %s"
            wanted |= {"pushed"} if beat in self.script.pushes else set()
            wanted |= {*self.script.acts} if beat == HANGS_FROM else set()
        return wanted <= {store for (store,) in self.rows(query, start)}

    def is_told(self, beat):
        """Return if the rules have been evaluated and all messages are sent."""
        self.hasten()
        query = """
            select
                evaluated_at >= %s
                and timeline = (select xmin::text from timeline_state)
                and not exists (select from timeline_mark)
                and not exists (select from alert_message where state = 'queued')
            from alert_state
        """
        return self.rows(query, instant(beat * STEP)) == [(True,)]

    def hasten(self):
        """Let no message wait for its next attempt: set the clock to it."""
        query = "select min(next_at) from alert_message where state = 'queued'"
        [(due,)] = self.rows(query)
        if due and due > self.now():
            self.go_to(due)


def is_awaited(cursor):
    """Return if an evaluation waits for the table of alerts."""
    return any("alert" in query for query in processes.waiting(cursor))


def answer_of(store, act):
    if act == UP:
        return moved(b"/ok") if store == "moved" else ANSWERS["/ok"]
    return {ERROR: ANSWERS["/503"], GONE: b"", HANGS: b""}[act]
