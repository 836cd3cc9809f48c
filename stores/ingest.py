"""Loads the CSV files: COPY into staging, judge, compare, apply.

Everything happens in one transaction. A file whose structure is wrong refuses
the whole ingest; a row that cannot be right is set aside and counted.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from django.db import DatabaseError, transaction

import sql
from stores.csv_file import Refused
from stores.models import Ingest

# What each file must have, in any order; further columns are ignored.
COLUMNS = {
    "status": ["store_id", "status", "timestamp_utc"],
    "hours": ["store_id", "day", "start_time_local", "end_time_local"],
    "timezones": ["store_id", "timezone_str"],
    "special": ["store_id", "date", "start_time_local", "end_time_local"],
}
ALSO_CALLED = {"dayOfWeek": "day"}
IGNORED = re.compile(r"\bignored_(\d+)\b")
COPY_PLACE = re.compile(r"COPY \w+, line (\d+)")


@dataclass
class Summary:
    """What became of the rows of each file.

    `counts` has, by kind of file, rows with `read`, `new`, `changed`,
    `already_there`, `superseded` and `rejected`, of which the first is the sum of
    the others; `reasons` has `file`, `reason` and `rejected`; `hours_removed` tells how
    many rows of business hours gave way to a new week.
    """

    counts: dict
    reasons: list
    hours_removed: int = 0

    @property
    def rejected(self):
        return sum(count.rejected for count in self.counts.values())


class RowsRejected(Exception):
    """A strict ingest met rows that cannot be right; nothing was changed."""

    def __init__(self, summary):
        super().__init__(f"{summary.rejected:,} rows cannot be right")
        self.summary = summary


@transaction.atomic
def ingest(files, rejects=None, strict=False, tell=lambda line: None, record=None):
    """Load CsvFiles by kind, any of those in COLUMNS; return a Summary.

    Rows that are set aside are kept, and go to the path `rejects` as CSV; if `strict`,
    any such row refuses all. `tell` hears what is being done; `record` is the Ingest to
    keep. Raises Refused or RowsRejected, and then nothing has changed. Waits for
    another ingest's end.
    """
    record = record or Ingest()
    record.started_at, record.attempts = datetime.now(UTC), 1
    summary = examine(files, record, tell)
    if rejects:
        with rejects.open("wb") as file:
            sql.copy_out("ingest/rejects", file, ingest_id=record.ingest_id)
    if strict and summary.rejected:
        raise RowsRejected(summary)
    store(files, record, summary, tell)
    return summary


def examine(files, record, tell):
    """Read the files and keep what is set aside; return a Summary. Changes no store."""
    sql.run("session_for_bulk")
    sql.run("ingest/lock")
    staged = {kind: stage(kind, files.get(kind)) for kind in COLUMNS}
    tell("checking the rows")
    summary = judge(files, staged["status"])
    if summary.rejected:
        keep_rejects(record, files)
    return summary


def store(files, record, summary, tell):
    """Store what the examined files bring."""
    tell("storing what is new")
    summary.hours_removed = apply(record.ingest_id)
    keep_record(record, files, summary)


def refuse(files, record, summary):
    """Store nothing of the examined files but why."""
    keep_record(record, files, summary, Ingest.State.FAILED, str(RowsRejected(summary)))


def stage(kind, file):
    """Copy a file, if there is one, into a new table of text; return its row count."""
    table = f"{kind}_file"
    if file is None:
        sql.create_staging(table, COLUMNS[kind])
        return 0
    sql.create_staging(table, staging_columns(kind, file))
    try:
        return sql.copy_in(table, file)
    except DatabaseError as error:
        raise file.refusal or refusal(file, error) from error


def staging_columns(kind, file):
    """Name the columns of a file: those that are read, and the rest by number."""
    names = [ALSO_CALLED.get(name, name) for name in file.columns]
    for wanted in COLUMNS[kind]:
        if names.count(wanted) != 1:
            problem = "twice" if wanted in names else "missing"
            raise Refused(file.name, f"column {wanted} is {problem}", line=1)
    return [
        name if name in COLUMNS[kind] else f"ignored_{number}"
        for number, name in enumerate(names, start=1)
    ]


def refusal(file, error):
    """Say in the words of a file what COPY, which saw no header, found wrong."""
    problem = error.__cause__.diag
    place = COPY_PLACE.search(problem.context or "")
    if place is None:
        raise error
    reason = IGNORED.sub(lambda m: file.columns[int(m[1]) - 1], problem.message_primary)
    line = int(place[1]) + 1
    if reason.startswith("unterminated CSV quoted field"):
        line = file.last_quote
    return Refused(file.name, reason, line)


def judge(files, polls_staged):
    """Read the staged rows, compare them with what is known, and count."""
    now = datetime.now(UTC)
    sql.run("ingest/find_odd_ids")
    sql.run("ingest/read_times")
    sql.run("ingest/analyze_lookups")
    sql.run("ingest/read_status")
    sql.run("ingest/judge_hours")
    sql.run("ingest/judge_timezones")
    sql.run("ingest/judge_special")
    gathered = sql.run("ingest/gather_polls", now=now)
    # This looks at each row once more, so only where there is something to find.
    sql.run("ingest/find_rejects", now=now, rows_are_missing=gathered < polls_staged)
    sql.run("ingest/gather_poll_days")
    sql.run("ingest/gather_hours")
    sql.run("ingest/gather_timezones")
    sql.run("ingest/gather_special")
    sql.run("ingest/analyze_work")
    counts = {kind: sql.one(f"ingest/count_{kind}") for kind in files}
    return Summary(counts=counts, reasons=sql.rows("ingest/count_reasons"))


def keep_rejects(record, files):
    """Keep each row that was set aside, with its place and the reason."""
    names = {kind: files[kind].name if kind in files else "" for kind in COLUMNS}
    sql.run("ingest/keep_rejects", ingest_id=record.ingest_id, **names)


def keep_record(record, files, summary, state=Ingest.State.COMPLETE, error=""):
    """Keep what became of the rows, and end the ingest."""
    sql.run("ingest/drop_work")
    record.files = {kind: file.name for kind, file in files.items()}
    record.counts = {kind: row._asdict() for kind, row in summary.counts.items()}
    record.reasons = [row._asdict() for row in summary.reasons]
    record.rejected = summary.rejected
    record.hours_removed = summary.hours_removed
    record.state, record.error = state, error
    record.finished_at = datetime.now(UTC)
    record.save()


def apply(batch):
    """Store what is new or changed, and mark it; return the hours removed."""
    sql.run("ingest/mark_new_stores", batch=batch)
    sql.run("ingest/add_stores", batch=batch)
    sql.run("ingest/mark_changed_stores", batch=batch)
    sql.run("ingest/mark_changed_polls", batch=batch)
    # A poll may have its mark at the very instant that such a date begins.
    sql.run("ingest/mark_changed_dates", batch=uuid4())
    sql.run("ingest/update_polls")
    with sql.key_built_last("poll"):
        sql.run("ingest/add_polls")
    sql.run("ingest/set_last_seen")
    removed = sql.run("ingest/delete_hours")
    with sql.key_built_last("business_hours"):
        sql.run("ingest/add_hours")
    sql.run("ingest/set_timezones")
    sql.run("ingest/set_special")
    return removed
