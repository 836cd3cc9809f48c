"""Bodies in chunks that are malformed or end too early, over HTTP."""

import json
import socket
from contextlib import closing

import pytest

from tests.support import processes, services

ENDPOINTS = [
    ("POST", "/api/polls", "application/json"),
    ("POST", "/api/polls", "text/csv"),
    ("POST", "/api/stores", "application/json"),
    ("POST", "/api/reports", "application/json"),
    ("POST", "/api/trigger_report", "application/json"),
    ("POST", "/trigger_report/", "application/x-www-form-urlencoded"),
    ("PATCH", "/api/stores/7105291213975568516", "application/json"),
    ("PUT", "/api/stores/7105291213975568516/hours", "application/json"),
]
MALFORMED = {
    "no size": b"\r\n{}\r\n",
    "a size that is no number": b"zz\r\n{}\r\n0\r\n\r\n",
    "a negative size": b"-2\r\n{}\r\n0\r\n\r\n",
    "a size with a prefix": b"0x2\r\n{}\r\n0\r\n\r\n",
    "a size that is too small": b"1\r\n{}\r\n0\r\n\r\n",
    "a size that is too large": b"5\r\n{}\r\n0\r\n\r\n",
    "cut off in a chunk": b"ff\r\n{}",
    "cut off after a chunk": b"2\r\n{}\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize(("method", "path", "content_type"), ENDPOINTS)
def test_malformed_chunks_are_a_bad_request(service, method, path, content_type, body):
    status, answer = send(service, method, path, content_type, body)
    assert status == 400
    assert json.loads(answer)["detail"].startswith("the body cannot be read")
    assert "Traceback" not in services.log_of(service)


@pytest.mark.parametrize("path", ["/api/stores", "/api/ingests", "/login/"])
@pytest.mark.parametrize("form", ["x-www-form-urlencoded", "form-data; boundary=x"])
def test_a_body_that_ends_before_its_length_is_no_internal_error(service, path, form):
    kind = "multipart" if "boundary" in form else "application"
    body = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nad'
    length = "Content-Length: 1000"
    status, _ = send(service, "POST", path, f"{kind}/{form}", body, length)
    assert status in (400, 403, 415)
    assert "Traceback" not in services.log_of(service)


CHUNKED = "Transfer-Encoding: chunked"


def send(service, method, path, content_type, body, length=CHUNKED):
    """Send the body as it is, and no more; return the status and the answer."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: {content_type}\r\n{length}\r\n"
        f"Authorization: {processes.BEARER['Authorization']}\r\n\r\n"
    )
    address = (services.HOST, service.port)
    with closing(socket.create_connection(address, services.TIMEOUT_SECONDS)) as sent:
        sent.sendall(head.encode() + body)
        sent.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: sent.recv(1 << 16), b""))
    head, _, answer = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), answer
