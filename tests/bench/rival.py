"""The same report by DuckDB, from the same files, to compare speed and figures.

It runs in a separate process, so that the memory of each side is measured alone.
"""

import csv
import resource
from pathlib import Path
from time import perf_counter

import duckdb

FOLDER = Path(__file__).parent
FILES = {
    "status_file": "store_status.csv",
    "hours_file": "menu_hours.csv",
    "zones_file": "timezones.csv",
}

database = None


def load(folder):
    """Read the three files into a new database in memory; return the seconds."""
    global database  # noqa: PLW0603 - the process has only this connection
    database = duckdb.connect()
    database.execute("set enable_progress_bar = false; set variable as_of = null")
    for variable, name in FILES.items():
        database.execute(f"set variable {variable} = '{folder / name}'")
    return timed(lambda: database.execute(text("load")))


def report(path):
    """Compute the report and write its CSV; return the seconds."""
    figures, rows = duckdb.extract_statements(text("report"))

    def compute():
        database.execute(figures)
        database.sql(rows.query).write_csv(str(path))

    return timed(compute)


def refuse_difference(ours, theirs):
    """Raise unless the rows of two reports are equal to the last digit."""
    with ours.open(newline="") as one, theirs.open(newline="") as two:
        for mine, other in zip(csv.reader(one), csv.reader(two), strict=True):
            if mine != other:
                raise RuntimeError(f"we say {mine}, DuckDB says {other}")


def peak_memory():
    """Return the peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def text(name):
    return (FOLDER / f"duckdb_{name}.sql").read_text()


def timed(work):
    began = perf_counter()
    work()
    return perf_counter() - began
