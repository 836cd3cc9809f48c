"""explain shows the plans of queries and stores nothing."""

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from reports.models import Report
from stores.models import Period, Poll

pytestmark = pytest.mark.django_db

FIXTURES = settings.BASE_DIR / "fixtures"


@pytest.mark.usefixtures("denver")
class TestExplain:
    def test_it_shows_plans_and_leaves_nothing(self, printed):
        out = printed(
            "explain",
            "timeline/cut_periods",
            "report/*",
            "jobs/count_held",
            "stores/list",
        )
        assert "timeline/cut_periods\nInsert on timeline" in out
        assert "report/csv\n" in out
        assert "jobs/count_held did not run" in out
        assert "stores/list did not run" in out
        assert not Report.objects.exists()
        assert not Period.objects.exists()

    def test_it_explains_an_ingest(self, printed):
        out = printed("explain", "ingest/apply/new_polls", ingest=FIXTURES)
        assert "ingest/apply/new_polls\nInsert on poll" in out
        assert set(Poll.objects.values_list("store_id", flat=True)) == {"denver"}

    def test_it_lists_the_queries(self, printed):
        assert "timeline/cut_periods\n" in printed("explain")

    def test_it_refuses_an_unknown_query(self):
        with pytest.raises(CommandError, match="no file called nonsense"):
            call_command("explain", "nonsense")
