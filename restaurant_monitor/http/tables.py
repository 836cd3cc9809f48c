"""Answers that have rows: as JSON, as CSV, or as a CSV file."""

import csv
from datetime import datetime
from functools import cache
from io import StringIO
from tempfile import TemporaryFile

from django.http import FileResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer

CSV = "text/csv"


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
        text = StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(data.columns)
        for row in data.rows:
            writer.writerow([cell(row[name]) for name in data.columns])
        return text.getvalue().encode()


def cell(value):
    """Return a value as a CSV cell that a spreadsheet does not run as a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


class Tables:
    """A view that answers with tables; in a view set, only its `table_actions` do."""

    table_actions = ("list",)

    def get_renderers(self):
        is_table = getattr(self, "action", "list") in self.table_actions
        return [JSONRenderer(), CsvRenderer()] if is_table else [JSONRenderer()]


def csv_file(write, filename, headers=None):
    """Answer with a CSV file that `write` fills. It is never in memory as a whole."""
    file = TemporaryFile()  # noqa: SIM115, the response closes it
    write(file)
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=filename,
        content_type=CSV,
        headers=headers,
    )
