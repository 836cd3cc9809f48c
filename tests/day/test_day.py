"""A day of a chain in a minute: nothing is lost, and nothing is told twice."""

import pytest

from tests.day.check import check
from tests.day.script import short
from tests.day.stage import played
from tests.support import processes
from tests.support.clock import COMPILER


@pytest.mark.skipif(not COMPILER, reason="a C compiler is missing")
def test_a_day_with_kills_tells_what_happened_once(empty_database):
    with (
        processes.new_database(like=empty_database) as database_url,
        played(database_url, short()) as day,
    ):
        check(day)
