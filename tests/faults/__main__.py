"""Does real damage to a running service while requests arrive; counts what is lost.

    python -m tests.faults --help

Clients push polls and request reports all the time, and send again what was not
accepted. After each kind of damage, every accepted push must be in the database once
and whole, every accepted report must be complete, and `check_timeline` must pass. The
exit code is 1 if anything was lost or wrong.

At last, it plays the day of a chain of `tests/day` with twenty kills.
"""

import argparse
import os
import random
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restaurant_monitor.settings")
django.setup()

from tests.day.check import check  # noqa: E402
from tests.day.script import long  # noqa: E402
from tests.day.stage import played  # noqa: E402
from tests.faults import damage  # noqa: E402
from tests.faults.clients import Clients  # noqa: E402
from tests.faults.house import house  # noqa: E402
from tests.support import processes, services  # noqa: E402
from tests.support.clock import COMPILER  # noqa: E402

# What is done, how often, and for how many seconds it is left alone then.
FAULTS = [
    (damage.nothing, 1, 10),
    (damage.kill_a_web_process, 12, 1),
    (damage.kill_a_worker_process, 12, 2),
    (damage.kill_a_server_process, 8, 2),
    (damage.restart_postgresql, 6, 3),
    (damage.kill_an_ingest, 12, 1),
    (damage.fill_the_disk, 5, 3),
    (damage.set_the_clock, 6, 3),
    (damage.several_at_once, 12, 3),
]
HEAD = [
    "| fault | times | pushes | sent again | longest wait for a push | reports | "
    "lost or wrong |",
    "|---|---|---|---|---|---|---|",
]


def main():
    options = arguments()
    if os.geteuid() or not COMPILER:
        sys.exit("the disk and the clock need root on Linux, and a C compiler")
    random.seed(options.seed)
    faults = [fault for fault in FAULTS if options.only in fault[0].__name__]
    errors = damaged(faults) if faults else []
    if options.only in play_a_day.__name__:
        play_a_day(options.seed)
    sys.exit(1 if errors else 0)


def damaged(faults):
    """Do each damage to one service; print the table; return what is wrong."""
    rows, errors = [], []
    with house() as service:
        for fault, times, pause in faults:
            clients = repeated(service, fault, times, pause)
            rows.append(row(fault, times, clients))
            errors += clients.errors
    print("\n".join([*HEAD, *rows, "", *errors]))
    return errors


def play_a_day(seed):
    """Play the long day of a chain, and say what came of it."""
    with services.own_postgres() as (_, database_url):
        processes.with_account(database_url)
        with played(database_url, long(seed)) as day:
            print(check(day))


def arguments():
    parser = argparse.ArgumentParser(prog="faults", description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="of the random choices")
    parser.add_argument("--only", default="", help="faults with this in their name")
    return parser.parse_args()


def repeated(service, fault, times, pause):
    """Do the same damage several times while clients are at work; return them."""
    clients = Clients(service)
    with clients.at_work():
        for number in range(times):
            print(f"{fault.__name__}: {number + 1} of {times}", file=sys.stderr)
            fault(service)
            time.sleep(pause)
    clients.check()
    return clients


def row(fault, times, clients):
    cells = [
        fault.__doc__.rstrip("."),
        times if fault is not damage.nothing else "",
        f"{len(clients.accepted):,}",
        f"{clients.sent_again:,}",
        f"{clients.longest_wait:.1f} s",
        len(clients.report_ids),
        len(clients.errors),
    ]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
