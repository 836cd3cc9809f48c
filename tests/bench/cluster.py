"""Measures the engine on one server and on a cluster, in turns.

The servers of the cluster should be on this machine, so that both sides have the same
processors. Each report must have the same bytes on both sides.
"""

import logging
import os
from collections import defaultdict, deque
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restaurant_monitor.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from stores.timeline.outages import outages  # noqa: E402
from stores.timeline.tasks import catch_up  # noqa: E402
from tests.bench import engine  # noqa: E402
from tests.bench.rival import timed  # noqa: E402
from tests.support import processes  # noqa: E402

SIDES = ["one server", "cluster"]
DAYS = 7
HOURS = 3
WARM = 5
HEAD = """\
# One server and a cluster

{stores:,} stores, {days} days, medians of {rounds} rounds, in seconds.

| step | one server | cluster | ratio |
|---|---|---|---|
"""
opened = ExitStack()  # the database of a side, in the side's own process


def measure(stores, rounds, folder):
    """Return a table in Markdown. Raises RuntimeError if two reports differ."""
    call_command("make_sample", folder / "week", stores=stores, days=DAYS, verbosity=0)
    seconds = defaultdict(lambda: defaultdict(list))
    sides = {name: started(name) for name in SIDES}
    for _ in range(rounds):
        measure_round(sides, folder, seconds)
    for side in sides.values():
        side.submit(end).result()
        side.shutdown()
    head = HEAD.format(stores=stores, days=DAYS, rounds=rounds)
    return head + "".join(line(step, of_sides) for step, of_sides in seconds.items())


def started(name):
    """Start the process of a side. Its environment says which database it uses."""
    before = dict(os.environ)
    url = os.environ.pop("RM_CLUSTER_URL")
    if name == "cluster":
        os.environ |= {"RM_CLUSTER_URL": url, "DATABASE_URL": url}
        os.environ.setdefault("SECRET_KEY", processes.SECRET_KEY)
    side = ProcessPoolExecutor(1, get_context("spawn"))
    side.submit(os.getpid).result()
    os.environ.clear()
    os.environ |= before
    return side


def measure_round(sides, folder, seconds):
    def turn(step, work, *arguments):
        for name, side in sides.items():
            took = side.submit(work, folder / name, *arguments).result()
            if step:
                seconds[step][name].append(took)

    turn("", begin)
    turn("bulk ingest", load, folder / "week")
    turn("first refresh", refresh)
    turn("first report", report)
    refuse_difference(folder)
    turn("", rest)
    for _ in range(HOURS):
        turn("ingest of an hour", load_next_hour)
        turn("refresh of an hour", refresh)
        turn("report", report)
        refuse_difference(folder)
    for _ in range(WARM):
        turn("report again", report)
        turn("outages of all stores", list_outages)


def refuse_difference(folder):
    first, second = ((folder / f"{name}.csv").read_bytes() for name in SIDES)
    if first != second:
        raise RuntimeError("the reports of one server and of the cluster differ")


def line(step, of_sides):
    one, many = (median(of_sides[name]) for name in SIDES)
    return f"| {step} | {one:.3f} | {many:.3f} | {many / one:.2f} |\n"


# --- What the process of a side does. It has a folder of its own.


def begin(folder):
    """Use a new database."""
    logging.getLogger("restaurant_monitor").setLevel("WARNING")
    folder.mkdir(exist_ok=True)
    opened.close()
    engine.use(opened.enter_context(processes.new_database()))


def end():
    opened.close()


def load(_, week):
    return engine.ingest(week)


def refresh(_):
    return engine.refresh()


def report(folder):
    return engine.report(folder.with_suffix(".csv"))


def rest(_):
    """Do what the server and the worker do in the minutes after."""
    engine.vacuum()
    catch_up()


def load_next_hour(folder):
    return engine.ingest(engine.next_hour(folder / "hour"))


def list_outages(_):
    return timed(lambda: deque(outages(), maxlen=0))
