"""What happens on a day of a chain, and which alerts and messages must come of it.

The day is a Monday in Chicago, in beats: one each STEP minutes from BEGIN, which is
09:00. At each beat a store's server answers well, badly, or not at all. What must come
of it is worked out here by counting beats, with nothing of the product.

A beat may take some minutes, and a killed round may hand over its polls in two parts.
`is_certain` says if an outage leads to the same alert whatever happens within a beat.
All times are minutes since BEGIN.
"""

import random
from collections import Counter, namedtuple
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 6, 1, 14, tzinfo=UTC)
STEP = 25
INTERVAL = 10  # of the probes, so each is due at each beat
SLACK = 4  # a beat takes less
MIDNIGHT, NEXT_MIDNIGHT = -9 * 60, 15 * 60
ZONE = "America/Chicago"
HOSTS = [f"127.0.0.{n}" for n in range(2, 14)]
STORES = 30  # that do anything, besides the chosen ones
HANGS_FROM = 2  # the beat at which the store that hangs gets its probe

# What the server of a store does. GONE ends the connection without an answer.
UP, ERROR, GONE, HANGS = "up", "error", "gone", "hangs"

DOWN, PATIENT, HARBOR = "Down", "Patient", "Harbor"
SILENT, ALL_SILENT = "Not polled", "No polls"
MAIL, NIGHT, OWNERS, HOOK = "mail", "night", "owners", "hook"  # the channels
CHANNELS = {
    DOWN: [MAIL, HOOK],
    PATIENT: [NIGHT],
    HARBOR: [MAIL, HOOK],
    SILENT: [HOOK],
    ALL_SILENT: [HOOK],
}
DOWN_MINUTES, SILENT_MINUTES, ALL_SILENT_MINUTES = 30, 110, 60
REMIND_MINUTES, TOGETHER = 60, 3
MOST_SINGLY = 10  # of more at once, a rule tells in one message
# Of the day before, there is one poll: `moved` was up at its midnight. A report of it
# is sent at ten.
SUNDAY, REPORT = BEGIN - timedelta(hours=33), BEGIN + timedelta(hours=1)
HARBOR_VALUE = "region:harbor"

# An outage: when it starts by the script, the beat of its first poll, and the one at
# which the store is up again, or None.
Run = namedtuple("Run", "start first up")
# `about` is a store with its outage, or with its last poll, or a value of a label.
# `opens` and `closes` are beats.
Alert = namedtuple("Alert", "rule about opens closes ended_as")
Message = namedtuple("Message", "rule event alert beat")
Kill = namedtuple("Kill", "beat moment victim after")


