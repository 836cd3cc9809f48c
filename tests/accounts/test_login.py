"""People log in on one page. Who guesses passwords there is stopped."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db.models import F
from django.test import Client

from restaurant_monitor.access.passwords import PLACES
from tests.accounts.people import OTHER_PASSWORD, PASSWORD, WRONG, attempt
from tests.admin.pages import shown
from tests.support.accounts import user_with

pytestmark = pytest.mark.django_db
LIMIT = 5
FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in "maria")


@pytest.fixture
def maria():
    return user_with("viewer", name="maria")


def fail(browser, times, username="maria", **options):
    return [attempt(browser, username, WRONG, **options) for _ in range(times)][-1]


def token_of(page):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]


def later(minutes):
    """Let time pass since all attempts."""
    passed = timedelta(minutes=minutes)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - passed)


class TestLogin:
    def test_who_sees_stores_comes_to_the_overview_and_others_to_the_account(
        self, maria, boss
    ):
        poller = user_with("poller", name="poller")
        for user, page in ((maria, "/"), (poller, "/account/"), (boss, "/")):
            browser = Client()
            answer = attempt(browser, user.username, PASSWORD, follow=True)
            assert answer.redirect_chain[-1][0] == page
            assert answer.status_code == 200

    def test_the_form_needs_its_token(self, maria, browser):
        assert attempt(browser, "maria", PASSWORD).status_code == 403
        sent = {"username": "maria", "password": PASSWORD}
        sent["csrfmiddlewaretoken"] = token_of(browser.get("/login/"))
        assert browser.post("/login/", sent).url == "/"

    def test_it_goes_on_to_the_page_that_was_asked_for(self, maria, browser):
        assert browser.get("/account/").url == "/login/?next=/account/"
        answer = attempt(Client(), "maria", PASSWORD)
        assert answer.url == "/"
        sent = {"username": "maria", "password": PASSWORD, "next": "/account/"}
        assert Client().post("/login/", sent).url == "/account/"

    @pytest.mark.parametrize(
        "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
    )
    def test_it_goes_to_no_other_site(self, maria, elsewhere):
        sent = {"username": "maria", "password": PASSWORD, "next": elsewhere}
        assert Client().post("/login/", sent).url == "/"

    def test_the_admin_has_the_same_page(self, maria, logged_in):
        assert Client().get("/admin/", follow=True).redirect_chain == [
            ("/admin/login/?next=/admin/", 302),
            ("/login/?next=%2Fadmin%2F", 302),
        ]
        # Who is logged in and may not see the admin is told so.
        page = logged_in(maria).get("/admin/", follow=True)
        assert "You are logged in as maria, who may not open this page." in shown(page)

    def test_wrong_and_unknown_look_alike(self, maria):
        answers = [attempt(Client(), name, WRONG) for name in ("maria", "nobody")]
        texts = {shown(answer) for answer in answers}
        assert len(texts) == 1
        assert "Please enter a correct username and password." in texts.pop()

    def test_an_inactive_user_does_not_get_in(self):
        user_with(name="gone", is_active=False)
        answer = attempt(Client(), "gone", PASSWORD)
        assert answer.status_code == 200
        assert "Please enter a correct username" in shown(answer)

    def test_logging_out_needs_a_post(self, maria, logged_in):
        browser = logged_in(maria)
        assert browser.get("/logout/").status_code == 405
        assert browser.get("/account/").status_code == 200
        assert browser.post("/logout/").url == "/login/"
        assert browser.get("/account/").status_code == 302


class TestLimit:
    def test_after_too_many_wrong_passwords_the_right_one_is_refused(self, maria):
        assert fail(Client(), LIMIT - 1).status_code == 200
        answer = fail(Client(), 1)
        assert answer.status_code == 429
        assert "Try again in 15 minutes" in shown(answer)
        assert 14 * 60 < int(answer["Retry-After"]) <= 15 * 60
        assert "no-store" in answer["Cache-Control"]
        answer = attempt(Client(), "maria", PASSWORD)
        assert answer.status_code == 429

    def test_the_page_says_how_long_it_still_lasts(self, maria):
        fail(Client(), LIMIT)
        later(minutes=10)
        answer = attempt(Client(), "maria", PASSWORD)
        assert "Try again in 5 minutes" in shown(answer)

    def test_after_the_time_the_right_password_is_accepted(self, maria):
        fail(Client(), LIMIT)
        later(minutes=15)
        assert attempt(Client(), "maria", PASSWORD).status_code == 302

    def test_the_command_in_the_documentation_ends_it(self, maria):
        fail(Client(), LIMIT)
        call_command("axes_reset_username", "maria")
        assert attempt(Client(), "maria", PASSWORD).status_code == 302

    def test_trying_in_the_meantime_does_not_prolong_it(self, maria):
        fail(Client(), LIMIT)
        later(minutes=14)
        fail(Client(), 3)
        later(minutes=1)
        assert attempt(Client(), "maria", PASSWORD).status_code == 302

    def test_the_right_password_forgets_the_wrong_ones(self, maria):
        for _ in range(2):
            fail(Client(), LIMIT - 1)
            assert attempt(Client(), "maria", PASSWORD).status_code == 302

    def test_others_still_get_in(self, maria, boss):
        """From the same address, and the same user from another address."""
        fail(Client(), LIMIT)
        assert attempt(Client(), "boss", PASSWORD).status_code == 302
        elsewhere = Client(REMOTE_ADDR="192.0.2.7")
        assert attempt(elsewhere, "maria", PASSWORD).status_code == 302

    @pytest.mark.parametrize("address", ["/login/", "/admin/login/"])
    @pytest.mark.parametrize(
        "headers",
        [
            {"user-agent": "another"},
            {"x-forwarded-for": "192.0.2.1"},
            {"forwarded": "for=192.0.2.1"},
            {"x-real-ip": "192.0.2.1"},
            {"x-requested-with": "XMLHttpRequest"},
        ],
        ids=str,
    )
    def test_no_header_is_a_way_around(self, maria, address, headers):
        fail(Client(), LIMIT)
        sent = {"username": "maria", "password": PASSWORD}
        answer = Client().post(address, sent, headers=headers)
        assert answer.status_code == (429 if address == "/login/" else 302)
        assert "sessionid" not in answer.cookies

    def test_each_browser_counts(self, maria):
        for number in range(LIMIT):
            answer = fail(Client(), 1, headers={"user-agent": f"browser {number}"})
        assert answer.status_code == 429

    @pytest.mark.parametrize("name", [" maria", "maria ", FULL_WIDTH])
    def test_no_spelling_of_a_name_is_a_way_around(self, maria, name):
        """A form removes blanks and full-width letters before it looks for the user."""
        fail(Client(), LIMIT)
        assert attempt(Client(), name, PASSWORD).status_code == 429

    def test_guessing_the_old_password_counts_too(self, maria, logged_in):
        browser = logged_in(maria)
        new = {"new_password1": OTHER_PASSWORD, "new_password2": OTHER_PASSWORD}
        for _ in range(LIMIT):
            answer = browser.post("/password/", {"old_password": WRONG} | new)
        assert answer.status_code == 429
        answer = browser.post("/password/", {"old_password": PASSWORD} | new)
        assert answer.status_code == 429
        maria.refresh_from_db()
        assert maria.check_password(PASSWORD)

    def test_what_was_typed_is_not_stored(self, maria, logged_in):
        fail(Client(), 2)
        new = {"new_password1": OTHER_PASSWORD, "new_password2": OTHER_PASSWORD}
        logged_in(maria).post("/password/", {"old_password": WRONG} | new)
        [attempt] = AccessAttempt.objects.all()
        for secret in (WRONG, OTHER_PASSWORD):
            assert secret not in attempt.post_data + attempt.get_data


class TestProxies:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "counted"),
        [
            (0, "192.0.2.1", "127.0.0.1"),
            (1, "192.0.2.1", "192.0.2.1"),
            (1, "198.51.100.9, 192.0.2.1", "192.0.2.1"),  # the first one is made up
            (2, "198.51.100.9,192.0.2.1 , 10.0.0.3", "192.0.2.1"),
            (2, "192.0.2.1", "127.0.0.1"),
            (1, "", "127.0.0.1"),
            (1, "unknown", "127.0.0.1"),
            (1, "2001:DB8::1", "2001:db8::1"),
        ],
    )
    def test_the_address_is_the_one_that_our_proxy_saw(
        self, settings, proxies, forwarded, counted
    ):
        settings.PROXIES = proxies
        fail(Client(), 1, headers={"x-forwarded-for": forwarded})
        assert AccessAttempt.objects.get().ip_address == counted


class TestManyAtOnce:
    def test_a_flood_is_refused_and_leaves_threads_free(self, maria):
        """Two passwords are being checked in this process, by other threads."""
        leave = Event()

        def check():
            with PLACES.one():
                leave.wait(60)

        with ThreadPoolExecutor(2) as threads:
            try:
                checking = [threads.submit(check) for _ in range(2)]
                while len(PLACES.threads) < 2:
                    pass
                answer = attempt(Client(), "maria", PASSWORD)
            finally:
                leave.set()
            [found.result() for found in checking]
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
        assert "Too many requests are waiting for a login" in shown(answer)
        assert attempt(Client(), "maria", PASSWORD).status_code == 302

    def test_every_check_of_a_password_has_a_place(self, maria, rf, monkeypatch):
        taken = []
        monkeypatch.setattr(PLACES, "take", taken.append)
        monkeypatch.setattr(PLACES, "leave", lambda thread: None)
        request = rf.post("/")
        authenticate(request, username="maria", password=PASSWORD)
        authenticate(request, username="nobody", password=PASSWORD)
        assert len(taken) == 2
