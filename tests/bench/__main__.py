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
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restaurant_monitor.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from stores.timeline.tasks import catch_up  # noqa: E402
from tests.bench import (  # noqa: E402
    alerts,
    api,
    cluster,
    engine,
    pages,
    rival,
    rollup,
    scope,
    table,
)
from tests.support import processes  # noqa: E402

WARM_REPORTS = 5
HOURS = 3
PAGES = 20


def main():
    options = arguments()
    # Lines about hundreds of requests and reports would hide the progress.
    logging.getLogger("restaurant_monitor").setLevel("WARNING")
    if options.cluster:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            print(cluster.measure(options.stores, options.rounds, Path(name)))
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as name, one_process() as other:
        folder, seconds = Path(name), defaultdict(list)
        with ExitStack() as stack:
            measure_sizes(options, folder, stack, seconds)
            record = partial(record_step, seconds, other.submit(os.getpid).result())
            for number in range(1, options.rounds + 1):
                log(f"round {number} of {options.rounds}")
                measure_round(folder / "week", other, record)
        seconds["memory"] = measure_memory(folder / "week")
        seconds["memory"]["DuckDB"] = {"ours": other.submit(rival.peak_memory).result()}
        for stores in options.growth:
            measure_growth(stores, folder / f"{stores}", record, seconds["memory"])
    text = table.of(options, seconds)
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(text)
    print(text)


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n")[0])
    parser.add_argument("--stores", type=int, default=14_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long-stores", type=int, default=2_000)
    parser.add_argument("--weeks", type=int, nargs="*", default=[10, 52])
    parser.add_argument("--growth", type=int, nargs="*", default=[50_000, 100_000])
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="compare with the cluster of RM_CLUSTER_URL instead",
    )
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
    }
    sizes |= {f"{n} weeks": (options.long_stores, 7 * n) for n in options.weeks}
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
    for name, value in alerts.measure(WARM_REPORTS):
        seconds[name].append(value)


def record_step(seconds, other, name, work, *arguments):
    """Do a step, which returns its seconds; add them and those of the processor.

    `other` is the id of the process that may do the step instead of the server.
    """
    before = engine.processor_seconds(other)
    seconds[name].append(work(*arguments))
    seconds[f"{name}, CPU"].append(engine.processor_seconds(other) - before)


def measure_round(folder, other, record):
    """Measure everything once on a new database, each side in turn."""
    ours, theirs = folder / "ours.csv", folder / "theirs.csv"

    def elsewhere(work, *arguments):
        return other.submit(work, *arguments).result()

    with processes.new_database() as database:
        engine.use(database)
        record("copy", engine.bare_copy, folder / "store_status.csv")
        record("ingest", engine.ingest, folder)
        record("rival load", elsewhere, rival.load, folder)
        record("refresh", engine.refresh)
        record("first report", engine.report, ours)
        record("rival first report", elsewhere, rival.report, theirs)
        rival.refuse_difference(ours, theirs)
        for _ in range(WARM_REPORTS):
            record("early report", engine.report, ours)
        engine.vacuum()
        for _ in range(WARM_REPORTS):
            record("report", engine.report, ours)
            record("rival report", elsewhere, rival.report, theirs)
        record("outages", engine.outages_of_a_store)
        catch_up()  # the worker has had a minute since the last polls
        record("hour of a new date", engine.hour, folder / "hour")
        for _ in range(HOURS):
            record("hour copy", engine.copy_of_hour, folder / "hour")
            record("hour", engine.hour, folder / "hour")
        for _ in range(HOURS):
            record("push", lambda: api.push(engine.next_hour(folder / "hour")))
            hour = engine.next_hour(folder / "hour")
            record("ingest hour", engine.ingest, hour)


def measure_growth(stores, folder, record, memory):
    """Measure the steps once with another number of stores, and their memory."""
    log(f"{stores:,} stores")
    with processes.new_database() as database:
        engine.use(database)
        call_command("make_sample", folder, stores=stores, days=7, verbosity=0)
        record(f"copy {stores}", engine.bare_copy, folder / "store_status.csv")
        record(f"ingest {stores}", engine.ingest, folder)
        record(f"refresh {stores}", engine.refresh)
        engine.vacuum()
        for _ in range(WARM_REPORTS):
            record(f"report {stores}", engine.report, folder / "ours.csv")
        catch_up()
        engine.hour(folder / "hour")  # of a new date
        for _ in range(HOURS):
            record(f"hour {stores}", engine.hour, folder / "hour")
    for name, peak in measure_memory(folder).items():
        memory[f"{name} of {stores:,} stores"] = peak


def measure_memory(folder):
    """Return the peak memory of each step in MB, of the server and of this process."""
    peaks = {}
    with processes.new_database() as database:
        engine.use(database)
        for name, what in {
            "ingest": lambda: engine.ingest(folder),
            "refresh": engine.refresh,
            "report": lambda: engine.report(folder / "ours.csv"),
        }.items():
            with engine.memory() as peaks[name]:
                what()
    return peaks


if __name__ == "__main__":
    main()
