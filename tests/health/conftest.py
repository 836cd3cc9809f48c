"""A client for the addresses of probes, and stores for their figures."""

from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from restaurant_monitor.jobs.models import Heartbeat
from tests.api.stores import DATA
from tests.support import engine


@pytest.fixture
def client():
    return APIClient(raise_request_exception=False)


@pytest.fixture
def few_stores():
    """Five stores on a current timeline."""
    engine.load(DATA)
    engine.figures()


@pytest.fixture
def worker():
    """A sign of life of a worker."""
    Heartbeat.objects.update_or_create(defaults={"seen_at": datetime.now(UTC)})
