"""A client of the API, and stores to request."""

import pytest
from rest_framework.test import APIClient

from stores.models import Store
from tests.api.stores import DATA
from tests.api.two import load_two
from tests.support import engine
from tests.support.denver import DENVER
from tests.support.processes import PROJECT


@pytest.fixture
def client():
    # As with the web server, an exception in a view becomes an answer.
    return APIClient(raise_request_exception=False)


@pytest.fixture
def data():
    engine.load_folder(PROJECT / "fixtures")


@pytest.fixture
def few_stores():
    engine.load(DATA)
    Store.objects.filter(pk="up").update(display_name="Upper Café")
    Store.objects.filter(pk="far").update(display_name="Chicago, far away")


@pytest.fixture
def denver():
    engine.load(DENVER)


@pytest.fixture
def two_of_three():
    load_two()
