"""Answers that have rows: as JSON, as CSV, or as a CSV file."""

import csv
import re
from contextlib import ExitStack
from datetime import datetime
from functools import cache
from io import StringIO
from tempfile import TemporaryFile

from django.http import FileResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer

CSV = "text/csv"

# A text that a spreadsheet may run as a formula, as a pattern of Python and PostgreSQL.
# It may have white space and invisible characters before the sign, and the sign may be
# a full-width one. In all CSV files, such a text gets an apostrophe in front.
SPACES = (
    " \t\n\v\f\r\x1c-\x1f\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
)
INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
SIGNS = "=+@\uff1d\uff0b\uff0d\uff20-"
FORMULA = f"^([\t\n\r]|[{SPACES}{INVISIBLE}]*[{SIGNS}])"


@cache
def columns_of(serializer_class):
    """Return the names of the fields of a row, in the order of its serializer."""
    return tuple(serializer_class().fields)


class Table(dict):
    """An answer with rows. JSON has all its content, CSV the columns of the rows."""

    def __init__(self, columns, rows, **content):
        super().__init__(content)
        self.columns = columns
        self.rows = rows


class CsvRenderer(BaseRenderer):
    """Writes a Table as CSV. The HTTP header X-As-Of has its `as_of`."""

    media_type = CSV
    format = "csv"
    charset = "utf-8"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        if not isinstance(data, Table):
            return JSONRenderer().render(data)
        if as_of := data.get("as_of"):
            renderer_context["response"]["X-As-Of"] = as_of.isoformat()
        return "".join(lines(data.columns, data.rows)).encode()


def lines(columns, rows):
    """Yield the lines of CSV of rows, which are dicts."""
    yield line(columns)
    for row in rows:
        yield line(cell(row[name]) for name in columns)


def write_lines(columns, rows, file):
    """Write rows of a query to a binary file as CSV, one after the other."""
    file.writelines(text.encode() for text in lines(columns, map(as_dict, rows)))


def as_dict(row):
    return row._asdict()


def line(values):
    """Return values as a line of CSV."""
    text = StringIO()
    # With another line end, a text with a carriage return would not be quoted.
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue().removesuffix("\r\n") + "\n"


def cell(value):
    """Return a value as a CSV cell that a spreadsheet does not run as a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, dict):
        value = "; ".join(f"{name}:{text}" for name, text in value.items())
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and re.match(FORMULA, value):
        return f"'{value}"
    return value


class Tables:
    """A view that answers with tables; in a view set, only its `table_actions` do."""

    table_actions = ("list",)

    def get_renderers(self):
        is_table = getattr(self, "action", "list") in self.table_actions
        return [JSONRenderer(), CsvRenderer()] if is_table else [JSONRenderer()]


def csv_file(write, filename, headers=None):
    """Answer with a CSV file that `write` fills."""
    return written_file(write, filename, CSV, headers)


def written_file(write, filename, content_type, headers=None):
    """Answer with a file that `write` fills. It is never in memory as a whole."""
    with ExitStack() as unless_written:
        file = unless_written.enter_context(TemporaryFile())
        write(file)
        file.seek(0)
        unless_written.pop_all()  # the response closes it
    return FileResponse(
        file,
        as_attachment=True,
        filename=filename,
        content_type=content_type,
        headers=headers,
    )
