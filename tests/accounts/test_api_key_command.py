"""manage.py api_key makes, lists and revokes keys."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from restaurant_monitor.access.keys import create_key, find_key
from restaurant_monitor.access.models import ApiKey
from tests.support.accounts import user_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria():
    return user_with("poller", name="maria")


def test_it_prints_the_key_alone_and_once(maria, capsys):
    call_command("api_key", "maria", "poller-west")
    printed = capsys.readouterr()
    text = printed.out.removesuffix("\n")
    key = find_key(text)
    assert (key.user, key.name, key.ends_at) == (maria, "poller-west", None)
    assert printed.err == "This is shown only now. Keep it in a safe place.\n"
    call_command("api_key", "--list")
    assert text not in capsys.readouterr().out


def test_a_key_may_end(maria, capsys):
    call_command("api_key", "maria", "poller", "--ends-at", "2099-01-02T03:04:05Z")
    assert ApiKey.objects.get().ends_at == datetime(2099, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_the_list_has_all_keys(maria, capsys):
    key, _ = create_key(maria, "west", datetime(2099, 1, 2, 3, 4, tzinfo=UTC))
    call_command("api_key", "--list")
    head, row = capsys.readouterr().out.splitlines()
    assert head.split("  ")[0] == "prefix"
    assert row.split() == [
        *(key.prefix, "maria", "west", "2099-01-02", "03:04", "never", "never")
    ]


def test_a_key_is_revoked_by_its_prefix(maria, capsys):
    key, text = create_key(maria, "west")
    call_command("api_key", "--revoke", key.prefix)
    assert capsys.readouterr().out == "west of maria is revoked.\n"
    assert find_key(text) is None


def test_the_shell_may_make_the_key_of_a_superuser(boss, capsys):
    call_command("api_key", "boss", "mine")
    assert find_key(capsys.readouterr().out.strip()).user == boss


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "name a user and what uses the key"),
        (["maria"], "name a user and what uses the key"),
        (["maria", "two\nlines"], "no control characters"),
        (["nobody", "poller"], "there is no user nobody"),
        (["maria", "x" * 201], "at most 200 characters"),
        (["maria", "poller", "--ends-at", "2020-01-01"], "not in the future"),
        (["maria", "poller", "--ends-at", "soon"], "--ends-at"),
        (["--revoke", "rm_00000000"], "there is no API key with the prefix"),
        (["maria", "--list"], "need nothing else"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(maria, arguments, reason):
    with pytest.raises(CommandError, match=reason):
        call_command("api_key", *arguments)
    assert not ApiKey.objects.exists()
