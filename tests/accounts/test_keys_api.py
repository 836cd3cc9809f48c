"""API keys in the API: made, used, ended and revoked."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError, connection
from rest_framework.test import APIClient

from restaurant_monitor.access.keys import ALPHABET, create_key
from restaurant_monitor.access.models import ApiKey
from tests.accounts.people import send
from tests.api.asking import answer, check_is_problem
from tests.support.accounts import user_with
from tests.support.processes import content

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def maria():
    return user_with("viewer", name="maria")


def with_header(header):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    return client


def with_key(text):
    return with_header(f"Bearer {text}")


def other(text, at):
    """Another text, of the same form."""
    letter = next(letter for letter in ALPHABET if letter != text[at])
    return text[:at] + letter + text[at + 1 :]


class TestMaking:
    def test_the_key_is_in_one_answer_only_and_works(self, client, maria):
        body = {"user": "maria", "name": "poller-west"}
        made = send(client, "post", "/api/keys", body)
        assert made.status_code == 201
        assert made["Cache-Control"] == "no-store"
        shown = made.json()
        text = shown.pop("key")
        assert text.startswith(f"{shown['prefix']}_")
        assert answer(with_key(text).get("/api/me"))["username"] == "maria"
        later = answer(client.get(made["Location"]))
        assert later == shown | {"last_used_at": later["last_used_at"]}
        assert text not in client.get("/api/keys").text

    def test_a_key_has_an_end(self, client, maria):
        ends_at = "2099-01-02T03:04:05Z"
        body = {"user": "maria", "name": "poller", "ends_at": ends_at}
        assert send(client, "post", "/api/keys", body).json()["ends_at"] == ends_at

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"ends_at": "2020-01-01"}, "ends_at"),
            ({"ends_at": "tomorrow"}, "ends_at"),
            ({"user": "nobody"}, "user"),
            ({"name": ""}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"name": "two\nlines"}, "name"),
            ({"prefix": "rm_00000000"}, "prefix"),
            ({"digest": "0" * 64}, "digest"),
            ({"revoked_at": None}, "revoked_at"),
        ],
        ids=str,
    )
    def test_what_is_not_valid_is_refused(self, client, maria, more, field):
        body = {"user": "maria", "name": "poller"} | more
        refused = check_is_problem(send(client, "post", "/api/keys", body), 400)
        assert list(refused["errors"]) == [field]

    def test_only_superusers_make_and_revoke_a_superusers_key(self, client, boss):
        body = {"user": "boss", "name": "mine"}
        check_is_problem(send(client, "post", "/api/keys", body), 403)
        key, text = create_key(boss, "theirs")
        check_is_problem(client.delete(f"/api/keys/{key.pk}"), 403)
        made = send(with_key(text), "post", "/api/keys", body)
        assert made.status_code == 201

    def test_in_open_mode_anyone_makes_keys_but_none_of_a_superuser(
        self, settings, nobody, boss, maria
    ):
        settings.OPEN = True
        body = {"name": "mine"}
        made = send(nobody, "post", "/api/keys", body | {"user": "maria"})
        assert made.status_code == 201
        refused = send(nobody, "post", "/api/keys", body | {"user": "boss"})
        check_is_problem(refused, 403)

    def test_it_needs_the_permission(self, maria, nobody):
        key, text = create_key(maria, "poller")
        for method, address in (
            ("get", "/api/keys"),
            ("post", "/api/keys"),
            ("get", f"/api/keys/{key.pk}"),
            ("delete", f"/api/keys/{key.pk}"),
        ):
            check_is_problem(send(with_key(text), method, address), 403)
            check_is_problem(send(nobody, method, address), 401)

    def test_the_list_is_newest_first_in_pages(self, client, maria):
        names = [f"key {number}" for number in range(3)]
        for name in names:
            create_key(maria, name)
        found = answer(client.get("/api/keys?user=maria&page_size=2"))
        rest = answer(client.get(found["next"]))
        rows = found["results"] + rest["results"]
        assert [row["name"] for row in rows] == names[::-1]
        assert all("digest" not in row for row in rows)


class TestRefusing:
    def check_refused(self, client):
        refused = client.get("/api/me")
        check_is_problem(refused, 401)
        assert refused["WWW-Authenticate"].startswith("Bearer")

    def test_an_ended_key(self, maria):
        past, future = (datetime.now(UTC) + sign * HOUR for sign in (-1, 1))
        assert (
            with_key(create_key(maria, "", future)[1]).get("/api/me").status_code == 200
        )
        self.check_refused(with_key(create_key(maria, "", past)[1]))

    def test_a_revoked_key_which_stays_listed(self, client, maria):
        key, text = create_key(maria, "poller")
        revoked = answer(client.delete(f"/api/keys/{key.pk}"))["revoked_at"]
        assert revoked is not None
        self.check_refused(with_key(text))
        # Nothing makes it valid again, and the first moment stays.
        assert answer(client.delete(f"/api/keys/{key.pk}"))["revoked_at"] == revoked
        rows = answer(client.get("/api/keys?user=maria"))["results"]
        assert [row["revoked_at"] for row in rows] == [revoked]

    def test_the_key_of_an_inactive_user(self, maria):
        _, text = create_key(maria, "poller")
        maria.is_active = False
        maria.save()
        self.check_refused(with_key(text))

    @pytest.mark.parametrize("at", [3, 12, -1])
    def test_another_prefix_or_secret(self, maria, at):
        _, text = create_key(maria, "poller")
        self.check_refused(with_key(other(text, at)))

    def test_a_secret_with_the_prefix_of_another_key(self, maria):
        (_, one), (_, two) = (create_key(maria, "poller") for _ in range(2))
        self.check_refused(with_key(one[:12] + two[12:]))

    def test_the_hash_or_the_prefix_in_place_of_the_key(self, maria):
        key, text = create_key(maria, "poller")
        for wrong in (key.digest, key.prefix, f"{key.prefix}_{key.digest[:42]}", ""):
            self.check_refused(with_key(wrong))
        self.check_refused(with_key(f"{text}x"))
        self.check_refused(with_key(f"{text}\0"))

    @pytest.mark.parametrize(
        "scheme", ["Basic", "Token", "Digest", "BearerX", "", "ApiKey"]
    )
    def test_another_scheme_even_with_a_session(self, maria, logged_in, scheme):
        _, text = create_key(maria, "poller")
        self.check_refused(with_header(f"{scheme} {text}"))
        browser = logged_in(maria)
        refused = browser.get("/api/me", headers={"authorization": f"{scheme} {text}"})
        assert refused.status_code == 401

    def test_a_wrong_key_in_open_mode(self, settings, maria):
        settings.OPEN = True
        self.check_refused(with_key(other(create_key(maria, "poller")[1], -1)))

    @pytest.mark.parametrize(
        "header", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer  {}", "Bearer {} "]
    )
    def test_letter_case_of_the_scheme_and_blanks_do_not_matter(self, maria, header):
        _, text = create_key(maria, "poller")
        assert with_header(header.format(text)).get("/api/me").status_code == 200

    def test_a_key_in_the_address_is_no_key(self, maria):
        _, text = create_key(maria, "poller")
        for name in ("key", "api_key", "token", "access_token"):
            check_is_problem(APIClient().get(f"/api/me?{name}={text}"), 401)


class TestLastUse:
    def used(self, key):
        return ApiKey.objects.get(pk=key.pk).last_used_at

    def test_it_is_noted_once_a_minute(self, maria):
        key, text = create_key(maria, "poller")
        client = with_key(text)
        assert self.used(key) is None
        client.get("/api/me")
        first = self.used(key)
        assert first is not None
        client.get("/api/me")
        assert self.used(key) == first
        ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
        client.get("/api/me")
        assert self.used(key) > first

    def test_a_use_that_cannot_be_noted_is_logged_and_the_answer_comes(
        self, maria, caplog
    ):
        key, text = create_key(maria, "a test")

        def refuse_writes(execute, sql, *args):
            if sql.startswith("UPDATE"):
                raise OperationalError("no space left on device")
            return execute(sql, *args)

        with connection.execute_wrapper(refuse_writes):
            assert with_key(text).get("/api/me").status_code == 200
        assert f"{key.prefix} is not noted: no space left on device" in caplog.text

    def test_a_refused_key_is_not_used(self, maria):
        key, text = create_key(maria, "poller")
        with_key(other(text, -1)).get("/api/me")
        assert self.used(key) is None


def test_the_text_of_a_key_is_nowhere(client, boss, logged_in, caplog, maria, capfd):
    """Not in the database, with its admin history and sessions, and not in the log."""
    caplog.set_level(logging.DEBUG)
    body = {"user": "maria", "name": "one"}
    texts = [send(client, "post", "/api/keys", body).json()["key"]]
    page = logged_in(boss).post(
        "/admin/access/apikey/add/", {"user": maria.pk, "name": "two"}
    )
    texts.append(page.context["text"])
    for text in texts:
        assert with_key(text).get("/api/me").status_code == 200
        with_key(other(text, -1)).get("/api/me")
    with connection.cursor() as cursor:
        stored = str(content(cursor))
        cursor.execute("select count(*) from django_session")
        assert cursor.fetchone()[0] > 0
    history = str(list(LogEntry.objects.values()))
    assert "two" in history
    printed = "".join(capfd.readouterr())
    for text in texts:
        secret = text.rpartition("_")[2]
        for place in (stored, history, caplog.text, printed):
            assert secret not in place
