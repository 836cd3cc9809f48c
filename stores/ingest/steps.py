"""Loads CSV files: copies them into staging tables, checks the rows, applies them.

Everything happens in one transaction. If the structure of a file is wrong, the whole
ingest is refused. An invalid row is rejected and counted. If too many rows of a file
are invalid, the whole ingest is refused too.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from django.db import transaction

import sql
from restaurant_monitor.access import audit
from restaurant_monitor.counters.counting import Amount, add
from restaurant_monitor.http import tables
from restaurant_monitor.jobs.figures import count_end
from stores import scope
from stores.editing import lock_writers
from stores.ingest.csv_file import Refused
from stores.ingest.limits import excess
from stores.ingest.staging import KINDS, OF_THE_DATA, stage, stage_polls
from stores.ingest.suspicion import warnings
from stores.models import (
    CONTROL,
    FLOATING_POINT,
    FORMULA,
    LABEL_NAME,
    LONGEST_ID,
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_VALUE,
    MOST_LABELS,
    NO_ZONE,
    WHITE_SPACE,
    Ingest,
    Poll,
    Reason,
)

ID_RULES = {
    "longest_id": LONGEST_ID,
    "formula": FORMULA,
    "control": CONTROL,
    "floating_point": FLOATING_POINT,
}
REASON_RULES = {
    "known_reasons": Reason.values,
    "longest_reason": LONGEST_REASON,
    "control": CONTROL,
}
# What the rows of each kind of file but that of polls are judged by.
RULES = {
    "hours": {},
    "timezones": {"no_zone": NO_ZONE},
    "special": {},
    "labels": {
        "label_name": LABEL_NAME,
        "longest_value": LONGEST_VALUE,
        "most_labels": MOST_LABELS,
        "control": CONTROL,
    },
    "names": {"longest_name": LONGEST_NAME, "control": CONTROL},
}
INCOMING = {
    "hours": "incoming_hours",
    "timezones": "incoming_timezone",
    "special": "incoming_special",
    "labels": "incoming_label",
    "names": "incoming_name",
}
# How many of a file's rejected rows are kept, and how many bytes of them as JSON.
KEPT_OF_A_FILE = {"most_rows": 10_000, "most_bytes": 16 << 20}
OUTCOMES = ["new", "changed", "already_there", "superseded", "rejected"]
COUNTS = ["read", *OUTCOMES]
ROWS = "ingest_rows"  # the name of their counters


@dataclass
class Summary:
    """What happened to the rows of each file.

    `counts` has, by kind of file, a row with COUNTS; `read` is the sum of the others.
    `reasons` has rows with `file`, `reason` and `rejected`. `warnings` has dicts with
    `code` and `text`: what looks wrong. `hours_removed` is the number of rows of
    business hours that a new week replaced, `labels_removed` the number of labels that
    the new labels of their store lack.
    """

    counts: dict
    reasons: list
    warnings: list
    hours_removed: int = 0
    labels_removed: int = 0

    @property
    def rejected(self):
        return sum(count.rejected for count in self.counts.values())


class RowsRejected(Exception):
    """More rows are invalid than the limit allows. Nothing was changed."""

    def __init__(self, reason, summary):
        super().__init__(reason)
        self.summary = summary


@transaction.atomic
def ingest(files, rejects=None, log=lambda line: None, record=None):
    """Load CsvFiles, by their KINDS; return a Summary.

    All rejected rows are counted, and written as CSV to `rejects`, an open binary
    file. The first ones are also kept in the database. `log` is called with each step
    as a line of text. `record` is the Ingest to save; it has the limit of rejected
    rows. Waits for other ingests. Raises Refused or RowsRejected; then nothing has
    changed.
    """
    record = record or Ingest()
    record.started_at, record.attempts = datetime.now(UTC), 1
    summary = examine(files, record, log)
    if rejects:
        sql.copy_out("ingest/all_rejects", rejects, formula=tables.FORMULA)
        rejects.flush()  # if its disk is full, nothing is loaded
    if reason := too_many_rejects(files, record, summary):
        raise RowsRejected(reason, summary)
    store(files, record, summary, log)
    return summary


def examine(files, record, log):
    """Read the files, store the rejected rows; return a Summary. Changes no store."""
    sql.prepare_for_bulk_work()
    lock_writers()
    viewer = viewer_of(record)
    staged = stage_polls(files.get("status"), viewer)
    for kind in RULES:
        stage(kind, files.get(kind))
    log("checking the rows")
    try:
        compare(files, viewer, staged)
    except OF_THE_DATA as error:
        names = ", ".join(file.name for file in files.values())
        raise Refused(names, sql.reason(error)) from error
    summary = Summary(
        counts={
            kind: sql.one(f"ingest/count/{kind}", plain_rows=staged.plain)
            for kind in files
        },
        reasons=sql.rows("ingest/count/reasons"),
        warnings=warnings({kind: file.name for kind, file in files.items()}, viewer),
    )
    names = {kind: files[kind].name if kind in files else "" for kind in KINDS}
    sql.run(
        "ingest/judge/rejected",
        rows_by_columns=staged.by_columns,
        has_reasons=staged.has_reasons,
        **names,
    )
    if summary.rejected:
        sql.run("ingest/keep_rejects", ingest_id=record.ingest_id, **KEPT_OF_A_FILE)
    return summary


def viewer_of(record):
    """Return the id of the user whose ingest may only write to some stores, or None.

    What was granted counts when the ingest runs, not when it was requested.
    """
    return record.requested_by and scope.viewer(record.requested_by)


def too_many_rejects(files, record, summary):
    """Return why the rejected rows exceed the limit; empty if they do not."""
    names = {kind: file.name for kind, file in files.items()}
    return excess(record.max_rejects, summary.counts, names)


def compare(files, viewer, staged):
    """Read and check the staged rows, and compare them with the stored data.

    `staged` is the StagedPolls.
    """
    now = datetime.now(UTC)
    trim = {"white_space": WHITE_SPACE}
    sql.run("ingest/read/odd_ids", viewer=viewer, **trim, **ID_RULES)
    sql.run("ingest/read/times", **trim)
    # These tables are small. With statistics, the planner uses a hash join.
    sql.analyze("odd_id", "time_reading")
    sql.run("ingest/read/status", **trim, **REASON_RULES)
    # A push has only polls. To make tables for the other kinds would cost it more.
    make = {kind: sql.run if kind in files else sql.leave_empty for kind in KINDS}
    for kind, rules in RULES.items():
        make[kind](f"ingest/judge/{kind}", **trim, **rules)
    text_polls = compare_polls(staged, now)
    # To read each row again is needed only if some rows are invalid or repeated.
    are_missing = text_polls < staged.as_text
    sql.run("ingest/judge/status", now=now, rows_are_missing=are_missing)
    sql.run("ingest/compare/poll_days")
    for kind in RULES:
        make[kind](f"ingest/compare/{kind}")
    sql.run("ingest/compare/unsettled")
    sql.analyze(*(INCOMING[kind] for kind in RULES if kind in files))
    make["hours"]("ingest/compare/replaced_hours")


def compare_polls(staged, now):
    """Compare polls with the known ones; return how many of the text rows are polls.

    Those that a later row supersedes do not count.
    """
    compare_all = partial(
        sql.run, "ingest/compare/polls", has_reasons=staged.has_reasons
    )
    if not staged.plain:
        sql.stand_in("ingest/compare/text_polls", now=now)
        sql.run("ingest/compare/all_text_polls")
        return compare_all()
    make = sql.run if staged.as_text else sql.leave_empty
    text_polls = make("ingest/compare/text_polls", now=now) or 0
    if text_polls or staged.runs > 1:
        sql.run("ingest/compare/mixed_polls")
        compare_all()
    else:
        sql.run("ingest/compare/plain_polls")
        if Poll.objects.exists():
            compare_all(**sql.one("ingest/compare/span_of_plain_polls")._asdict())
        else:  # what is neither sorted nor compared need not be written again
            sql.stand_in("ingest/compare/first_polls")
    return text_polls


def store(files, record, summary, log):
    """Apply the examined files, and mark what changed."""
    log("storing what is new")
    if mark(batch=record.ingest_id):
        sql.run("ingest/apply/new_stores", batch=record.ingest_id)
    apply(files, summary)
    keep_record(record, files, summary)


def mark(batch):
    """Mark what will change; return how many stores are new.

    This compares with the old data, so it runs first.
    """
    new_stores = sql.run("ingest/mark/new_stores", batch=batch)
    sql.run("ingest/mark/changed_stores", batch=batch)
    sql.run("ingest/mark/changed_polls", batch=batch)
    # Its own batch: a mark of polls may have the same `since`, the start of the date.
    sql.run("ingest/mark/changed_dates", batch=uuid4())
    return new_stores


def apply(files, summary):
    """Store what is new or changed. Set in the Summary how many rows were removed."""
    sql.run("ingest/apply/changed_polls")
    with sql.key_built_last("poll"):
        sql.run("ingest/apply/new_polls")
    sql.run("ingest/apply/last_seen")
    summary.hours_removed = sql.run("ingest/apply/removed_hours")
    with sql.key_built_last("business_hours"):
        sql.run("ingest/apply/new_hours")
    sql.run("ingest/apply/timezones")
    sql.run("ingest/apply/special_hours")
    sql.run("ingest/apply/settled")
    sql.run("ingest/apply/unsettled")
    if "names" in files:
        sql.run("ingest/apply/names")
    if "labels" in files:
        summary.labels_removed = sql.run("ingest/apply/removed_labels")
        sql.run("ingest/apply/changed_labels")
        with sql.key_built_last("store_label"):
            sql.run("ingest/apply/new_labels")


def refuse(files, record, summary, reason):
    """Store nothing of the examined files. Save the record, with the reason."""
    keep_record(record, files, summary, Ingest.State.FAILED, reason)


def keep_record(record, files, summary, state=Ingest.State.COMPLETE, error=""):
    """End the ingest: drop its work tables, and save what happened to the rows."""
    sql.drop(*WORK_TABLES)
    record.files = {kind: file.name for kind, file in files.items()}
    record.counts = {kind: row._asdict() for kind, row in summary.counts.items()}
    record.reasons = [row._asdict() for row in summary.reasons]
    record.rejected = summary.rejected
    record.columns = {
        kind: file.columns
        for kind, file in files.items()
        if summary.counts[kind].rejected
    }
    record.warnings = summary.warnings
    record.hours_removed = summary.hours_removed
    record.labels_removed = summary.labels_removed
    record.state, record.error = state, error
    record.finished_at = datetime.now(UTC)
    record.save()
    count_end(record, state, record.finished_at)
    count_rows(summary)
    audit.record(record.ENDED, record.pk, after=outcome_of(record))


def outcome_of(record):
    """Return what the audit log has of an ingest that ended. No count means none."""
    counts = {
        kind: {name: count for name, count in counts.items() if count}
        for kind, counts in record.counts.items()
    }
    outcome = {"state": record.state, "files": record.files, "counts": counts}
    more = {"hours_removed": record.hours_removed, "error": record.error}
    return outcome | {name: value for name, value in more.items() if value}


def count_rows(summary):
    """Count the rows of each file by what happened to them."""
    add(
        *(
            Amount(ROWS, getattr(rows, outcome), kind, outcome)
            for kind, rows in summary.counts.items()
            for outcome in OUTCOMES
        )
    )


WORK_TABLES = [
    *("odd_id", "time_reading", "status_reject", "file_id"),
    *(f"{kind}_file" for kind in KINDS),
    *(f"{kind}_row" for kind in RULES),
    *("plain_poll", "text_poll", "latest_poll", "incoming_poll", "incoming_poll_day"),
    *INCOMING.values(),
    *("replaced_hours", "incoming_unsettled"),
]
