"""Copies CSV files into staging tables. Errors name the file and its line."""

import re
from dataclasses import dataclass
from io import BytesIO

from django.db import DatabaseError, DataError, IntegrityError

import sql
from stores.ingest.csv_file import CHUNK, Refused, plain

# The kinds of files with their required columns, in any order. Other columns are
# ignored. Letter case, blanks and underscores in names are ignored, too.
KINDS = {
    "status": ["store_id", "status", "timestamp_utc"],
    "hours": ["store_id", "day", "start_time_local", "end_time_local"],
    "timezones": ["store_id", "timezone_str"],
    "special": ["store_id", "date", "start_time_local", "end_time_local"],
    "labels": ["store_id", "name", "value"],
    "names": ["store_id", "display_name"],
}
FILE_NAMES = {
    "status": "store_status.csv",
    "hours": "menu_hours.csv",
    "timezones": "timezones.csv",
    "special": "special_hours.csv",
    "labels": "store_labels.csv",
    "names": "store_names.csv",
}
OPTIONAL = {"special", "labels", "names"}  # a folder may lack them
MAY_LACK = {"status": ["reason"]}  # columns that a file need not have
ALSO_CALLED = {
    "dayOfWeek": "day",
    "timezone": "timezone_str",
    "timestamp": "timestamp_utc",
}
IGNORED = re.compile(r"\bignored_(\d+)\b")
# SQLSTATE classes 22 and 23. Other errors of the database are not the data's fault.
OF_THE_DATA = (DataError, IntegrityError)
COPY_PLACE = re.compile(r"COPY \w+, line (\d+)")
# A row of polls that was read by columns before has its number in the file.
POLL_COLUMNS = [*KINDS["status"], *MAY_LACK["status"], "record"]
FEW_BYTES = 256 << 10  # a shorter file is read faster by SQL alone


@dataclass
class StagedPolls:
    """How many rows of the status file are where.

    `plain` rows went to plain_poll, and `as_text` to status_file. The first
    `by_columns` rows of the file were read by columns. `runs` is how many times plain
    rows were sorted. `has_reasons` says if the file has that column.
    """

    has_reasons: bool = False
    as_text: int = 0
    plain: int = 0
    by_columns: int = 0
    runs: int = 0


def stage(kind, file):
    """Copy a file, if given, into a new table of text.

    Raises Refused for an error in the file. Any other error is not the file's fault:
    those of reading it, and those of the database such as a full disk.
    """
    if file is None:
        sql.stand_in_for_staging(f"{kind}_file", KINDS[kind])
    else:
        columns = staging_columns(kind, file)
        sql.create_staging(f"{kind}_file", columns)
        copy_in(kind, file, columns)


def stage_polls(file, viewer):
    """Copy a status file, if given, into new tables; return its StagedPolls.

    Plain rows go to the table plain_poll, all others to status_file. If the viewer may
    not see all stores, SQL must look at each row. Raises the errors of `stage`.
    """
    if file and viewer is None and not is_short(file):
        return stage_by_columns(file)
    sql.leave_empty("ingest/read/plain_polls")
    if not file:
        sql.stand_in_for_staging("status_file", POLL_COLUMNS)
        return StagedPolls()
    columns = create_status_file(file)
    return StagedPolls("reason" in columns, as_text=copy_in("status", file, columns))


def create_status_file(file):
    """Create the table of a status file; return the names of the file's columns."""
    columns = staging_columns("status", file)
    lacking = [name for name in POLL_COLUMNS if name not in columns]
    sql.create_staging("status_file", [*columns, *lacking])
    return columns


def is_short(file):
    start = file.read(CHUNK)
    file.unread(start)
    return len(start) < FEW_BYTES


def stage_by_columns(file):
    """Copy the plain rows to plain_poll, and the others as text to status_file."""
    # Most pushes are too short for numpy, which takes 0.1 s and 25 MB to import.
    from stores.ingest.plain_polls import FIELDS, PlainPolls

    columns = create_status_file(file)
    sql.run("ingest/read/plain_polls")
    polls, staged = PlainPolls(file, columns), StagedPolls("reason" in columns)
    for odd_lines, run in polls.parts():
        if odd_lines:
            numbered = ["record", *columns], BytesIO(odd_lines), file.separator
            staged.as_text += sql.copy_in("status_file", *numbered)
        if run:
            staged.runs += 1
            sql.copy_binary_in("plain_poll", FIELDS, run)
    staged.plain, staged.by_columns = polls.plain, polls.rows
    staged.as_text += copy_in("status", file, columns, lines_before=polls.rows)
    if not staged.as_text:
        sql.drop("status_file")
        sql.stand_in_for_staging("status_file", POLL_COLUMNS)
    return staged


def copy_in(kind, file, columns, lines_before=0):
    """Copy a file to its table; return the number of rows."""
    try:
        return sql.copy_in(f"{kind}_file", columns, file, file.separator)
    except DatabaseError as error:
        if file.failure:
            raise file.failure from error
        if not isinstance(error, OF_THE_DATA):
            raise
        raise refusal(file, error, lines_before) from error


def staging_columns(kind, file):
    """Return column names: those that are read as they are, the others by number."""
    read = [*KINDS[kind], *MAY_LACK.get(kind, [])]
    known = {plain(name): name for name in read} | {
        plain(other): name for other, name in ALSO_CALLED.items() if name in read
    }
    names = [known.get(plain(name), name) for name in file.columns]
    for wanted in read:
        if names.count(wanted) > 1:
            raise file.refused(f"column {wanted} appears twice")
        if wanted in KINDS[kind] and wanted not in names:
            raise file.refused(f"column {wanted} is missing")
    return [
        name if name in read else f"ignored_{number}"
        for number, name in enumerate(names, start=1)
    ]


def refusal(file, error, lines_before):
    """Convert an error of COPY, which got no earlier lines, to one about the file."""
    problem = error.__cause__.diag
    place = COPY_PLACE.search(problem.context or "")
    if place is None:
        return Refused(file.name, problem.message_primary)
    reason = IGNORED.sub(lambda m: file.columns[int(m[1]) - 1], problem.message_primary)
    line = int(place[1]) + file.header_line + lines_before
    if reason.startswith("unterminated CSV quoted field"):
        line = file.last_quote
    return file.refused(reason, line)
