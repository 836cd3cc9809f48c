"""The description of the API is complete, and the committed file is current."""

import html
import re
from contextlib import closing

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from tests.support import processes

COMMITTED = processes.PROJECT / "openapi.yaml"
DESCRIPTION = yaml.safe_load(COMMITTED.read_text())
SCHEMAS = DESCRIPTION["components"]["schemas"]


def test_the_committed_description_is_that_of_the_code(tmp_path):
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--fail-on-warn", "--validate", file=str(made))
    assert made.read_text() == COMMITTED.read_text(), "run make schema"


def operations():
    return [
        pytest.param(operation, id=f"{method} {path}")
        for path, methods in DESCRIPTION["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize("operation", operations())
def test_every_operation_says_what_it_is_and_how_it_fails(operation):
    assert 0 < len(operation["summary"]) <= 40
    first_sentence = operation["description"].partition(".")[0]
    assert operation["summary"] != first_sentence
    for status, response in operation["responses"].items():
        media_types = set(response.get("content", {}))
        if int(status) >= 400:
            assert media_types == {"application/problem+json"}
        else:
            assert media_types <= {"application/json", "text/csv"}


def test_no_two_operations_have_the_same_summary():
    summaries = [operation.values[0]["summary"] for operation in operations()]
    assert len(set(summaries)) == len(summaries)


@pytest.mark.parametrize("operation", operations())
def test_every_body_has_an_example(operation):
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    contents = [body["content"] for body in bodies if "content" in body]
    for media_type, content in (item for c in contents for item in c.items()):
        if media_type == "multipart/form-data":
            continue  # files
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        assert "example" in content or has_example(content["schema"]) or name
        if name:
            example, schema = SCHEMAS[name]["example"], SCHEMAS[name]
            assert set(example) <= set(schema["properties"])
            assert set(example) >= set(schema.get("required", []))


def has_example(schema):
    return any("example" in choice for choice in schema.get("oneOf", []))


@pytest.fixture
def client():
    """A browser, not a client of the API."""
    return Client()


@pytest.mark.django_db
def test_its_page_loads_nothing_from_other_hosts(client):
    page = client.get("/api/docs/")
    assert page.status_code == 200
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page.content.decode())
    assert len(addresses) == 7
    for address in addresses:
        assert address.startswith("/")
        with closing(client.get(html.unescape(address))) as answer:
            assert answer.status_code == 200
    assert any(address.endswith("http/docs.css") for address in addresses)
    assert "<style" not in page.content.decode()
    assert re.findall(r"<script[^>]*>([^<]+)", page.content.decode()) == []


def test_its_page_is_dark_where_the_browser_is(client):
    with closing(client.get("/static/http/docs.css")) as answer:
        assert b"prefers-color-scheme: dark" in answer.getvalue()
    with closing(client.get("/static/http/docs.js")) as answer:
        assert b"prefers-color-scheme: dark" in answer.getvalue()


def test_every_page_has_an_icon(client):
    with closing(client.get("/favicon.ico")) as answer:
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/x-icon"
        assert answer.getvalue().startswith(b"\0\0\1\0")
