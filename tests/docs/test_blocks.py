"""The examples in the documentation print what they show."""

import os
import re
import shlex
import subprocess
from doctest import ELLIPSIS, OutputChecker

import pytest
from django.core.management import call_command

from tests.support import services
from tests.support.pages import examples
from tests.support.processes import BEARER, PROJECT

MANAGE = ".venv/bin/python manage.py "
END = "--- end of a command"
ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def timeless(text):
    """Replace what differs from run to run."""
    text = re.sub(r"in \d+\.\d s", "in a moment", text)
    return re.sub(r'_at":"[^"]+Z"', '_at":"once"', text)


@pytest.mark.django_db
def test_the_commands_print_what_is_shown(capfd, monkeypatch):
    monkeypatch.chdir(PROJECT)
    found = [example for example in examples() if example[0].startswith(MANAGE)]
    assert len(found) == 7
    for command, shown in found:
        call_command(*shlex.split(command.removeprefix(MANAGE)))
        printed = capfd.readouterr().out
        same = OutputChecker().check_output(
            timeless(shown), timeless(printed), ELLIPSIS
        )
        assert same, f"$ {command}\n{printed}"


@pytest.fixture
def requests():
    """The examples that are pasted into a shell, from all pages."""
    found = [example for example in examples() if not example[0].startswith(MANAGE)]
    assert len(found) == 41
    return found


@pytest.fixture
def home(tmp_path_factory):
    """A folder with the file of the page, from which curl takes the API key."""
    folder = tmp_path_factory.mktemp("home")
    header = f"Authorization: {BEARER['Authorization']}"
    (folder / ".curlrc").write_text(f'header = "{header}"\n')
    return folder


@pytest.mark.django_db
def test_the_requests_print_what_is_shown_when_pasted_into_one_shell(
    requests, tmp_path, home
):
    """They are pasted twice: nothing that the first time leaves is in the way."""
    (tmp_path / "fixtures").symlink_to(PROJECT / "fixtures")
    with (
        services.filled_database() as database_url,
        services.serving(database_url) as service,
    ):
        commands = [command for command, _ in requests]
        for _ in range(2):
            printed = pasted(commands, service, tmp_path, home)
            compare(requests, printed)
    assert [path.name for path in tmp_path.iterdir()] == ["fixtures"]


def pasted(commands, service, folder, home):
    """Run commands in one shell, in a folder; return what each printed."""
    lines = [f"{command}\necho '{END}'\n" for command in commands]
    script = "".join(lines).replace(":8000", f":{service.port}")
    done = subprocess.run(
        ["sh"],
        input=script,
        cwd=folder,
        env=os.environ | {"LC_ALL": "C.UTF-8", "HOME": str(home)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr == ""
    return done.stdout.replace(f":{service.port}", ":8000").split(f"{END}\n")[:-1]


def compare(requests, printed):
    """Compare what requests printed with what is shown. Each id has its own here."""
    ids = {}  # here: shown
    for (command, shown), here in zip(requests, printed, strict=True):
        new = zip(ID.findall(here), ID.findall(shown), strict=True)
        ids = dict(new) | ids
        for ours, theirs in ids.items():
            here = here.replace(ours, theirs)
        assert timeless(here).strip() == timeless(shown).strip(), command


def test_no_request_needs_an_id_that_only_the_page_knows(requests):
    assert [command for command, _ in requests if ID.search(command)] == []
