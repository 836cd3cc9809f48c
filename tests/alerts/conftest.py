"""Stores with rules."""

import pytest

from tests.alerts import monday


@pytest.fixture
def stores():
    monday.load_stores()
