"""Writes a report to a binary file: as CSV, as JSON or as a table for people."""

import json

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Length

import sql
from reports.models import ReportRow
from reports.ranges import write_range
from restaurant_monitor.http.tables import FORMULA

UNITS = {"hour": "minutes", "day": "hours", "week": "hours"}
CELL = "{:>8}{:>8}{:>12}{:>9}"


def write_csv(report, file, viewer=None, exclude_excused=False):
    """Write the CSV that rule 8 describes, without the unobserved time.

    That of a range has its groups instead; see reports/ranges.py.

    It has the stores that the user with the id `viewer` may see. None means all. An id
    that a spreadsheet may run as a formula gets an apostrophe in front. Excused time
    counts as what was seen, unless it is to be excluded.
    """
    if report.since:
        write_range(report, file)
        return
    sql.copy_out(
        "report/csv",
        file,
        report_id=report.report_id,
        viewer=viewer,
        formula=FORMULA,
        exclude_excused=exclude_excused,
    )


@transaction.atomic
def write_json(report, file, exclude_excused=False):
    """Write one object: the report's id, its as_of, and every figure by store."""
    head = {"report_id": str(report.report_id), "as_of": report.as_of.isoformat()}
    file.write(json.dumps(head).removesuffix("}").encode() + b', "stores": [')
    separator = b"\n"
    for row in figures(report, exclude_excused):
        file.write(separator + json.dumps(row_as_json(row)).encode())
        separator = b",\n"
    file.write(b"\n]}\n")


def row_as_json(row):
    windows = {f"last_{window}": window_as_json(row, window) for window in UNITS}
    return {"store_id": row.store_id} | windows


def window_as_json(row, window):
    up, down, unobserved, excused, percent = of_window(row, window)
    unit = UNITS[window]
    return {
        f"uptime_{unit}": float(up),
        f"downtime_{unit}": float(down),
        f"unobserved_{unit}": float(unobserved),
        f"excused_{unit}": float(excused),
        "uptime_percent": None if percent is None else float(percent),
    }


def write_table(report, file, exclude_excused=False):
    """Write aligned columns with the figures of the week.

    The table fits into 80 columns. Uptime % is blank if nothing was observed.
    """
    write_columns(report, file, ["week"], exclude_excused)


def write_wide(report, file, exclude_excused=False):
    """Write the table with all three windows side by side."""
    write_columns(report, file, UNITS, exclude_excused)


@transaction.atomic
def write_columns(report, file, windows, exclude_excused):
    width = widest_id(report)
    titles = [f"last {window} ({UNITS[window]})".rjust(37) for window in windows]
    columns = [CELL.format("up", "down", "unobserved", "uptime %")] * len(titles)
    write_line(file, "".ljust(width), titles)
    write_line(file, "store_id".ljust(width), columns)
    for row in figures(report, exclude_excused):
        found = [columns_of_window(row, window) for window in windows]
        cells = [CELL.format(*(blank_if_none(f) for f in w)) for w in found]
        write_line(file, row.store_id.ljust(width), cells)


def widest_id(report):
    rows = ReportRow.objects.filter(report_id=report.report_id)
    return rows.aggregate(width=Max(Length("store_id")))["width"] or 0


def write_line(file, store_id, cells):
    file.write(f"{store_id} {' |'.join(cells)}".rstrip().encode() + b"\n")


def blank_if_none(figure):
    return "" if figure is None else str(figure)


def columns_of_window(row, window):
    up, down, unobserved, _, percent = of_window(row, window)
    return up, down, unobserved, percent


def figures(report, exclude_excused, viewer=None):
    return sql.stream(
        "report/figures",
        report_id=report.report_id,
        viewer=viewer,
        exclude_excused=exclude_excused,
    )


def figures_of(window):
    """Return the names of a window's figures in the rows of report/figures."""
    unit = UNITS[window]
    kinds = ["uptime", "downtime", "unobserved", "excused"]
    names = [f"{kind}_last_{window}_{unit}" for kind in kinds]
    return [*names, f"uptime_last_{window}_percent"]


def of_window(row, window):
    return [getattr(row, name) for name in figures_of(window)]


WRITERS = {
    "csv": write_csv,
    "json": write_json,
    "table": write_table,
    "wide": write_wide,
}
