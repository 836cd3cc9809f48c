"""manage.py set_channel and set_rule: what the admin does, from a shell."""

import io

import pytest
from django.core.management import CommandError, call_command

from reports.alerts.models import AlertChannel, AlertRule
from tests.access.entries import changes, recorded
from tests.alerts.monday import SECRET, at, mail_channel

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("stores"),
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated"),  # of apprise
]
URL = "https://example.com/hook"


def refused(*arguments):
    with pytest.raises(CommandError) as error:
        call_command(*arguments)
    return str(error.value)


class TestChannel:
    def test_it_is_made_once_and_then_changed(self, capsys):
        mail = ["set_channel", "owners", "--kind", "mail", "--to", "a@example.com"]
        with recorded() as found:
            call_command(*mail)
            call_command(*mail)
            call_command("set_channel", "owners", "--to", "b@example.com")
        [channel] = AlertChannel.objects.all()
        assert (channel.kind, channel.address) == ("mail", "b@example.com")
        [created, changed] = found
        assert created.action == "alert_channel.created"
        assert created.username.startswith("manage.py set_channel")
        assert changed.after == {"address": "b@example.com"}
        assert capsys.readouterr().out == "Set the channel owners.\n" * 3

    def test_a_new_webhook_gets_a_secret_which_is_printed_once(self, capsys):
        hook = ["set_channel", "hook", "--kind", "webhook", "--url", URL]
        call_command(*hook)
        secret = AlertChannel.objects.get().secret
        assert capsys.readouterr().out == f"Set the channel hook.\n{secret}\n"
        call_command(*hook)
        assert capsys.readouterr().out == "Set the channel hook.\n"
        assert AlertChannel.objects.get().secret == secret

    def test_a_secret_comes_from_a_file(self, tmp_path, monkeypatch, capsys):
        (tmp_path / "secret").write_text(f"{SECRET}\n")
        made = ["--url", URL, "--secret-file", str(tmp_path / "secret")]
        with recorded() as found:
            call_command("set_channel", "hook", "--kind", "webhook", *made)
        assert AlertChannel.objects.get(name="hook").secret == SECRET
        assert SECRET not in str(changes(found)) + capsys.readouterr().out
        monkeypatch.setattr("sys.stdin", io.StringIO("ntfys://ntfy.example.com/a\n"))
        call_command("set_channel", "push", "--kind", "apprise", "--secret-file", "-")
        push = AlertChannel.objects.get(name="push")
        assert push.secret == "ntfys://ntfy.example.com/a"

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ([], "--kind: a new channel needs one"),
            (["--kind", "mail"], "--to: Give at least one address."),
            (["--kind", "mail", "--to", "nobody"], "--to: Enter a valid email"),
            (["--kind", "mail", "--url", URL], "--url is not for a channel of the"),
            (["--kind", "webhook", "--url", "ftp://x"], "--url: This is no URL"),
            (["--kind", "apprise"], "--secret-file: apprise knows no service"),
            (
                ["--kind", "apprise", "--secret-file", "/nowhere"],
                "--secret-file: [Errno 2]",
            ),
        ],
    )
    def test_what_cannot_work_is_refused(self, arguments, said):
        assert said in refused("set_channel", "new", *arguments)
        assert not AlertChannel.objects.exists()

    def test_its_kind_stays(self):
        mail_channel()
        error = refused("set_channel", "owners", "--kind", "webhook", "--url", URL)
        assert error == "--kind: The kind of a channel does not change."


class TestRule:
    def test_it_is_made_once_and_then_changed(self, capsys):
        mail_channel()
        west = [
            *("set_rule", "West", "--label", "Region:west", "--channel", "owners"),
            *("--minutes", "15", "--remind-hours", "4"),
        ]
        with recorded() as found:
            call_command(*west)
            call_command(*west)
            call_command("set_rule", "West", "--no-tells-end", "--remind-hours", "0")
            call_command("set_rule", "West", "--store", "pier")
        [made] = AlertRule.objects.all()
        assert (made.kind, made.minutes, made.tells_end) == ("down", 15, False)
        assert (made.store_id, made.labels, made.remind_hours) == ("pier", [], None)
        assert [one.name for one in made.channels.all()] == ["owners"]
        [_, second, third] = found  # the second run changed nothing
        assert second.after == {"tells_end": False, "remind_hours": None}
        assert third.after == {"store_id": "pier", "labels": []}
        assert capsys.readouterr().out == "Set the rule West.\n" * 4

    def test_each_kind_has_its_options(self):
        uptime = ["--kind", "uptime", "--percent", "99.5", "--label-name", "Region"]
        call_command("set_rule", "A day", *uptime)
        muted = ["--kind", "all_silent", "--muted-until", "2023-01-23T18:00"]
        call_command("set_rule", "Silence", *muted)
        day, silence = AlertRule.objects.order_by("name")
        assert (float(day.percent), day.label_name) == (99.5, "region")
        assert silence.muted_until == at("18:00")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--store", "unknown"], "--store: There is no store unknown."),
            (["--channel", "nobody"], "--channel: there is no channel nobody"),
            (["--kind", "uptime"], "give the percentage of a rule of uptime"),
            (["--percent", "all"], "--percent: “all” value must be a decimal"),
            (["--minutes", "-1"], "--minutes: Ensure this value is greater"),
            (["--label", "west"], "'west' is not a label"),
            (["--kind", "together", "--label-name", "x"], "--label-name: No store"),
        ],
    )
    def test_what_cannot_be_is_refused(self, arguments, said):
        assert said in refused("set_rule", "New", *arguments)
        assert not AlertRule.objects.exists()
