"""Writes a report as an Excel workbook: every figure, as numbers, and ids as text."""

from django.db import transaction
from xlsxwriter import Workbook

import sql
from reports.output import UNITS, figures_of

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = [name for window in UNITS for name in figures_of(window)]
EXCLUDED = "no part of up, down and unobserved"
INCLUDED = "also counted as up, down or unobserved, as it was seen"
# Rows go to the disk one after the other, and no text becomes a formula or a link.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
}


@transaction.atomic
def write_workbook(report, file, viewer=None, exclude_excused=False):
    """Write the stores that the user with the id `viewer` may see. None means all.

    Excused time counts as what was seen, unless it is to be excluded.
    """
    figures = sql.stream(
        "report/figures",
        report_id=report.pk,
        viewer=viewer,
        exclude_excused=exclude_excused,
    )
    with Workbook(file, OPTIONS) as book:
        write_rows(book, figures)
        write_notes(book, report, exclude_excused)


def write_rows(book, rows):
    sheet = book.add_worksheet("Stores")
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, len(COLUMNS), 12)
    wrapped = book.add_format({"bold": True, "text_wrap": True})
    for place, title in enumerate(["store_id", *map(title_of, COLUMNS)]):
        sheet.write_string(0, place, title, wrapped)
    for number, row in enumerate(rows, start=1):
        sheet.write_string(number, 0, row.store_id)
        for place, name in enumerate(COLUMNS, start=1):
            figure = getattr(row, name)
            if figure is not None:  # no uptime where nothing was observed
                sheet.write_number(number, place, figure)


def title_of(column):
    """Return uptime_last_hour_minutes as `uptime last hour (minutes)`."""
    *words, unit = column.split("_")
    return f"{' '.join(words)} ({unit})"


def write_notes(book, report, exclude_excused):
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 16)
    notes = [
        ("Report", str(report.pk)),
        ("As of", f"{report.as_of:%Y-%m-%d %H:%M:%S} UTC"),
        ("Stores", " or ".join(report.labels) if report.labels else stores_of(report)),
        ("Windows", "the last hour, 24 hours and 7 days before that moment"),
        ("Figures", "within the business hours of each store"),
        ("Unobserved", "nobody knows whether the store was up or down"),
        ("Excused", EXCLUDED if exclude_excused else INCLUDED),
        ("Uptime percent", "of the observed time; empty if nothing was observed"),
    ]
    for number, (name, text) in enumerate(notes):
        sheet.write_string(number, 0, name)
        sheet.write_string(number, 1, text)


def stores_of(report):
    return "all" if report.store_ids is None else "some"
