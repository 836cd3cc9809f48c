"""Writes down how PostgreSQL runs every query of the project, on much data.

python -m tests.bench.plans --help

The sample is loaded and reported on; then an hour's polls are ingested, the timeline
is made from scratch, and the week before is reported on, all of it explained.
"""

import argparse
import os
import tempfile
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restaurant_monitor.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from tests import processes  # noqa: E402
from tests.bench import engine  # noqa: E402


def main():
    parser = argparse.ArgumentParser(prog="plans", description=__doc__.split("\n")[0])
    parser.add_argument("--stores", type=int, default=14_000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--output", type=Path, default=Path(".local/plans.txt"))
    options = parser.parse_args()
    size = {"stores": options.stores, "days": options.days}
    with (
        tempfile.TemporaryDirectory(prefix="plans-") as name,
        processes.new_database() as database,
        options.output.open("w") as file,
    ):
        folder = Path(name)
        engine.use(database)
        call_command("make_sample", folder, **size, verbosity=0)
        engine.ingest(folder)
        engine.refresh()
        hour = engine.next_hour(folder / "hour")
        call_command("explain", "*", ingest=hour, stdout=file)
    print(f"The plans are in {options.output}.")


if __name__ == "__main__":
    main()
