"""Copies CSV files into staging tables of text. Errors name the file and its line."""

import re

from django.db import DatabaseError, DataError, IntegrityError

import sql
from stores.ingest.csv_file import Refused, plain

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
ALSO_CALLED = {
    "dayOfWeek": "day",
    "timezone": "timezone_str",
    "timestamp": "timestamp_utc",
}
IGNORED = re.compile(r"\bignored_(\d+)\b")
# SQLSTATE classes 22 and 23. Other errors of the database are not the data's fault.
OF_THE_DATA = (DataError, IntegrityError)
COPY_PLACE = re.compile(r"COPY \w+, line (\d+)")


def stage(kind, file):
    """Copy a file, if given, into a new table of text; return its number of rows.

    Raises Refused for an error in the file. Any other error is not the file's fault:
    those of reading it, and those of the database such as a full disk.
    """
    table = f"{kind}_file"
    if file is None:
        sql.stand_in_for_staging(table, KINDS[kind])
        return 0
    sql.create_staging(table, staging_columns(kind, file))
    try:
        return sql.copy_in(table, file, file.separator)
    except DatabaseError as error:
        if file.failure:
            raise file.failure from error
        if not isinstance(error, OF_THE_DATA):
            raise
        raise refusal(file, error) from error


def staging_columns(kind, file):
    """Return column names: the required ones as they are, the others by number."""
    known = {plain(name): name for name in KINDS[kind]} | {
        plain(other): name for other, name in ALSO_CALLED.items() if name in KINDS[kind]
    }
    names = [known.get(plain(name), name) for name in file.columns]
    for wanted in KINDS[kind]:
        if names.count(wanted) != 1:
            problem = "appears twice" if wanted in names else "is missing"
            raise file.refused(f"column {wanted} {problem}")
    return [
        name if name in KINDS[kind] else f"ignored_{number}"
        for number, name in enumerate(names, start=1)
    ]


def refusal(file, error):
    """Convert an error of COPY, which got no header line, to one about the file."""
    problem = error.__cause__.diag
    place = COPY_PLACE.search(problem.context or "")
    if place is None:
        return Refused(file.name, problem.message_primary)
    reason = IGNORED.sub(lambda m: file.columns[int(m[1]) - 1], problem.message_primary)
    line = int(place[1]) + file.header_line
    if reason.startswith("unterminated CSV quoted field"):
        line = file.last_quote
    return file.refused(reason, line)
