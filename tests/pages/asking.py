"""Opens pages as people do, in open mode or logged in."""

import re
from urllib.parse import urlsplit

from django.test import Client

from tests.admin.pages import shown
from tests.support.accounts import user_with


def text_of(address, client=None, **asked):
    """The text that a page shows."""
    return shown(opened(address, client, **asked))


def opened(address, client=None, **asked):
    page = (client or Client()).get(address, asked)
    assert page.status_code == 200, shown(page)
    return page


def logged_in(settings, *roles, **grants):
    """A browser of a user with roles, where the service is not open."""
    settings.OPEN = False
    found = Client()
    found.force_login(user_with(*roles, **grants))
    return found


def rows_of(page):
    """The text of each row of the tables of a page."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows]


def link_called(text, page):
    """The address of the first link with a text, without the host."""
    found = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>{re.escape(text)}</a>', page.text)
    parts = urlsplit(found[1].replace("&amp;", "&"))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
