"""Open mode is said wherever people look, and never reaches other machines."""

import os
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.test import Client

from restaurant_monitor.jobs.management.commands import serve
from tests.admin.pages import shown
from tests.support import processes, services

ADMIN = ["/admin/", "/admin/queue/", "/admin/auth/user/", "/admin/auth/user/add/"]
PAGES = [*ADMIN, "/", "/account/", "/password/", "/login/", "/api/docs/"]
GUNICORN = "--no-control-socket --config python:restaurant_monitor.gunicorn"


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("is_open", [True, False])
def test_every_page_says_it(settings, boss, logged_in, page, is_open):
    browser = logged_in(boss)
    settings.OPEN = is_open
    answer = browser.get(page)
    assert answer.status_code == 200
    said = "Open mode: whoever is on this machine may do everything."
    assert (said in shown(answer)) == is_open


@pytest.mark.django_db
def test_the_admin_needs_an_account_even_in_open_mode(settings):
    settings.OPEN = True
    assert Client().get("/admin/auth/user/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("is_open", [True, False])
def test_serve_says_it_in_one_line(settings, capsys, monkeypatch, is_open):
    settings.OPEN = is_open
    monkeypatch.setattr(serve, "keep_running", lambda *_: None)
    monkeypatch.setattr(serve.Child, "ask_to_end", lambda _: None)
    monkeypatch.setattr(serve.Child, "end_within", lambda *_: None)
    call_command("serve", port=services.free_port())
    lines = capsys.readouterr().out.splitlines()
    said = [line for line in lines if "open mode: whoever is on this machine" in line]
    asked = [line for line in lines if "programs need an API key" in line]
    assert (len(said), len(asked)) == (is_open, not is_open)


def started(*arguments, **environment):
    """Start gunicorn as it is started without any variable of the developer."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-m", "gunicorn", *GUNICORN.split(), *arguments]
    return subprocess.Popen(
        [*command, "restaurant_monitor.wsgi"],
        cwd=processes.PROJECT,
        env=kept | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bind=0.0.0.0:0"],
        ["--bind=[::]:0"],
        ["--bind=127.0.0.1:0", "--bind=0.0.0.0:0"],
        ["--bind=0.0.0.0:0", "--reuse-port"],
    ],
    ids=" ".join,
)
def test_gunicorn_is_not_open_to_other_machines(arguments):
    with started(*arguments) as process:
        output, _ = process.communicate(timeout=services.TIMEOUT_SECONDS)
    assert process.returncode != 0
    assert "In open mode nobody needs an account" in output
    assert "REQUIRE_LOGIN=1" in output
    assert "Traceback" not in output
    assert "Booting worker" not in output


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--bind=127.0.0.1:0"], {}),
        (["--bind=localhost:0"], {}),
        (["--bind=unix:{folder}/web.sock"], {}),
        (["--bind=127.0.0.1:0"], {"REQUIRE_LOGIN": "1"}),
    ],
    ids=str,
)
def test_gunicorn_starts_where_it_is_safe(tmp_path, arguments, environment):
    arguments = [argument.format(folder=tmp_path) for argument in arguments]
    with started(*arguments, **environment) as process:
        for line in process.stdout:
            if "Booting worker" in line:
                break
        process.terminate()
        process.communicate(timeout=services.TIMEOUT_SECONDS)
    assert "Booting worker" in line