class Script:
    """A day of so many beats. `kills` says how many there are at which moments.

    At the beats `failing` the whole network fails.
    """

    def __init__(self, beats, failing, kills, seed, hangs=False):
        self.random = random.Random(seed)
        self.beats, self.failing = range(beats), failing
        self.good = [beat for beat in self.beats if beat not in failing]
        self.pushes = [beat for beat in self.good if beat not in range(1, 6)]
        self.hours = {"early": (MIDNIGHT, 45), "late": (60, 840)}
        self.acts = self.chosen_acts() | ({"hangs": [HANGS] * beats} if hangs else {})
        for n in range(1, STORES + 1):
            self.acts[f"s{n:02}"] = self.any_acts()
        self.alerts = self.all_alerts()
        self.messages = self.all_messages()
        self.kills = [*self.some_kills(**kills)]

    # --- What happens

    def chosen_acts(self):
        downs = {
            "moved": (0, 0),
            "dark": (0, 3),
            "early": (1, 99),
            "late": (0, 9),
            "patient": (1, 10),
            "harbor1": (1, 4),
            "harbor2": (1, 4),
            "harbor3": (1, 9),
            "harbor4": (1, 9),
        }
        bad = {"patient": GONE}
        return {
            store: [
                bad.get(store, ERROR) if first <= beat < up else UP
                for beat in self.beats
            ]
            for store, (first, up) in downs.items()
        }

    def any_acts(self):
        """Return what a server does at each beat: mostly it answers."""
        while True:
            acts = [UP]
            while len(acts) < len(self.beats):
                is_up = self.random.random() < (0.85 if acts[-1] == UP else 0.4)
                acts.append(UP if is_up else self.random.choice([ERROR, GONE]))
            runs = self.runs_of_acts(acts, self.good, MIDNIGHT)
            if all(self.is_certain(run, NEXT_MIDNIGHT) for run in runs):
                return acts

    def seen(self, store):
        """Return the beats whose polls of a store are evidence (rule 4)."""
        opens, closes = self.hours_of(store)
        return [
            beat
            for beat in self.good
            if opens <= beat * STEP < closes and beat in self.polled(store)
        ]

    def polled(self, store):
        """Return the beats at which a store is polled for sure."""
        return [HANGS_FROM] if store == "hangs" else self.good

    def hours_of(self, store):
        return self.hours.get(store, (MIDNIGHT, NEXT_MIDNIGHT))

    def some_kills(self, polling, computing, sending, other):
        victims = ["poller", "worker"]
        for beat in self.random.sample(self.beats, polling):
            after = self.random.uniform(0.2, 3.5)
            yield Kill(beat, "polling", self.random.choice(victims), after)
        victims = ["cluster", "worker"]
        mailed = {m.beat for m in self.messages if m.rule == DOWN}
        told = self.random.sample(sorted(mailed), sending + computing)
        rest = self.random.sample(sorted({*self.beats} - {*told}), other)
        moments = ["sending"] * sending + ["computing"] * computing + ["other"] * other
        for beat, moment in zip(told + rest, moments, strict=True):
            after = self.random.uniform(0, 2.5) if moment == "other" else 0
            yield Kill(beat, moment, self.random.choice(victims), after)

    # --- Outages

    def runs(self, store):
        opens, _ = self.hours_of(store)
        return self.runs_of_acts(self.acts[store], self.seen(store), opens)

    def runs_of_acts(self, acts, seen, opens):
        """Return the outages of a store. By rule 5 the first one starts at opening."""
        runs = []
        for place, beat in enumerate(seen):
            was_up = place == 0 or acts[seen[place - 1]] == UP
            if acts[beat] != UP and was_up:
                start = opens if place == 0 else beat * STEP
                ups = [later for later in seen[place:] if acts[later] == UP]
                runs.append(Run(start, beat, min(ups, default=None)))
        return runs

    def opening(self, run, closes):
        """Return the beat at which an outage has lasted DOWN_MINUTES, or None."""
        return next(
            (
                beat
                for beat in self.good
                if run.first <= beat < (run.up or len(self.beats))
                and min(beat * STEP, closes) - run.start >= DOWN_MINUTES
            ),
            None,
        )

    def is_certain(self, run, closes):
        """Return if an outage opens its alert at the same beat in any case.

        When its last beat begins, it has either opened it, or is too short even then.
        """
        up = len(self.beats) if run.up is None else run.up
        lengths = [
            min(beat * STEP, closes) - run.start
            for beat in self.good
            if run.first <= beat <= up
        ]
        is_near = any(abs(length - DOWN_MINUTES) < SLACK for length in lengths)
        opens = self.opening(run, closes) is not None
        return not is_near and opens == (max(lengths) >= DOWN_MINUTES)

    # --- Alerts

    def all_alerts(self):
        alerts = [alert for store in self.acts for alert in self.alerts_of(store)]
        return [*alerts, *self.together(alerts), *self.silence()]

    def alerts_of(self, store):
        _, closes = self.hours_of(store)
        for run in self.runs(store):
            assert self.is_certain(run, closes), (store, run)
            ended_as = "" if run.up is None else "up"
            if (opens := self.opening(run, closes)) is not None:
                for rule in [DOWN, PATIENT] if store == "patient" else [DOWN]:
                    yield Alert(rule, (store, run), opens, run.up, ended_as)

    def together(self, alerts):
        """The stores of the harbor go down at one beat, so all alerts open at once."""
        of_harbor = [a for a in alerts if a.about[0].startswith("harbor")]
        [opens] = {alert.opens for alert in of_harbor}
        closes = next(
            (
                beat
                for beat in self.good
                if opens < beat
                and sum(a.closes is None or beat < a.closes for a in of_harbor)
                < TOGETHER
            ),
            None,
        )
        ended_as = "" if closes is None else "fewer"
        yield Alert(HARBOR, HARBOR_VALUE, opens, closes, ended_as)

    def silence(self):
        yield from self.gaps(SILENT, "pushed", self.pushes, SILENT_MINUTES)
        yield from self.gaps(ALL_SILENT, "", self.good, ALL_SILENT_MINUTES)

    def gaps(self, rule, about, polled, minutes):
        """An alert for each time without polls that is as long as a rule says."""
        for last, then in zip(polled, [*polled[1:], None], strict=True):
            end = len(self.beats) if then is None else then
            lengths = {b: (b - last) * STEP for b in range(last, end + 1)}
            assert all(abs(n - minutes) > SLACK for n in lengths.values()), lengths
            found = [b for b in lengths if lengths[b] >= minutes and b < end]
            assert bool(found) == (lengths[end] >= minutes) or then is None
            if found:
                ended_as = "" if then is None else "polled"
                yield Alert(rule, (about, last), min(found), then, ended_as)

    # --- Messages

    def all_messages(self):
        messages = [message for alert in self.alerts for message in self.told(alert)]
        at_once = Counter((m.rule, m.event, m.beat) for m in messages)
        assert max(at_once.values()) <= MOST_SINGLY, at_once
        return messages

    def told(self, alert):
        """Yield the messages about an alert."""
        told_at = alert.opens
        if alert.rule == DOWN and alert.about[0].startswith("harbor"):
            [by] = [a for a in self.alerts if a.rule == HARBOR]
            told_at = by.closes
            closes = len(self.beats) if alert.closes is None else alert.closes
            if told_at is None or closes <= told_at:
                return
        yield Message(alert.rule, "opened", alert, told_at)
        if alert.rule == PATIENT:
            yield from self.reminders(alert)
        if alert.closes is not None:
            yield Message(alert.rule, alert.ended_as, alert, alert.closes)

    def reminders(self, alert):
        last = alert.opens
        for beat in range(alert.opens, alert.closes or len(self.beats)):
            assert abs((beat - last) * STEP - REMIND_MINUTES) > SLACK
            if (beat - last) * STEP >= REMIND_MINUTES:
                yield Message(alert.rule, "reminder", alert, beat)
                last = beat


def short():
    """A day of a minute, which has most of what the long one has."""
    kills = {"polling": 2, "computing": 1, "sending": 1, "other": 0}
    return Script(beats=5, failing={2}, kills=kills, seed=36)


def long(seed=1):
    kills = {"polling": 11, "computing": 3, "sending": 3, "other": 3}
    return Script(beats=14, failing={6, 7, 8}, kills=kills, seed=seed, hangs=True)
