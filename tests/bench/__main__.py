"""Measures the engine against DuckDB and against PostgreSQL's bare COPY.

    python -m tests.bench --help

All sides take turns within one run, so that the ratios are stable on a noisy machine.
Each figure is a median. DuckDB computes the report by the same rules from the same
files, and every row of both must be equal.
"""

import argparse
import logging
import os
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restaurant_monitor.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from stores.timeline.tasks import catch_up  # noqa: E402
from tests.bench import api, engine, pages, rival, rollup, scope, table  # noqa: E402
from tests.support import processes  # noqa: E402

WARM_REPORTS = 5
HOURS = 3
PAGES = 20


def main():
    options = arguments()
    # A line for each of hundreds of requests would hide the progress.
    logging.getLogger("restaurant_monitor.requests").setLevel("WARNING")
    with tempfile.TemporaryDirectory(prefix="bench-") as name, one_process() as other:
        folder, seconds = Path(name), defaultdict(list)
        with ExitStack() as stack:
            measure_sizes(options, folder, stack, seconds)
            for number in range(1, options.rounds + 1):
                log(f"round {number} of {options.rounds}")
                measure_round(folder / "week", other, seconds)
            seconds["memory"] = measure_memory(folder, other)
    text = table.of(options, seconds)
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(text)
    print(text)


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n")[0])
    parser.add_argument("--stores", type=int, default=14_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long-stores", type=int, default=2_000)
    parser.add_argument("--long-weeks", type=int, default=52)
    parser.add_argument("--output", type=Path, default=Path(".local/bench.md"))
    return parser.parse_args()


def one_process():
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def log(line):
    print(line, file=sys.stderr, flush=True)


def measure_sizes(options, folder, stack, seconds):
    """Measure the report on less data and on a longer history, in turns.

    Also measure what the API answers, and the uptime of all stores and the pages with
    a month of polls.
    """
    sizes = {
        "week": (options.stores, 7),
        "month": (options.stores, rollup.DAYS),
        "tenth": (options.stores // 10, 7),
        "short": (options.long_stores, 7),
        "long": (options.long_stores, 7 * options.long_weeks),
    }
    databases = {}
    for name, (stores, days) in sizes.items():
        log(f"{stores:,} stores, {days} days")
        call_command(
            "make_sample", folder / name, stores=stores, days=days, verbosity=0
        )
        databases[name] = stack.enter_context(processes.new_database())
        engine.use(databases[name])
        engine.ingest(folder / name)
        engine.refresh()
        engine.vacuum()
    for _ in range(WARM_REPORTS * options.rounds):
        for name, database in databases.items():
            engine.use(database)
            engine.report(
                folder / "ours.csv"
            )  # the first report of a connection is slower
            seconds[f"report {name}"].append(engine.report(folder / "ours.csv"))
    engine.use(databases["month"])
    for name, value in rollup.measure(WARM_REPORTS * options.rounds):
        seconds[name].append(value)
    for name, value in pages.measure(engine.busiest_store(), PAGES * options.rounds):
        seconds[name].append(value)
    engine.use(databases["week"])
    for name, value in api.measure(engine.busiest_store(), WARM_REPORTS):
        seconds[name].append(value)
    for name, value in scope.measure(WARM_REPORTS):
        seconds[name].append(value)
    seconds["queue"] = engine.queue_waits(databases["week"], WARM_REPORTS)


def measure_round(folder, other, seconds):
    """Measure everything once on a new database, each side in turn."""
    ours, theirs = folder / "ours.csv", folder / "theirs.csv"

    def record(name, value):
        seconds[name].append(value)

    with processes.new_database() as database:
        engine.use(database)
        record("copy", engine.bare_copy(folder / "store_status.csv"))
        record("ingest", engine.ingest(folder))
        record("rival load", other.submit(rival.load, folder).result())
        record("refresh", engine.refresh())
        record("first report", engine.report(ours))
        record("rival first report", other.submit(rival.report, theirs).result())
        rival.refuse_difference(ours, theirs)
        for _ in range(WARM_REPORTS):
            record("report", engine.report(ours))
            record("rival report", other.submit(rival.report, theirs).result())
        record("outages", engine.outages_of_a_store())
        catch_up()  # the worker has had a minute since the last polls
        record("hour of a new date", engine.hour(folder / "hour"))
        for _ in range(HOURS):
            record("hour", engine.hour(folder / "hour"))
        for _ in range(HOURS):
            record("push", api.push(engine.next_hour(folder / "hour")))
            record("ingest hour", engine.ingest(engine.next_hour(folder / "hour")))


def measure_memory(folder, other):
    """Return the peak memory of each step in MB, of the server and of the process."""
    peaks = {"DuckDB": {"ours": other.submit(rival.peak_memory).result()}}
    with processes.new_database() as database:
        engine.use(database)
        for name, what in {
            "ingest": lambda: engine.ingest(folder / "week"),
            "refresh": engine.refresh,
            "report": lambda: engine.report(folder / "ours.csv"),
        }.items():
            with engine.memory() as peaks[name]:
                what()
    return peaks


if __name__ == "__main__":
    main()
