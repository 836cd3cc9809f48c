"""Requests that nothing can read are refused, the same way at every endpoint."""

import gzip
import json
import zlib
from itertools import product
from uuid import uuid4

import pytest
import yaml
from django.contrib.auth.models import User
from django.test import Client

from reports.compute import compute_now
from reports.models import Report
from restaurant_monitor.access.keys import create_key
from restaurant_monitor.access.models import Grant
from stores.models import Ingest, Store
from tests.api.asking import check_is_problem
from tests.support.accounts import user_with
from tests.support.processes import PROJECT

pytestmark = pytest.mark.django_db

PATHS = yaml.safe_load((PROJECT / "openapi.yaml").read_text())["paths"]
OPERATIONS = [
    *(
        (method, path, operation)
        for path, methods in PATHS.items()
        for method, operation in methods.items()
    ),
    ("post", "/trigger_report", {}),
    ("get", "/get_report", {}),
    ("get", "/download/{report_id}", {}),
]
# How a query writes half a character, a NUL and a byte that is no UTF-8.
ODD = ["%ED%A0%80", "%00", "a%00b", "%FF", "%C0%80", "%EF%BF%BF"]
ODD_BYTES = [b"\xed\xa0\x80", b"\0", b"\xff"]


@pytest.fixture
def ids(few_stores):
    user = user_with(name="somebody else", stores=["up"])
    return {
        "store_id": "up",
        "report_id": str(compute_now().pk),
        "ingest_id": str(Ingest.objects.values_list("pk", flat=True)[0]),
        "day": "2023-12-24",
        "user_id": user.pk,
        "grant_id": str(Grant.objects.get().pk),
        "key_id": str(create_key(user, "a test")[0].pk),
        "alert_id": str(uuid4()),
        "rule_id": str(uuid4()),
        "excused_id": str(uuid4()),
    }


def ask(client, method, path, *arguments, **options):
    """Ask, and read the file to its end if the answer has one, which closes it."""
    answer = client.generic(method.upper(), path, *arguments, **options)
    answer.getvalue()
    return answer


def test_text_in_another_charset_is_refused(client, ids):
    charsets = ["hex", "utf-16", "latin-1", "nonsense", "idna"]
    for (method, path, _), charset in product(OPERATIONS, charsets):
        content_type = f"application/json; charset={charset}"
        answer = ask(client, method, path.format(**ids), b"{}", content_type)
        problem = check_is_problem(answer, 415)
        assert problem["detail"] == "text must be in UTF-8"


PACKED = {"gzip": gzip.compress, "deflate": zlib.compress, "br": bytes, "x": bytes}


def test_a_packed_body_is_refused(client, ids):
    before = content()
    for (method, path, _), packing in product(OPERATIONS, PACKED):
        body = PACKED[packing](b'{"as_of": "2023-01-25"}')
        answer = ask(
            *(client, method, path.format(**ids), body, "application/json"),
            headers={"content-encoding": packing},
        )
        problem = check_is_problem(answer, 415)
        assert problem["detail"] == "a body must not be compressed"
        assert answer["Accept-Encoding"] == "identity"
    assert content() == before


def content():
    return [model.objects.count() for model in (Report, Ingest, Store)]


def test_a_body_that_is_said_to_be_plain_is_read(client, few_stores):
    for packing in ("identity", "Identity", ""):
        headers = {"content-encoding": packing}
        assert client.post("/api/trigger_report", headers=headers).status_code == 200


@pytest.mark.parametrize("odd", ODD)
def test_odd_text_in_a_parameter_is_no_internal_error(client, ids, odd):
    for method, path, operation in OPERATIONS:
        if method == "delete":
            continue  # it would delete what the others ask for
        parameters = [p for p in operation.get("parameters", []) if p["in"] == "query"]
        for name in [*(p["name"] for p in parameters), "report_id", odd]:
            answer = ask(client, method, f"{path.format(**ids)}?{name}={odd}")
            assert answer.status_code < 500, (method, path, name)


@pytest.mark.parametrize("odd", ODD)
def test_odd_text_in_an_id_is_not_found(client, ids, odd):
    for method, path, _ in OPERATIONS:
        for name in ids:
            if f"{{{name}}}" in path:
                answer = ask(client, method, path.format(**(ids | {name: odd})))
                assert answer.status_code in (400, 404), (method, path, name)
                check_is_problem(answer, answer.status_code)


