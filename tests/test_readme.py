"""What the README shows is what the commands print."""

import re
import shlex
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest
from django.core.management import call_command

README = Path(__file__).parent.parent / "README.md"
CONSOLE = re.compile(r"```console\n\$ (.*)\n((?:.*\n)*?)```")
MANAGE = ".venv/bin/python manage.py "


@pytest.mark.django_db
def test_its_commands_print_what_it_shows(capfd, monkeypatch):
    monkeypatch.chdir(README.parent)
    blocks = commands(MANAGE)
    assert len(blocks) == 5
    for command, shown in blocks:
        call_command(*shlex.split(command.removeprefix(MANAGE)))
        printed = capfd.readouterr().out
        same = OutputChecker().check_output(
            timeless(shown), timeless(printed), ELLIPSIS
        )
        assert same, f"$ {command}\n{printed}"


def commands(start):
    """The README's commands that begin so, each with the output it shows."""
    blocks = CONSOLE.findall(README.read_text())
    return [block for block in blocks if block[0].startswith(start)]


def timeless(text):
    return re.sub(r"in \d+\.\d s", "in a moment", text)


def test_its_links_lead_somewhere():
    for page in (README, README.parent / "sql" / "README.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page}: {link}"
