"""Opens and saves pages of the admin as a browser would."""

import re
from datetime import UTC, date, datetime
from itertools import chain

from stores.forms import SpecialShiftsField
from stores.hours.special_dates import set_special_hours
from stores.models import BusinessHours, SpecialHours
from tests.support import engine

AS_OF = datetime(2023, 1, 23, 20, tzinfo=UTC)
STORES = "/admin/stores/store/"
DENVER_PAGE = "/admin/stores/store/denver/change/"
REPORTS = "/admin/reports/report/"
INGESTS = "/admin/stores/ingest/"


def shown(response):
    """The text of a page, without its tags."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", response.text, flags=re.S)
    return " ".join(text.split())


def body(answer):
    """The content of a downloaded file."""
    return b"".join(answer.streaming_content).decode()


def form_on(page):
    """The form that a browser sends when a page is saved without changes."""
    sent = {}
    form = page.context["adminform"].form
    for field in [*form, *form.special.management_form, *chain(*form.special)]:
        sent[field.html_name] = field.value()
        if field.field.show_hidden_initial:
            sent[field.html_initial_name] = field.value()
    return {
        name: value
        for name, value in sent.items()
        if value is not None and value is not False
    }


def save(client, page, **changes):
    """Save a page with changes; return the errors by field, empty if it is saved."""
    address = page.wsgi_request.path
    answer = client.post(address, form_on(page) | {"_continue": "1"} | changes)
    if answer.status_code == 302:
        return {}
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def open_and_save(client, address, **changes):
    return save(client, client.get(address), **changes)


def special_of_denver():
    return {
        row.date: list(zip(row.starts, row.ends, strict=True))
        for row in SpecialHours.objects.filter(store_id="denver")
    }


def set_special(store_id, day, text):
    """Set the special hours of a date, in the form of the page."""
    shifts = SpecialShiftsField().clean(text)
    set_special_hours(store_id, date.fromisoformat(day), shifts)


def week_of_denver():
    return list(
        BusinessHours.objects.filter(store_id="denver")
        .order_by("weekday", "starts")
        .values_list("weekday", "starts", "ends")
    )


def last_week(store_id="denver", as_of=AS_OF):
    return engine.figures(as_of)[store_id]["week"]