@pytest.mark.parametrize("odd", ODD_BYTES)
def test_odd_text_in_a_form_or_header_is_no_internal_error(client, ids, odd):
    form = (
        b'--x\r\nContent-Disposition: form-data; name="as_of%b"\r\n\r\n%b\r\n'
        b'--x\r\nContent-Disposition: form-data; name="max_rejects"\r\n\r\n%b\r\n'
        b'--x\r\nContent-Disposition: form-data; name="status"; filename="a%b.csv"'
        b"\r\n\r\nstore_id,status,timestamp_utc\r\n%b\r\n--x--\r\n"
    ) % (odd, odd, odd, odd, odd)
    multipart, plain = "multipart/form-data; boundary=x", b"as_of=" + odd
    urlencoded = "application/x-www-form-urlencoded"
    names = ("idempotency-key", "if-match", "if-none-match", "accept", "origin")
    for method, path, _ in OPERATIONS:
        if method == "delete":
            continue
        address = path.format(**ids)
        for body, content_type in ((form, multipart), (plain, urlencoded)):
            answer = ask(client, method, address, body, content_type)
            assert answer.status_code < 500, (method, path, content_type)
        for name in names:
            headers = {name: odd.decode("latin-1")}
            answer = ask(client, method, address, b"{}", headers=headers)
            assert answer.status_code < 500, (method, path, name)


@pytest.mark.parametrize("name", [r"a\u0000.csv", "a&#0;.csv", "a&#xD800;.csv"])
def test_the_name_of_a_file_is_no_internal_error(client, name):
    name = json.loads(f'"{name}"').encode()
    form = (
        b'--x\r\nContent-Disposition: form-data; name="status"; filename="%b"\r\n\r\n'
        b"store_id,status,timestamp_utc\r\n\r\n--x--\r\n"
    ) % name
    answer = client.generic(
        "POST", "/api/ingests", form, "multipart/form-data; boundary=x"
    )
    assert answer.status_code in (202, 400)


def test_options_are_answered(client, ids):
    for path in (*PATHS, "/api/docs/", "/api/schema", "/get_report", "/download/x"):
        answer = client.options(path.format(**ids))
        assert answer.status_code in (200, 405)
        assert {"GET", "POST", "DELETE"} & set(answer["Allow"].split(", "))


# --- The admin


@pytest.fixture
def browser(few_stores):
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create(is_staff=True, is_superuser=True))
    return browser


@pytest.mark.parametrize(
    "page",
    [
        *("stores/store/?zone=", "stores/store/?unsettled=", "stores/store/?q="),
        *("stores/ingest/?state__exact=", "stores/ingest/?state="),
        *("reports/report/?state__exact=", "reports/report/?", "stores/store/?o="),
        *("stores/store/up/change/?before=", "auth/user/?username="),
    ],
)
@pytest.mark.parametrize("odd", ["%00", "a%00b"])
def test_a_nul_in_a_parameter_of_the_admin_is_a_bad_request(browser, page, odd):
    assert browser.get(f"/admin/{page}{odd}").status_code == 400


@pytest.mark.parametrize("odd", ["%ED%A0%80", "%FF"])
def test_half_a_character_in_a_filter_finds_nothing(browser, odd):
    for page in ("stores/store/?zone=", "stores/store/?q=", "reports/report/?state="):
        assert browser.get(f"/admin/{page}{odd}").status_code in (200, 302)


def test_a_nul_in_an_id_or_a_choice_is_a_bad_request(browser):
    chosen = {"action": "delete_selected", "_selected_action": "\0"}
    for model in ("stores/store", "reports/report", "auth/user"):
        assert browser.get(f"/admin/{model}/%00/change/").status_code == 400
        assert browser.post(f"/admin/{model}/", chosen).status_code == 400
    assert Store.objects.count() == 5


def test_a_nul_in_a_form_is_told_at_its_field(browser):
    page = browser.post("/login/", {"username": "\0", "password": "x"})
    assert page.status_code in (200, 302)


def test_the_admin_keeps_no_large_body(client):
    """A login with a file of 3 MB."""
    form = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    body = form + b"x" * 3_000_000 + b"\r\n--x--\r\n"
    content_type = "multipart/form-data; boundary=x"
    answer = client.generic("POST", "/login/", body, content_type)
    check_is_problem(answer, 413)


class Gone:
    """The body of a client that has closed the connection."""

    def read(self, *_):
        raise OSError("connection reset by peer")

    readline = read


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
)
@pytest.mark.parametrize(
    "path", ["/login/", "/api/ingests", "/api/stores", "/api/trigger_report"]
)
def test_a_client_that_is_gone_is_no_internal_error(client, path, content_type):
    if content_type.startswith("multipart"):
        content_type += "; boundary=x"
    answer = client.generic("POST", path, b"x", content_type, **{"wsgi.input": Gone()})
    assert answer.status_code < 500
