"""Converts the polls in a request body (JSON, NDJSON or CSV) to a CSV file.

A body that does not fit into a CSV file is refused here. The ingest checks the rows.
"""

import csv
import gzip
import json
import re
import zlib
from io import BytesIO, StringIO
from itertools import islice
from pathlib import Path

from rest_framework.exceptions import ParseError, ValidationError

from restaurant_monitor.http.errors import TooLarge
from restaurant_monitor.http.tables import CSV
from stores.ingest.containers import GZIP
from stores.ingest.csv_file import CsvFile, Refused
from stores.ingest.staging import KINDS, MAY_LACK
from stores.models import PUSHED

FIELDS = KINDS["status"]
OPTIONAL = MAY_LACK["status"]
JSON, NDJSON = "application/json", "application/x-ndjson"
NAME = Path(PUSHED["status"])
MOST_ROWS = 100_000
MOST_BYTES = 16 << 20
MOST_ERRORS = 100
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL has no text with these


def polls_file(media_type, body):
    """Return a body as a CsvFile; raise ParseError, ValidationError or TooLarge."""
    text = READERS[media_type](body)
    try:
        return CsvFile(BytesIO(text), NAME)
    except Refused as error:
        raise ParseError(str(error)) from error


def from_csv(body):
    body = unpacked(body) if body.startswith(GZIP) else body
    text = body.rstrip(b"\r\n")
    ends = text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
    # Without the last line end, there are as many ends as lines after the header.
    refuse_count(ends, "lines after the header")
    return body


def unpacked(body):
    """Unpack gzip. The limit of a plain body holds for the unpacked one too."""
    try:
        text = gzip.GzipFile(fileobj=BytesIO(body)).read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ParseError(f"this is not whole gzip: {error}") from error
    if len(text) > MOST_BYTES:
        raise TooLarge(f"the unpacked body may have at most {MOST_BYTES:,} bytes")
    if text.startswith(GZIP):
        raise ParseError("this seems to be gzip inside gzip: pack it once")
    return text


def from_json(body):
    found = parsed(decoded(body))
    return written(found if isinstance(found, list) else [found])


def from_ndjson(body):
    lines = [line for line in decoded(body).split("\n") if line.strip()]
    refuse_count(len(lines), "rows")
    return written([parsed(line, number) for number, line in enumerate(lines, 1)])


READERS = {JSON: from_json, NDJSON: from_ndjson, CSV: from_csv}


def decoded(body):
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ParseError(f"this is not UTF-8: {error}") from error


def parsed(text, number=None):
    """Read a text as JSON. An error names the row, if its number is given."""
    try:
        return json.loads(text)
    except ValueError as error:
        reason = f"this is not JSON: {error}"
        if number is None:
            raise ParseError(reason) from error
        raise ValidationError({number: [reason]}) from error


def refuse_count(count, what):
    if count > MOST_ROWS:
        raise TooLarge(f"there are {count:,} {what}; at most {MOST_ROWS:,} are allowed")
    if count == 0:
        raise ParseError(f"there are no {what}")


def written(rows):
    """Return rows as CSV; raise ValidationError, by row number, for wrong fields."""
    refuse_count(len(rows), "rows")
    wrong = {}
    for number, row in enumerate(rows, 1):
        if problem := problem_of(row):
            wrong[number] = problem
            if len(wrong) == MOST_ERRORS:
                break
    if wrong:
        raise ValidationError(wrong)
    sent = [*FIELDS, *(name for name in OPTIONAL if any(name in row for row in rows))]
    text = StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(sent)
    writer.writerows([row.get(name) for name in sent] for row in rows)
    return text.getvalue().encode()


def problem_of(row):
    """Return what is wrong with the fields of a row; empty if nothing is."""
    if not isinstance(row, dict):
        return ["This is not an object."]
    wrong = {name: ["required"] for name in FIELDS if name not in row}
    for name, value in islice(row.items(), MOST_ERRORS):
        if name in OPTIONAL and value is None:
            continue
        if name not in FIELDS + OPTIONAL:
            wrong[UNSTORABLE.sub("?", name)[:100]] = ["unknown"]
        elif not isinstance(value, str) or UNSTORABLE.search(value):
            wrong[name] = ["This is not a valid string."]
    return wrong
