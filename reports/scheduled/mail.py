"""Writes a scheduled report as a mail: a text, the same in HTML, and a workbook."""

from io import BytesIO

from django.conf import settings
from django.template.loader import render_to_string
from xlsxwriter import Workbook

from reports.scheduled.models import ReportSchedule
from reports.workbook import EXCLUDED, OPTIONS, write_notes
from stores.templatetags.figures import change, lasting, percent

Period = ReportSchedule.Period
FIGURES = ["business", "up", "down", "unobserved", "excused"]
COLUMNS = [
    *(f"{name}_seconds" for name in FIGURES),
    *("uptime_percent", "previous_uptime_percent"),
]
HOUR = 3600


def mail_of(content):
    """Return the subject, body, html and attachment of a message with a Content."""
    context = content._asdict() | {
        "title": title_of(content),
        "change": changed(content),
        "site": settings.SITE_URL,
    }
    return {
        "subject": f"{title_of(content)}: {percent(content.total.uptime_percent)} up",
        "body": render_to_string("scheduled/mail.txt", context),
        "html": render_to_string("scheduled/mail.html", context),
        "attachment": workbook_of(content),
        "attachment_name": f"uptime-{content.first_day}-to-{content.last_day}.xlsx",
    }


def title_of(content):
    """Return such as `West, weekly, 2023-01-16 to 2023-01-22`."""
    return f"{content.schedule.name}, {dates_of(content)}"


def dates_of(content):
    if content.schedule.period == Period.DAY:
        return f"{content.first_day:%a %Y-%m-%d}"
    if content.schedule.period == Period.MONTH:
        return f"{content.first_day:%B %Y}"
    return f"{content.first_day:%Y-%m-%d} to {content.last_day:%Y-%m-%d}"


def changed(content):
    """Return how the uptime differs from that of the period before, or None."""
    total = content.total
    if not content.is_compared or total.uptime_percent is None:
        return None
    return change(total.uptime_percent, total.previous_uptime_percent)


# --- The workbook


def workbook_of(content):
    """Return an Excel workbook with the figures of each store, as bytes."""
    file = BytesIO()
    with Workbook(file, OPTIONS) as book:
        write_stores(book, content)
        write_notes(book, notes_of(content))
    return file.getvalue()


def write_stores(book, content):
    sheet = book.add_worksheet("Stores")
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 1, 24)
    sheet.set_column(2, len(COLUMNS) + 1, 12)
    wrapped = book.add_format({"bold": True, "text_wrap": True})
    shown = COLUMNS if content.is_compared else COLUMNS[:-1]
    for place, title in enumerate(["store_id", "name", *map(heading_of, shown)]):
        sheet.write_string(0, place, title, wrapped)
    for number, store in enumerate(content.stores, start=1):
        sheet.write_string(number, 0, store.store_id)
        sheet.write_string(number, 1, store.display_name)
        for place, name in enumerate(shown, start=2):
            figure = getattr(store, name)
            if figure is not None:  # no uptime where nothing was observed
                in_hours = name.endswith("_seconds")
                sheet.write_number(number, place, figure / HOUR if in_hours else figure)


def heading_of(column):
    """Return up_seconds as `up (hours)`, uptime_percent as `uptime (percent)`."""
    *words, unit = column.split("_")
    return f"{' '.join(words)} ({unit.replace('seconds', 'hours')})"


def notes_of(content):
    zone = content.schedule.timezone
    return [
        ("Report", title_of(content)),
        ("Zone", f"days begin at midnight in {zone}"),
        ("Until", f"{content.until:%Y-%m-%d %H:%M:%S %Z}"),
        ("Stores", " and ".join(content.schedule.labels) or "all that you see"),
        ("Down", lasting(content.total.down_seconds)),
        ("Unobserved", "nobody knows whether the store was up or down"),
        ("Excused", EXCLUDED),
        ("Uptime percent", "of the observed time; empty if nothing was observed"),
    ]
