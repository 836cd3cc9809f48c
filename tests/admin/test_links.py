"""What is linked from every page of the admin."""

import re

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["/admin/", "/admin/stores/store/"])
def test_the_api_is_linked_from_the_header(admin_client, page):
    header = admin_client.get(page).text.partition('id="user-tools"')[2]
    assert re.search(r'href="(/[^"]*)">API<', header)[1] == "/api/docs/"
    assert admin_client.get("/api/docs/").status_code == 200


def test_who_is_not_logged_in_sees_no_link(client):
    assert "/api/docs/" not in client.get("/admin/login/").text
