"""Who may set special hours for many stores, and for which."""

from datetime import timedelta

import pytest
from django.test import Client

from restaurant_monitor.access.models import Grant
from stores.hours.special_dates import set_special_hours
from tests.access.test_taken_away import grant_taken_while_waiting
from tests.admin.pages import shown
from tests.pages.asking import logged_in, opened, rows_of, text_of
from tests.pages.special_hours import (
    CHRISTMAS,
    CLOSED,
    DAY,
    ON_DAY,
    PAGE,
    SHORT,
    address,
    change,
    send,
    send_undo,
    special,
    undo,
)
from tests.support.accounts import user_with

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("monday")
class TestScope:
    def test_only_granted_stores_are_shown_and_changed(self, settings):
        client = logged_in(settings, "editor", stores=["late", "long"])
        page = opened(PAGE, client, **CLOSED)
        assert "2 of 2 stores that you see get other hours" in shown(page)
        assert "Change 2 stores" in shown(page)
        assert "denver" not in page.text
        change(client, **CLOSED)
        assert special() == {("late", DAY): [], ("long", DAY): []}

    def test_foreign_stores_in_between_do_not_matter(self, settings):
        client = logged_in(settings, "editor", stores=["late"])
        page = opened(PAGE, client, **CLOSED)
        set_special_hours("denver", DAY, SHORT)
        assert send(page, client).status_code == 302

    def test_a_user_undoes_only_their_part(self, settings):
        made = change(label=["region:west", "region:east"], **ON_DAY)
        client = logged_in(settings, "editor", stores=["late"])
        page = opened(PAGE, client)
        assert "closed 1 Undo open mode" in rows_of(page)[1]
        assert "region:east" not in rows_of(page)[1]  # somebody else's choice
        assert "Undo it for 1 store" in text_of(address(made), client)
        undo(made, client)
        assert set(special()) == {("denver", DAY), ("long", DAY)}
        settings.OPEN = True
        assert "closed 3 1 undone" in rows_of(opened(PAGE))[1]
        undo(made)
        assert special() == {}

    def test_changes_of_foreign_stores_are_unknown(self, settings):
        made = change(label="region:east", **ON_DAY)
        client = logged_in(settings, "editor", stores=["late"])
        assert "Nothing yet." in text_of(PAGE, client)
        assert client.get(address(made)).status_code == 404
        assert client.post(address(made), {"digest": ""}).status_code == 404
        assert special() == {("long", DAY): []}

    def test_a_grant_that_was_taken_away_while_waiting_counts(self, settings):
        client = logged_in(settings, "editor", stores=["late"])
        page, user = opened(PAGE, client, **CLOSED), Grant.objects.get().user
        with grant_taken_while_waiting(user):
            assert send(page, client).status_code == 409
        assert special() == {}

    @pytest.mark.parametrize("role", ["viewer", "operator", "poller"])
    def test_who_may_not_change_special_hours_is_refused(self, settings, role):
        made = change(label="region:west", **ON_DAY)
        client = logged_in(settings, role, "all stores")
        for path in (PAGE, address(made)):
            assert client.get(path).status_code == 403
            assert client.post(path).status_code == 403
        assert len(special()) == 2

    def test_who_may_change_them_is_led_to_the_page(self, settings):
        link = 'href="/special-hours/"'
        assert link in opened("/").text
        assert link in opened("/", logged_in(settings, "editor")).text

    def test_others_are_not_led_to_the_page(self, settings):
        assert "/special-hours/" not in opened("/", logged_in(settings, "viewer")).text

    def test_without_a_login_the_login_comes_first(self, settings):
        settings.OPEN = False
        assert Client().get(PAGE).url == f"/login/?next={PAGE}"
        assert Client().post(PAGE).url == f"/login/?next={PAGE}"

    def test_both_need_the_token(self, settings):
        made = change(label="region:west", **ON_DAY)
        settings.OPEN = False
        client = Client(enforce_csrf_checks=True)
        client.force_login(user_with("editor", "all stores"))
        page = opened(PAGE, client, **CHRISTMAS)
        assert send(page, client).status_code == 403
        assert send_undo(opened(address(made), client), client).status_code == 403
        assert len(special()) == 2
        assert 'name="csrfmiddlewaretoken"' in page.text

    def test_changes_and_undos_count_for_the_limit_of_changes(self, settings):
        settings.LIMITS = settings.LIMITS | {"changes": (1, timedelta(hours=1))}
        client = logged_in(settings, "editor", "all stores")
        made = change(client, label="region:west", **ON_DAY)
        for answer in (
            send(opened(PAGE, client, **CHRISTMAS), client),
            send_undo(opened(address(made), client), client),
        ):
            assert answer.status_code == 429
            assert answer["Retry-After"]
            assert "a user may send 1 changes" in shown(answer)
        assert len(special()) == 2
