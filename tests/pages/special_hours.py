"""The steps of whoever uses the page of special hours."""

import re
from datetime import date, time

from django.test import Client

from stores.models import (
    SpecialHours,
    SpecialHoursChange,
)
from tests.admin.pages import shown
from tests.pages.asking import opened
from tests.support import engine
from tests.support.reference import parse_instant

PAGE = "/special-hours/"
DAY = date(2023, 1, 23)  # the Monday of all polls
ON_DAY = {"date": "2023-01-23", "hours": "closed"}
CLOSED = ON_DAY | {"stores": "all"}
CHRISTMAS = CLOSED | {"date": "2050-12-26"}  # a Monday, too
ALL = {"date": "2023-01-23", "stores": "all"}
SHORT = [(time(10), time(14))]
MOMENT = parse_instant("2023-01-23 18:45:00 UTC")  # of the newest poll


def send(page, client=None):
    """Press the button below a preview; return the answer."""
    client = client or Client()
    [digest] = re.findall(r'name="digest" value="([^"]*)"', page.text)
    [action] = re.findall(r'<form method="post" action="([^"]*\?[^"]*)"', page.text)
    return client.post(PAGE + action.replace("&amp;", "&"), {"digest": digest})


def ids_of_checked(page):
    return re.findall(r'<input id="(\w+)"[^>]* checked>', page.text)


def change(client=None, **asked):
    """Preview hours and set them; return the change."""
    answer = send(opened(PAGE, client, **asked), client)
    assert answer.status_code == 302, shown(answer)
    return SpecialHoursChange.objects.order_by("changed_at").last()


def address(made):
    return f"{PAGE}{made.pk}/"


def send_undo(page, client=None):
    [digest] = re.findall(r'name="digest" value="([^"]*)"', page.text)
    path = page.wsgi_request.path
    return (client or Client()).post(path, {"digest": digest})


def undo(made, client=None):
    answer = send_undo(opened(address(made), client), client)
    assert answer.status_code == 302, shown(answer)


def special():
    """All special hours, by store and date."""
    return {
        (row.store_id, row.date): list(zip(row.starts, row.ends, strict=True))
        for row in SpecialHours.objects.all()
    }


def week_before(moment=None):
    return {store: of["week"] for store, of in engine.figures(moment).items()}
