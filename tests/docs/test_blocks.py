"""The examples in the documentation print what they show."""

import re
import shlex
import subprocess
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.support import services

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
CONSOLE = re.compile(r"```console\n\$ (.*)\n((?:.*\n)*?)```")
NEW = re.compile(r'"(report|ingest)_id":"([^"]+)"')
MANAGE = ".venv/bin/python manage.py "
STATES = "select state from ingest"


def commands(start):
    """Return the commands with this start from all pages, with their output."""
    blocks = [block for page in PAGES for block in CONSOLE.findall(page.read_text())]
    return [block for block in blocks if block[0].startswith(start)]


def timeless(text):
    """Replace what differs from run to run."""
    text = re.sub(r"in \d+\.\d s", "in a moment", text)
    return re.sub(r'_at":"[^"]+Z"', '_at":"once"', text)


@pytest.mark.django_db
def test_the_commands_print_what_is_shown(capfd, monkeypatch):
    monkeypatch.chdir(PROJECT)
    blocks = commands(MANAGE)
    assert len(blocks) == 7
    for command, shown in blocks:
        call_command(*shlex.split(command.removeprefix(MANAGE)))
        printed = capfd.readouterr().out
        same = OutputChecker().check_output(
            timeless(shown), timeless(printed), ELLIPSIS
        )
        assert same, f"$ {command}\n{printed}"


@pytest.mark.django_db
def test_the_requests_return_what_is_shown(tmp_path):
    blocks = commands("curl ")
    assert len(blocks) == 19
    (tmp_path / "fixtures").symlink_to(PROJECT / "fixtures")
    with (
        services.filled_database() as database_url,
        services.serving(database_url) as service,
    ):
        ours = {":8000": f":{service.port}"}  # shown value: value here

        def printed(command):
            return subprocess.run(
                command, shell=True, cwd=tmp_path, check=True, capture_output=True
            ).stdout.decode()

        for command, shown in blocks:
            answer = printed(replaced(command, ours))
            if new := NEW.search(answer):
                ours[NEW.search(shown)[2]] = new[2]
                if new[1] == "report":
                    services.result(service, new[2])
            if '"state":"queued"' in answer:
                services.wait_for("it is loaded", service, lambda: is_idle(service))
            answer = replaced(answer, {here: there for there, here in ours.items()})
            assert timeless(answer).strip() == timeless(shown).strip(), command


def replaced(text, words):
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def is_idle(service):
    states = {state for (state,) in services.rows(service.database_url, STATES)}
    return states == {"complete"}
