"""Compares what a day left behind with its script, and with the reference.

The script says what happened at which beat. The times within the beat are those of the
polls: from these, the reference (the uptime rules in plain Python) derives the outages.
"""

import csv
import json
from collections import Counter, defaultdict
from datetime import UTC, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

from tests.day.chain import ADDRESSES
from tests.day.script import (
    ALL_SILENT,
    BEGIN,
    CHANNELS,
    DOWN,
    HANGS_FROM,
    HARBOR,
    HARBOR_VALUE,
    HOOK,
    MIDNIGHT,
    OWNERS,
    PATIENT,
    SILENT,
    STEP,
    SUNDAY,
    TOGETHER,
    UP,
    ZONE,
)
from tests.support import processes, reference, services
from tests.support.reference import MINUTE, ONE_DAY, Data

DATES = BEGIN.date() - 2 * ONE_DAY, BEGIN.date() + 2 * ONE_DAY
SUBJECTS = {
    (DOWN, "opened"): "Down: {store} since {start} (Chicago)",
    (DOWN, "reminder"): "Still down: {store} since {start} (Chicago)",
    (DOWN, "up"): "Back up: {store} at {end} (Chicago)",
    (HARBOR, "opened"): "Down together: 4 stores of {value}",
    (HARBOR, "fewer"): "No longer down together: stores of {value}",
    (SILENT, "opened"): "Not polled: pushed since {start} (Chicago)",
    (SILENT, "polled"): "Polled again: pushed at {end} (Chicago)",
    (ALL_SILENT, "opened"): "No polls since {start} (UTC)",
    (ALL_SILENT, "polled"): "Polls again",
}
KINDS = {PATIENT: DOWN}  # one is a rule of the same kind as the other


def beat_of(moment):
    return (moment - BEGIN) // timedelta(minutes=STEP)


def clock(moment, zone=ZONE):
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


