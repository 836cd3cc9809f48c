"""Measures the uptime of all stores in groups, against a bare sum of the same rows."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from django.db import connection

from stores.timeline.moments import DAY
from stores.timeline.reading import reading
from stores.timeline.rollup import (
    Ranges,
    by_label_and_day,
    by_location,
    by_store,
    by_weekday_hour,
)
from tests.bench.rival import timed

FOLDER = Path(__file__).parent
DAYS = 31  # of the sample: the longest range and the dates at its ends


def halves(asked):
    """Compare the second half of a range of 30 days with the first, by day."""
    half = replace(asked, since=asked.since + 15 * DAY)
    by_label_and_day(half.compared(by_day=True), by_day=True)


# How many days are read, and how.
READS = {
    "region and day": (30, partial(by_label_and_day, label="region", by_day=True)),
    "halves": (30, halves),
    "day": (7, partial(by_label_and_day, by_day=True)),
    "region": (1, partial(by_label_and_day, label="region")),
    "weekday_hour": (30, by_weekday_hour),
    "location": (7, by_location),
    "store": (30, by_store),
}


def measure(times):
    """Yield the name and the seconds of each reading, and of its bare sum, in turns.

    The stores of the sample have regions and locations.
    """
    for _ in range(times):
        for name, (days, read) in READS.items():
            with reading() as moment:
                asked = Ranges(moment.as_of - days * DAY, moment.as_of, None)
                yield f"rollup {name}", timed(partial(read, asked))
                yield f"sum {name}", timed(partial(bare_sum, asked.since))


def bare_sum(since):
    query = (FOLDER / "select_sum.sql").read_text()
    with connection.cursor() as cursor:
        cursor.execute(query, {"since": since})
        cursor.fetchall()
