"""What is linked from every page of the admin."""

import html
import re
from urllib.parse import urljoin

import pytest

from stores.models import Store
from tests.support.strategies import IDS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["/admin/", "/admin/stores/store/"])
def test_the_api_is_linked_from_the_header(admin_client, page):
    header = admin_client.get(page).text.partition('id="user-tools"')[2]
    assert re.search(r'href="(/[^"]*)">API<', header)[1] == "/api/docs/"
    assert admin_client.get("/api/docs/").status_code == 200


def test_who_is_not_logged_in_sees_no_link(client):
    assert "/api/docs/" not in client.get("/login/").text


def test_a_store_with_any_id_is_linked_from_the_list(admin_client):
    """A browser resolves `.` and `..` before it asks."""
    for store_id in IDS:
        Store.objects.create(store_id=store_id)
    page = admin_client.get("/admin/stores/store/").text
    links = re.findall(r'<th class="field-store_id"><a href="([^"]*)"', page)
    assert len(links) == len(IDS)
    found = []
    for link in map(html.unescape, links):
        assert urljoin("http://testserver/admin/stores/store/", link).endswith(link)
        change = admin_client.get(link)
        found.append(change.context["original"].pk)
        for other in ("history", "delete"):
            [address] = set(re.findall(f'href="([^"]*/{other}/)"', change.text))
            other_page = admin_client.get(html.unescape(address))
            assert (other_page.status_code, address[:1]) == (200, "/")
            assert urljoin("http://testserver/", address).endswith(address)
    assert sorted(found) == sorted(IDS)
