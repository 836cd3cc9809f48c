"""Who may do what: every address, with every method, as each role and as nobody.

A role is a group of Django. The tests walk all addresses of the project, and fail on
one that the table below does not name.
"""

import re

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from restaurant_monitor.access.open import Anyone
from tests.support.accounts import client_of, user_with

pytestmark = pytest.mark.django_db

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
ROLES = ["viewer", "poller", "editor", "operator", "admin", "all stores"]
# A user without a role, and a request without a user.
NOBODY, ANONYMOUS = "nobody", "anonymous"
READERS = {"viewer", "editor", "operator"}
EVERY_USER = {*ROLES, NOBODY}
EVERYBODY = {*EVERY_USER, ANONYMOUS}

TRIGGER, GET_REPORT = {"POST": {"operator"}}, {"GET": READERS}
EDIT = {"GET": EVERYBODY, "POST": EVERYBODY}  # a page
NO_REPORT = dict.fromkeys(METHODS, EVERYBODY)  # it says where the report is
# The roles that may use each method of an address.
TABLE = {
    "": {"GET": EVERYBODY},  # it leads others to their account, or to the login
    "overview/now/": {"GET": EVERYBODY},
    "overview/stores/": {"GET": EVERYBODY},
    "overview/uptime/": {"GET": EVERYBODY},
    "overview/labels/": {"GET": EVERYBODY},
    "overview/targets/": {"GET": EVERYBODY},
    "overview/worst/": {"GET": EVERYBODY},
    "overview/hours/": {"GET": EVERYBODY},
    "overview/month/": {"GET": EVERYBODY},
    # The pages of one's own account. They lead to the login.
    "login/": dict.fromkeys(["GET", "POST", "PUT"], EVERYBODY),
    "logout/": {"POST": EVERYBODY},
    "password/": dict.fromkeys(METHODS, EVERYBODY),
    "account/": {"GET": EVERYBODY},
    # The pages of stores lead to the login, too: a key is not a login.
    "stores/<segment:store_id>/": {"GET": EVERYBODY},
    "stores/<segment:store_id>/uptime.csv": {"GET": EVERYBODY},
    "stores/<segment:store_id>/timeline.csv": {"GET": EVERYBODY},
    "stores/<segment:store_id>/outages.csv": {"GET": EVERYBODY},
    "stores/<segment:store_id>/edit/name/": EDIT,
    "stores/<segment:store_id>/edit/labels/": EDIT,
    "stores/<segment:store_id>/edit/hours/": EDIT,
    "stores/<segment:store_id>/edit/probe/": EDIT,
    "stores/<segment:store_id>/edit/excused/": EDIT,
    "stores/<segment:store_id>/edit/special/": EDIT,
    "stores/<segment:store_id>/edit/special/<day>/": EDIT,
    # Other pages. Without a login, they lead to it.
    "outages/": {"GET": EVERYBODY},
    "outages/outages.csv": {"GET": EVERYBODY},
    "excused/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "excused/<uuid:excused_id>/remove/": {"POST": EVERYBODY},
    "hours-differ/": {"GET": EVERYBODY},
    "alerts/": {"GET": EVERYBODY},
    "alerts/<uuid:alert_id>/acknowledge/": {"POST": EVERYBODY},
    "alerts/rules/<uuid:rule_id>/mute/": {"POST": EVERYBODY},
    "ingests/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "ingests/sample/": {"POST": EVERYBODY},
    "ingests/<ingest_id>/": {"GET": EVERYBODY},
    "ingests/<ingest_id>/rejects.csv": {"GET": EVERYBODY},
    "ingests/<ingest_id>/rejects/<kind>.csv": {"GET": EVERYBODY},
    "special-hours/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "special-hours/<uuid:change_id>/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "reports/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "reports/compare/": {"GET": EVERYBODY},
    "reports/compare/rows.csv": {"GET": EVERYBODY},
    "reports/<report_id>/": {"GET": EVERYBODY},
    "reports/<report_id>/rows.csv": {"GET": EVERYBODY},
    "reports/<report_id>/rows.xlsx": {"GET": EVERYBODY},
    "reports/<report_id>/shown.csv": {"GET": EVERYBODY},
    "api/me": {"GET": EVERY_USER},
    "api/users": {"GET": {"admin"}, "POST": {"admin"}},
    "api/users/<int:user_id>": {"GET": {"admin"}, "PATCH": {"admin"}},
    "api/grants": {"GET": {"admin"}, "POST": {"admin"}},
    "api/grants/<grant_id>": {"GET": {"admin"}, "DELETE": {"admin"}},
    "api/keys": {"GET": {"admin"}, "POST": {"admin"}},
    "api/keys/<key_id>": {"GET": {"admin"}, "DELETE": {"admin"}},
    "api/audit": {"GET": {"all stores"}},
    "api/trigger_report": TRIGGER,
    "api/trigger_report/": TRIGGER,
    "trigger_report": TRIGGER,
    "trigger_report/": TRIGGER,
    "api/get_report": GET_REPORT,
    "api/get_report/": GET_REPORT,
    "get_report": GET_REPORT,
    "get_report/": GET_REPORT,
    "api/get_report/<report_id>": NO_REPORT,
    "api/get_report/<report_id>/": NO_REPORT,
    "get_report/<report_id>": NO_REPORT,
    "get_report/<report_id>/": NO_REPORT,
    "api/download/<report_id>": GET_REPORT,
    "api/download/<report_id>/": GET_REPORT,
    "download/<report_id>": GET_REPORT,
    "download/<report_id>/": GET_REPORT,
    "api/reports": {"GET": READERS, "POST": {"operator"}},
    "api/reports/<report_id>": {"GET": READERS, "DELETE": {"operator"}},
    "api/reports/<report_id>/rows": {"GET": READERS},
    "api/reports/<report_id>/uptime": {"GET": READERS},
    "api/polls": {"POST": {"poller"}},
    "api/ingests": {"GET": READERS, "POST": {"operator"}},
    "api/ingests/<ingest_id>": {"GET": READERS},
    "api/ingests/<ingest_id>/rejects": {"GET": READERS},
    "api/targets": {"GET": READERS, "PUT": {"editor"}, "DELETE": {"editor"}},
    "api/excused": {"GET": READERS, "POST": {"editor"}},
    "api/excused/<excused_id>": {"DELETE": {"editor"}},
    "api/outages": {"GET": READERS},
    "api/hours-differ": {"GET": READERS},
    "api/alerts": {"GET": READERS},
    "api/alerts/<alert_id>/acknowledge": {"POST": {"editor", "operator"}},
    # These need what the roles operator and "all stores" may do together.
    "api/alert-rules": {"GET": set(), "POST": set()},
    "api/alert-rules/<rule_id>": {"GET": set(), "PATCH": set(), "DELETE": set()},
    "api/alert-channels": {"GET": set()},
    "api/uptime": {"GET": READERS},
    "api/labels": {"GET": READERS},
    "api/stores": {"GET": READERS, "POST": {"operator"}},
    "api/stores/<segment:store_id>": {
        "GET": READERS,
        "PATCH": {"editor"},
        "DELETE": {"operator"},
    },
    "api/stores/<segment:store_id>/uptime": {"GET": READERS},
    "api/stores/<segment:store_id>/timeline": {"GET": READERS},
    "api/stores/<segment:store_id>/polls": {"GET": READERS},
    "api/stores/<segment:store_id>/outages": {"GET": READERS},
    "api/stores/<segment:store_id>/hours": {"GET": READERS, "PUT": {"editor"}},
    "api/stores/<segment:store_id>/labels": {"GET": READERS, "PUT": {"editor"}},
    "api/stores/<segment:store_id>/probe": {
        "GET": READERS,
        "PUT": {"editor"},
        "DELETE": {"editor"},
    },
    "api/stores/<segment:store_id>/special-hours": {"GET": READERS},
    "api/stores/<segment:store_id>/special-hours/<day>": {
        "GET": READERS,
        "PUT": {"editor"},
        "DELETE": {"editor"},
    },
    "api/schema": {"GET": EVERYBODY},
    "api/docs/": {"GET": EVERYBODY},
}
# What the tests put in place of a part such as <day>; all others get an unused id.
PARTS = {"segment:store_id": "1", "int:user_id": "0", "day": "2023-01-25"}
UNUSED_ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
# The pages of the admin that need no login.
NO_LOGIN = {"admin/login/", "admin/logout/", "admin/jsi18n/"}


