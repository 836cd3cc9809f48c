"""One look at a store: what counts as active, and why it is not."""

import shutil
import socket
import ssl
import subprocess

import pytest

from stores.polling import looks
from stores.polling.looks import OUR_FAULT
from tests.polling import looking
from tests.polling.looking import found, probe
from tests.polling.servers import serving

ACTIVE = (True, "")


@pytest.mark.parametrize(
    ("path", "fields", "reason"),
    [
        ("/ok", {}, ""),
        ("/503", {}, "status 503"),
        ("/503", {"status_codes": "200-299,503"}, ""),
        ("/ok", {"status_codes": "404"}, "status 200"),
        ("/ok", {"status_codes": "299-200"}, ""),
        ("/ok", {"text": "open"}, ""),
        ("/closed", {"text": "open"}, "text missing"),
        ("/closed", {"not_text": "closed"}, "text found"),
        ("/ok", {"not_text": "closed"}, ""),
        ("/latin", {"text": "Café"}, ""),
        ("/no-charset", {"text": "ok"}, "body not readable"),
        ("/long", {"text": "xx"}, ""),
        ("/long", {"text": "end"}, "text missing"),  # after the first MiB
        ("/json", {"json_path": "/store/open", "json_value": "true"}, ""),
        ("/json", {"json_path": "/store/open", "json_value": "1"}, "json differs"),
        ("/json", {"json_path": "/store/staff", "json_value": "1"}, ""),
        ("/json", {"json_path": "/store/staff", "json_value": "true"}, "json differs"),
        ("/json", {"json_path": "/store/tills/1/a~1b", "json_value": '"free"'}, ""),
        ("/json", {"json_path": "/store/tills/2", "json_value": "1"}, "json differs"),
        ("/json", {"json_path": "/store/tills/-1", "json_value": "1"}, "json differs"),
        ("/json", {"json_path": "/store/open/x", "json_value": "1"}, "json differs"),
        ("/json", {"json_path": "/shop", "json_value": "null"}, "json differs"),
        ("/ok", {"json_path": "/store", "json_value": "1"}, "body not readable"),
        ("/deep", {"json_path": "/store", "json_value": "1"}, "body not readable"),
        ("/moved", {}, ""),
        ("/moved", {"status_codes": "302"}, ""),
        ("/moved", {"status_codes": "404"}, "status 200"),
        ("/nowhere", {}, "status 302"),
        ("/loop", {}, "too many redirects"),
        ("/ftp", {}, "bad redirect"),
        ("/odd", {}, "bad redirect"),
        ("/no-host", {}, "bad redirect"),
        ("/reset", {}, "connection"),
        ("/garbage", {}, "answer not readable"),
        ("/header", {}, "answer not readable"),
        ("/short", {}, ""),  # nobody asked for its body
        ("/short", {"text": "Welcome"}, "body not readable"),
        ("/zip", {"text": "Welcome"}, "body not readable"),
        ("/cookies", {}, ""),
    ],
)
def test_an_answer_is_judged(servers, path, fields, reason):
    assert found(servers.url(path), **fields) == (not reason, reason)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("path", ["/hang", "/slow"])
def test_an_answer_that_never_ends_is_a_timeout_after_two_tries(servers, path):
    assert found(servers.url(path)) == (False, "timeout")
    assert servers.paths() == [path] * 2


def test_nobody_listens(servers):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        assert found(url) == (False, "connection")


def test_a_name_that_does_not_exist():
    assert found("http://store.invalid/") == (False, "dns")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_a_certificate_that_nobody_signed_is_no_tls(tmp_path):
    files = ["-keyout", tmp_path / "key", "-out", tmp_path / "certificate"]
    kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    done = ["openssl", "req", *kind, *files]
    subprocess.run(done, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    with serving(tls=tls) as servers:
        url = servers.url("/ok").replace("http", "https", 1)
        assert found(url) == (False, "tls")
        assert not servers.requests


@pytest.mark.parametrize(
    "url", ["http://127.1/", "http://a.example:99999/", f"http://{'x' * 64}.example/"]
)
def test_an_address_that_cannot_be_asked_says_nothing_about_the_store(url):
    assert found(url) == (None, "bad url")


@pytest.mark.parametrize("path", ["/503", "/closed", "/garbage", "/loop"])
def test_another_fault_is_not_tried_again(servers, path):
    found(servers.url(path), not_text="closed")
    tries = looks.MOST_REDIRECTS + 1 if path == "/loop" else 1
    assert servers.paths() == [path] * tries


def test_a_fault_that_goes_away_is_none(servers, monkeypatch):
    async def answers_then(seconds):
        servers.answers["/once"] = servers.answers["/ok"]

    monkeypatch.setattr(looks.asyncio, "sleep", answers_then)
    servers.answers["/once"] = b""  # the connection ends without an answer
    assert found(servers.url("/once")) == ACTIVE


def test_it_says_who_asks_and_keeps_no_cookies(servers):
    found(servers.url("/cookies"))
    found(servers.url("/cookies"))
    for _, head in servers.requests:
        assert "User-Agent: RestaurantMonitor/" in head
        assert "Cookie:" not in head


def test_looks_of_one_host_wait_for_each_other(servers):
    servers.most_at_once = 0
    many = [probe(servers.url("/ok"), f"{n}") for n in range(30)]
    assert [one.reason for one in looking.looks(*many)] == [""] * 30
    assert servers.most_at_once <= looks.AT_ONCE_PER_HOST


def test_an_error_of_this_program_ends_no_other_look(servers, monkeypatch, caplog):
    def fails(probe, body, charset):
        raise ZeroDivisionError

    monkeypatch.setattr(looks, "reason_in", fails)
    bad = probe(servers.url("/ok"), "bad", text="open")
    good = probe(servers.url("/ok"), "good")
    reasons = {one.store_id: one.reason for one in looking.looks(bad, good)}
    assert reasons == {"bad": OUR_FAULT, "good": ""}
    assert "a look at bad failed" in caplog.text


@pytest.mark.usefixtures("hasty")
def test_no_look_begins_after_the_time_is_over(servers):
    many = [probe(servers.url("/hang"), f"{n}") for n in range(40)]
    assert len(looking.looks(*many, seconds=0.1)) == looks.AT_ONCE_PER_HOST
