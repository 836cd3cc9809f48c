"""A deployed service is safe: its secret key, its headers, its cookies."""

import os
import subprocess
import sys

import pytest

from tests.support import processes, services

KEY = "".join(chr(33 + number) for number in range(60) if number != 7)
ORIGIN = "https://monitor.example.com"
DEPLOYED = {
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "127.0.0.1,monitor.example.com",
    "TRUSTED_ORIGINS": ORIGIN,
}
TLS = {"Host": "monitor.example.com", "X-Forwarded-Proto": "https"}


def manage(database_url, *arguments, **environment):
    """Run manage.py without any variable that the developer has set."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=processes.PROJECT,
        env=kept | {"DATABASE_URL": database_url} | environment,
        capture_output=True,
        check=False,
        text=True,
    )


def test_django_finds_nothing_unsafe(database_url):
    done = manage(
        database_url, "check", "--deploy", "--fail-level", "WARNING", **DEPLOYED
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"SECRET_KEY": ""},
        {"SECRET_KEY": KEY[:49]},
        {"SECRET_KEY": "a" * 60},
        {"SECRET_KEY": f"django-insecure-{KEY}"},
    ],
    ids=str,
)
def test_a_database_of_its_own_needs_a_secret_key(database_url, keys):
    for command in ("check", "serve", "work", "migrate"):
        done = manage(database_url, command, **keys)
        assert done.returncode == 1
        assert done.stderr.startswith("SECRET_KEY must be set to at least 50")
        assert done.stderr.count("\n") == 1
        assert KEY[:20] not in done.stderr


def test_gunicorn_does_not_start_without_a_secret_key(database_url):
    variables = {"DATABASE_URL": database_url, "SECRET_KEY": "short"}
    command = "gunicorn --bind 127.0.0.1:0 --no-control-socket restaurant_monitor.wsgi"
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=processes.PROJECT,
        env=os.environ | variables,
        capture_output=True,
        check=False,
        text=True,
        timeout=services.TIMEOUT_SECONDS,
    )
    assert done.returncode != 0
    assert "SECRET_KEY must be set to at least 50" in done.stderr


@pytest.fixture(scope="module")
def service(database_url):
    with services.web_server(database_url, **DEPLOYED) as started:
        yield started


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name", "X-Script-Name"])
@pytest.mark.parametrize("value", ["/api", "/elsewhere", "//evil.example"])
def test_no_header_moves_the_addresses(service, name, value):
    """Otherwise any client chooses what the links of its answer begin with."""
    # One page: the cursor of the next has the time.
    plain = services.ask(service, "GET", "/api/stores")
    moved = services.ask(service, "GET", "/api/stores", None, {name: value})
    assert moved.status == 200
    assert moved.body == plain.body


@pytest.mark.parametrize("name", ["PATH_INFO", "REMOTE_USER"])
def test_no_header_becomes_a_variable(service, name):
    answer = services.ask(service, "GET", "/api/stores", None, {name: "/api/reports"})
    assert b'"as_of"' in answer.body


def cookies(answer):
    return answer.headers.get_all("Set-Cookie")


def test_browsers_stay_with_https(service):
    answer = services.ask(service, "GET", "/login/", None, TLS)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    [cookie] = cookies(answer)
    assert cookie.startswith("csrftoken=")
    assert "; Secure" in cookie


def test_without_an_https_origin_cookies_work_over_http(database_url):
    origins = {"TRUSTED_ORIGINS": "http://10.0.0.1:8000", "ALLOWED_HOSTS": "127.0.0.1"}
    with services.web_server(database_url, **origins) as service:
        answer = services.ask(service, "GET", "/login/")
    assert answer.headers["Strict-Transport-Security"] is None
    [cookie] = cookies(answer)
    assert "Secure" not in cookie


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 302),
        ("/login/", 200),
        ("/api/docs/", 200),
        ("/api/schema", 200),
        ("/api/stores", 200),
        ("/api/stores/nobody", 404),
        ("/nothing", 404),
        ("/favicon.ico", 200),
        ("/static/jobs/admin.css", 200),
    ],
)
def test_every_answer_has_the_policy(service, path, status):
    answer = services.ask(service, "GET", path)
    assert answer.status == status
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
