"""Two stores, and the output of commands."""

import pytest
from django.core.management import call_command

from tests.support import engine
from tests.support.reference import HOUR, Data, parse_instant

# Monday 09:00 to 12:00 in Denver; up until 18:15Z, down from then to 19:00Z.
DENVER = Data(
    [
        ("denver", True, parse_instant("2023-01-23 17:14:00 UTC")),
        ("denver", False, parse_instant("2023-01-23 18:15:00 UTC")),
    ],
    [("denver", 0, 9 * HOUR, 12 * HOUR)],
    [("denver", "America/Denver"), ("quiet", "UTC")],
)


@pytest.fixture
def denver():
    engine.load(DENVER)


@pytest.fixture
def printed(capfdbinary):
    def run(*arguments, **options):
        call_command(*arguments, **options)
        return capfdbinary.readouterr().out.decode()

    return run