def routes_of(resolver, begin=""):
    for pattern in resolver.url_patterns:
        route = begin + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes_of(pattern, route)


ROUTES = [*routes_of(get_resolver())]
OF_ADMIN = {route for route in ROUTES if route.startswith("admin/")}


def status(client, method, route, **more):
    """Return the status of the answer to a request with an empty body.

    All that the request did is undone. Otherwise its limits, such as the one second of
    a little refresh, would also hold for the next request of the test's transaction.
    """
    path = "/" + re.sub("<([^>]*)>", lambda part: PARTS.get(part[1], UNUSED_ID), route)
    with transaction.atomic():
        answer = client.generic(method, path, **more)
        transaction.set_rollback(True)
    return answer.status_code


def client_as(role):
    if role == ANONYMOUS:
        return APIClient()
    return client_of(user_with(*{role} - {NOBODY}))


def is_as_in_table(role, route, method, status):
    """Return if the status says that the method is allowed, refused or not there."""
    roles = TABLE[route].get(method)
    if roles is None:
        return status == 405 or (role == ANONYMOUS and status == 401)
    if role in roles:
        return status not in (401, 403, 405)
    return status == (401 if role == ANONYMOUS else 403)


def differences(client, role, **more):
    """Return the answers that are not as the table says."""
    found = {
        (route, method): status(client, method, route, **more)
        for route in TABLE
        for method in METHODS
    }
    return {
        request: status
        for request, status in found.items()
        if not is_as_in_table(role, *request, status)
    }