class Check:
    """Each method checks a part of what a Day left behind."""

    def __init__(self, day):
        self.day, self.script = day, day.script
        query = "select store_id, is_active, observed_at from poll order by observed_at"
        self.polls = day.rows(query)
        self.data = Data(self.polls, self.hours(), self.zones())
        self.outages = {store: self.outages_of(store) for store in self.script.acts}

    def hours(self):
        return [
            (store, 0, *((minutes - MIDNIGHT) * MINUTE for minutes in hours))
            for store, hours in self.script.hours.items()
        ]

    def zones(self):
        return [(store, ZONE) for store in (*self.script.acts, "pushed")]

    def outages_of(self, store):
        as_of = reference.newest_poll(self.data)
        return reference.outages(self.data, store, as_of, *DATES)

    # --- Polls

    def check_polls(self):
        """Each store has polls of each beat, all with what its server did then.

        The clock goes on during a beat, so some stores are due twice.
        """
        found = defaultdict(set)
        for store, is_active, at in self.polls:
            found[store, beat_of(at)].add(is_active)
        for beat in self.script.beats[HANGS_FROM + 1 :]:
            found.pop(("hangs", beat), None)  # its own minute may be in this day
        expected = {
            (store, beat): {self.script.acts[store][beat] == UP}
            for store in self.script.acts
            for beat in self.script.polled(store)
        }
        expected |= {("pushed", beat): {True} for beat in self.script.pushes}
        expected["moved", beat_of(SUNDAY)] = {True}
        assert found == expected

    def check_figures(self):
        url = self.day.service.database_url
        done = processes.run_in_fork(url, "check_timeline")
        assert done.returncode == 0, done.stdout
        done = processes.run_in_fork(url, "run_report")
        expected = reference.csv_rows(reference.figures(self.data))
        assert [*csv.reader(StringIO(done.stdout))] == expected

    # --- Outages

    def check_outages(self):
        for store, outages in self.outages.items():
            runs = self.script.runs(store)
            found = [self.by_beats(store, outage) for outage in outages]
            assert found == [
                (run.first if run.start == run.first * STEP else run.start, run.up)
                for run in runs
            ], store
        asked = f"/api/outages?from={BEGIN.date() - ONE_DAY}T00:00:00Z&page_size=1000"
        answer = services.ask(self.day.service, "GET", asked)
        listed = json.loads(answer.body)["results"]
        assert Counter(as_listed(row) for row in listed) == Counter(
            as_expected(store, outage)
            for store, outages in self.outages.items()
            for outage in outages
        )

    def by_beats(self, store, outage):
        """Return when an outage began and ended: the beats of the polls.

        One that began at the opening has the minutes since BEGIN instead.
        """
        polls = {at for name, _, at in self.polls if name == store}
        begun = outage.starts_at in polls
        minutes = (outage.starts_at - BEGIN) / timedelta(minutes=1)
        end = None if outage.is_ongoing else beat_of(outage.ends_at)
        return beat_of(outage.starts_at) if begun else minutes, end

    # --- Alerts

    def check_alerts(self):
        query = """
            select
                r.name,
                coalesce(nullif(a.store_id, ''), a.value),
                a.opened_at,
                a.closed_at,
                a.ended_as,
                a.starts_at
            from alert as a inner join alert_rule as r using (rule_id)
        """
        found = Counter(
            (rule, about, beat_of(opened), closed and beat_of(closed), ended_as, starts)
            for rule, about, opened, closed, ended_as, starts in self.day.rows(query)
        )
        assert found == Counter(self.stored(alert) for alert in self.script.alerts)

    def stored(self, alert):
        about = HARBOR_VALUE if alert.rule == HARBOR else alert.about[0]
        ends = (alert.opens, alert.closes, alert.ended_as)
        return (alert.rule, about, *ends, self.start_of(alert))

    def start_of(self, alert):
        """Return when what an alert is about began."""
        if alert.rule == HARBOR:
            return self.start_together()
        if alert.rule in (SILENT, ALL_SILENT):
            return self.last_poll(*alert.about)
        return self.outage(alert).starts_at

    def start_together(self):
        """Several are down together from when the third of them went down."""
        harbor = [f"harbor{n}" for n in range(1, 5)]
        starts = [self.outages[store][0].starts_at for store in harbor]
        return sorted(starts)[TOGETHER - 1]

    def last_poll(self, store, beat):
        """Return the last poll of a store, or of all if it is empty, until a beat."""
        return max(
            at
            for name, _, at in self.polls
            if beat_of(at) <= beat and store in ("", name)
        )

    def outage(self, alert):
        store, run = alert.about
        return self.outages[store][self.script.runs(store).index(run)]

    # --- Messages

    def check_messages(self):
        """Each one came to its channel; if twice, with the same key."""
        received = [*self.received()]
        texts = defaultdict(set)
        for key, channel, subject in received:
            texts[key].add((channel, subject))
        assert all(len(different) == 1 for different in texts.values()), texts
        found = Counter(text for [text] in texts.values())
        assert found == Counter(self.expected())
        assert len(received) - len(texts) <= len(self.script.kills)
        stored = self.day.rows("select message_id::text, state from alert_message")
        assert dict(stored) == dict.fromkeys(texts, "sent")

    def received(self):
        """Return (key, channel, subject) of all that came."""
        channels = {address: name for name, address in ADDRESSES.items()}
        for mail in self.day.box.mails:
            key = mail["Message-ID"][1:].partition("@")[0]
            yield key, channels[mail["To"]], mail["Subject"]
        for sent in self.day.hook.requests:
            subject = json.loads(sent.body)["data"]["subject"]
            yield sent.headers["Webhook-Id"], HOOK, self.without_minute(subject)

    def without_minute(self, subject):
        """Polls of all stores come again at some poll of a beat: any of its minutes."""
        beats = [a.closes for a in self.script.alerts if a.rule == ALL_SILENT]
        minutes = {clock(at, "UTC") for _, _, at in self.polls if beat_of(at) in beats}
        again = {f"Polls again since {minute} (UTC)" for minute in minutes}
        return "Polls again" if subject in again else subject

    def expected(self):
        """Yield (channel, subject) of all that must have come."""
        yield OWNERS, "Daily, Sun 2026-05-31: 100.00 % up"
        for message in self.script.messages:
            subject = self.subject(message)
            yield from ((channel, subject) for channel in CHANNELS[message.rule])

    def subject(self, message):
        rule, event, alert, _ = message
        words = {"start": clock(self.start_of(alert)), "value": HARBOR_VALUE}
        if rule in (DOWN, PATIENT):
            words |= {"store": alert.about[0], "end": clock(self.outage(alert).ends_at)}
        elif rule == SILENT and event == "polled":
            words["end"] = clock(self.last_poll("pushed", alert.closes))
        elif rule == ALL_SILENT:
            words["start"] = clock(self.start_of(alert), "UTC")
        return SUBJECTS[KINDS.get(rule, rule), event].format(**words)


def as_listed(row):
    ends_at = None if row["is_ongoing"] else parsed(row["ends_at"])
    return row["store_id"], parsed(row["starts_at"]), ends_at, row["down_seconds"]


def as_expected(store, outage):
    ends_at = None if outage.is_ongoing else outage.ends_at
    return store, outage.starts_at, ends_at, outage.down.total_seconds()


def parsed(text):
    return reference.parse_instant(text.replace("T", " ")).astimezone(UTC)


def check(day):
    """Check all that a day left behind; return a line that says how much it was."""
    found = Check(day)
    assert day.killed == len(day.script.kills)
    found.check_polls()
    found.check_figures()
    found.check_outages()
    found.check_alerts()
    found.check_messages()
    received = [key for key, _, _ in found.received()]
    return (
        f"A day of {len(day.script.acts) + 1} stores in {len(day.script.beats)} beats "
        f"with {day.killed} kills: {len(found.polls)} polls, "
        f"{sum(map(len, found.outages.values()))} outages, "
        f"{len(day.script.alerts)} alerts, {len(set(received))} messages, of which "
        f"{len(received) - len(set(received))} came twice; all as expected"
    )
