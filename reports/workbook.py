"""Writes a report as an Excel workbook: every figure, as numbers, and ids as text."""

from django.db import transaction
from xlsxwriter import Workbook

from reports.output import UNITS, figures, figures_of
from reports.ranges import table_of
from restaurant_monitor.http.tables import as_dict

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = [name for window in UNITS for name in figures_of(window)]
EXCLUDED = "no part of up, down and unobserved"
INCLUDED = "also counted as up, down or unobserved, as it was seen"
SHOWN_UNITS = {*UNITS.values(), "seconds", "percent"}
# Rows go to the disk one after the other, and no text becomes a formula or a link.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
}


@transaction.atomic
def write_workbook(report, file, viewer=None, exclude_excused=False):
    """Write the stores that the user with the id `viewer` may see. None means all.

    Excused time counts as what was seen, unless it is to be excluded. The workbook of a
    range has its groups instead, with lengths in seconds and without excused time.
    """
    with Workbook(file, OPTIONS) as book:
        if report.since:
            write_rows(book, "Uptime", *table_of(report))
        else:
            rows = map(as_dict, figures(report, exclude_excused, viewer))
            write_rows(book, "Stores", ["store_id", *COLUMNS], rows)
        write_notes(book, notes_of(report, exclude_excused or report.since))


def write_rows(book, name, columns, rows):
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, len(columns) - 1, 12)
    wrapped = book.add_format({"bold": True, "text_wrap": True})
    for place, column in enumerate(columns):
        sheet.write_string(0, place, title_of(column), wrapped)
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            write_cell(sheet, number, place, row[column])


def write_cell(sheet, number, place, value):
    if isinstance(value, str):
        sheet.write_string(number, place, value)
    elif value is not None:  # no uptime where nothing was observed
        sheet.write_number(number, place, value)


def title_of(column):
    """Return uptime_last_hour_minutes as `uptime last hour (minutes)`."""
    *words, unit = column.split("_")
    return f"{' '.join(words)} ({unit})" if unit in SHOWN_UNITS else column


def write_notes(book, notes):
    """Write a sheet with pairs of texts: names and what they mean."""
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 16)
    for number, (name, text) in enumerate(notes):
        sheet.write_string(number, 0, name)
        sheet.write_string(number, 1, text)


def notes_of(report, exclude_excused):
    return [
        ("Report", str(report.pk)),
        *(of_range(report) if report.since else of_windows(report)),
        ("Stores", " or ".join(report.labels) if report.labels else stores_of(report)),
        ("Figures", "within the business hours of each store"),
        ("Unobserved", "nobody knows whether the store was up or down"),
        ("Excused", EXCLUDED if exclude_excused else INCLUDED),
        ("Uptime percent", "of the observed time; empty if nothing was observed"),
    ]


def of_windows(report):
    return [
        ("As of", written(report.as_of)),
        ("Windows", "the last hour, 24 hours and 7 days before that moment"),
    ]


def of_range(report):
    return [("From", written(report.since)), ("To", written(report.as_of))]


def written(moment):
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def stores_of(report):
    return "all" if report.store_ids is None else "some"
