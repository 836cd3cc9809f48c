"""Loads a file of probes: all of its rows, or none."""

from collections import namedtuple

from django.db import DatabaseError, transaction

import sql
from restaurant_monitor.access.audit import record_all
from stores.editing import lock_writers
from stores.ingest.csv_file import plain
from stores.ingest.staging import OF_THE_DATA
from stores.models import (
    CONTROL,
    FEWEST_MINUTES,
    LONGEST_URL,
    LONGEST_WANTED,
    MOST_MINUTES,
    PROBE_CODES,
    PROBE_DEFAULTS,
    PROBE_PATH,
    PROBE_URL,
    WHITE_SPACE,
)
from stores.polling.probes import FIELDS

COLUMNS = ["store_id", *FIELDS]
REQUIRED = ["store_id", "url"]
RULES = {
    "white_space": WHITE_SPACE,
    "control": CONTROL,
    "url_pattern": PROBE_URL,
    "codes_pattern": PROBE_CODES,
    "path_pattern": PROBE_PATH,
    "longest_url": LONGEST_URL,
    "longest_wanted": LONGEST_WANTED,
    "fewest_minutes": FEWEST_MINUTES,
    "most_minutes": MOST_MINUTES,
    **PROBE_DEFAULTS,
}
MOST_SHOWN = 20

Loaded = namedtuple("Loaded", "set removed")


class RowsRejected(Exception):
    """Rows of a file of probes are invalid, so nothing has changed.

    `lines` says for the first ones which record it is, and why.
    """

    def __init__(self, name, rows):
        super().__init__(f"{rows[0].rejected:,} rows of {name} are invalid")
        self.lines = [f"{name}, record {row.record}: {row.reason}" for row in rows]


@transaction.atomic
def load_probes(file):
    """Set the probes of a CsvFile; return how many were set and removed.

    Probes of stores that it does not name stay. Raises Refused for an error in the
    file, or RowsRejected. Waits for a running ingest.
    """
    lock_writers()
    stage(file)
    sql.run("polling/judge_file", **RULES)
    if rejected := sql.rows("polling/rejected", limit=MOST_SHOWN):
        raise RowsRejected(file.name, rejected)
    sql.run("polling/find_changes")
    changes = {
        row.store_id: (row.before, row.after) for row in sql.rows("polling/changes")
    }
    record_all("probe.changed", changes)
    loaded = Loaded(sql.run("polling/set_probes"), sql.run("polling/remove_probes"))
    sql.drop("probe_file")
    sql.drop_temporary("probe_row", "probe_change")
    return loaded


def stage(file):
    """Copy a file into a new table of text. Columns that it lacks are null."""
    columns = columns_of(file)
    ignored = [name for name in columns if name not in COLUMNS]
    sql.create_staging("probe_file", [*COLUMNS, *ignored])
    try:
        sql.copy_in("probe_file", columns, file, file.separator)
    except DatabaseError as error:
        if file.failure:
            raise file.failure from error
        if not isinstance(error, OF_THE_DATA):
            raise
        raise file.refused(sql.reason(error)) from error


def columns_of(file):
    """Return the names of a file's columns: those of COLUMNS, the others by number."""
    known = {plain(name): name for name in COLUMNS}
    names = [
        known.get(plain(name), f"ignored_{number}")
        for number, name in enumerate(file.columns, 1)
    ]
    for name in COLUMNS:
        if names.count(name) > 1:
            raise file.refused(f"column {name} appears twice")
        if name in REQUIRED and name not in names:
            raise file.refused(f"column {name} is missing")
    return names
