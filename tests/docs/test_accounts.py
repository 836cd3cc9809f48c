"""The set-up of accounts for a chain works as it is written."""

import json
import os
import re
import subprocess

import pytest

from tests.support import processes, services
from tests.support.processes import PROJECT

SECTION = re.compile(r"^## Accounts for a chain.*?(?=^## )", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
COUNT = """
import json
from django.contrib.auth.models import User
from stores.models import Store
from stores.scope import sees_store
for user in User.objects.filter(username__contains="-"):
    print(user, Store.objects.filter(sees_store(user)).count())
"""


@pytest.fixture
def blocks():
    """The blocks of the section, one after the other."""
    [section] = SECTION.findall((PROJECT / "docs" / "operations.md").read_text())
    found = BLOCK.findall(section)
    assert len(found) == 3
    return found


def shell(script, service, folder):
    """Run a script in the folder, as a reader with the variables of the service."""
    variables = {
        "DATABASE_URL": service.database_url,
        "HOME": str(folder),
        "SECRET_KEY": os.environ.get("SECRET_KEY", processes.SECRET_KEY),
    }
    done = subprocess.run(
        ["sh", "-e"],
        input=script.replace(":8000", f":{service.port}"),
        cwd=folder,
        env=os.environ | variables,
        check=False,  # its errors say more
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db
def test_each_region_sees_and_polls_only_its_stores(blocks, tmp_path):
    for name in (".venv", "manage.py"):
        (tmp_path / name).symlink_to(PROJECT / name)
    with (
        services.filled_database() as database_url,
        services.serving(database_url) as service,
    ):
        *_, ingest, refusal = answers(shell("".join(blocks), service, tmp_path))
        seen = shell(counting(), service, tmp_path)
    assert ingest["counts"]["status"]["rejected"] == 1
    assert [reason["reason"] for reason in ingest["reasons"]] == [
        "store that is not yours"
    ]
    assert refusal["status"] == 403
    assert sorted(seen.splitlines()) == [
        "manager-central 4",
        "manager-east 19",
        "manager-west 10",
        "poller-central 4",
        "poller-east 19",
        "poller-west 10",
    ]


def counting():
    return f".venv/bin/python manage.py shell -v 0 <<'END'\n{COUNT}\nEND\n"


def answers(text):
    """The JSON objects in a text that has several one after the other."""
    found, decoder = [], json.JSONDecoder()
    while (begin := text.find("{")) >= 0:
        value, end = decoder.raw_decode(text, begin)
        found.append(value)
        text = text[end:]
    return found