@pytest.fixture
def accounts(settings):
    settings.OPEN = False


def test_the_table_names_every_address_and_no_other():
    assert set(TABLE) == set(ROUTES) - OF_ADMIN


def test_the_table_names_roles_that_exist():
    named = {
        role
        for methods in TABLE.values()
        for roles in methods.values()
        for role in roles
    }
    assert named <= EVERYBODY
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


@pytest.mark.parametrize("role", [*ROLES, NOBODY, ANONYMOUS])
def test_each_role_may_do_what_the_table_says(accounts, role):
    assert differences(client_as(role), role) == {}


@pytest.mark.parametrize("role", ["viewer", "poller", ANONYMOUS])
def test_head_is_as_get(accounts, role):
    client = client_as(role)
    for route, methods in TABLE.items():
        if "GET" in methods:
            of_get = status(client, "GET", route)
            assert status(client, "HEAD", route) == of_get, route


def test_options_needs_a_user_and_no_role(accounts):
    for role, expected in {NOBODY: 200, ANONYMOUS: 401}.items():
        client = client_as(role)
        for route, methods in TABLE.items():
            if not any(ANONYMOUS in roles for roles in methods.values()):
                assert status(client, "OPTIONS", route) == expected, route


def test_a_user_who_is_not_active_is_nobody(accounts):
    client = client_of(user_with("operator", is_active=False))
    assert differences(client, ANONYMOUS) == {}


def test_every_page_of_the_admin_needs_a_login(accounts):
    assert NO_LOGIN < OF_ADMIN
    for client in (Client(), client_as("admin")):  # a key is not a login
        for route in OF_ADMIN - NO_LOGIN:
            assert status(client, "GET", route) == 302, route
            assert status(client, "POST", route) == 302, route


class OpenByMistake(APIView):
    """A view for which nobody thought of `needs`."""

    def get(self, request):
        return Response("a secret")


@pytest.mark.parametrize("is_open", [True, False])
def test_a_view_that_names_no_permission_is_refused(settings, is_open):
    settings.OPEN = is_open
    request = APIRequestFactory().get("/")
    force_authenticate(request, Anyone() if is_open else user_with(is_superuser=True))
    assert OpenByMistake.as_view()(request).status_code == 403


THIS_MACHINE = ["127.0.0.1", "::1"]
ANOTHER = ["192.0.2.1", ""]


@pytest.mark.parametrize("host", THIS_MACHINE)
def test_in_open_mode_this_machine_may_do_everything(host):
    client = APIClient()
    for route, methods in TABLE.items():
        for method in methods:
            found = status(client, method, route, REMOTE_ADDR=host)
            assert found not in (401, 403, 405), (route, method)


@pytest.mark.parametrize("host", ANOTHER)
def test_in_open_mode_another_machine_may_do_nothing(host):
    assert differences(APIClient(), ANONYMOUS, REMOTE_ADDR=host) == {}


@pytest.mark.parametrize(
    "header",
    [
        "HTTP_FORWARDED",
        "HTTP_VIA",
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_REAL_IP",
    ],
)
def test_in_open_mode_what_a_proxy_forwards_may_do_nothing(header):
    assert differences(APIClient(), ANONYMOUS, **{header: "127.0.0.1"}) == {}
