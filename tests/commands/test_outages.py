"""outages lists when stores were down."""

import pytest
from django.core.management import CommandError, call_command

from tests.support import engine
from tests.support.reference import Data, parse_instant

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("denver")
class TestOutages:
    def test_it_lists_them(self, printed):
        engine.load(
            Data([("denver", False, parse_instant("2023-01-25 00:00:00Z"))], [], [])
        )
        assert printed("outages") == (
            "from (UTC)            to (UTC)              hours down  store\n"
            "2023-01-23 18:15:00   ongoing                     0.75  denver\n"
            "1 outages\n"
        )

    def test_it_is_limited_by_time_and_store(self, printed):
        engine.load(
            Data([("quiet", True, parse_instant("2023-01-25 00:00:00Z"))], [], [])
        )
        assert "denver" in printed("outages", "--to", "2023-01-23 18:16")
        assert "denver" not in printed("outages", "--to", "2023-01-23 18:15")
        assert "denver" in printed("outages", "--store", "denver")
        assert "denver" not in printed("outages", "--store", "quiet")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--from", "2023-01-24", "--to", "2023-01-23"], "--from must be before"),
            (["--store", "nobody"], "there is no store 'nobody'"),
        ],
    )
    def test_it_says_what_is_wrong(self, arguments, message):
        with pytest.raises(CommandError, match=message):
            call_command("outages", *arguments)
