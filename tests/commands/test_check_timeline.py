"""check_timeline finds errors in the timeline."""

import re

import pytest
from django.core.management import CommandError, call_command

from reports.models import ReportRow
from stores.models import Mark, Outage, Period, Store

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("denver")
class TestCheckTimeline:
    def test_it_accepts_a_correct_timeline(self, printed):
        assert printed("check_timeline", "--from-scratch") == "All checks passed.\n"
        assert not Mark.objects.exists()

    @pytest.mark.parametrize(
        ("break_it", "name"),
        [
            (
                lambda: Period.objects.filter(is_up=False).delete(),
                "business_time_differs",
            ),
            (lambda: Period.objects.update(is_up=None), "polls_contradict_periods"),
            (lambda: Period.objects.update(is_up=None), "status_does_not_change"),
            (lambda: Period.objects.update(day="2022-01-03"), "days_not_covered"),
            (
                lambda: Period.objects.filter(is_up=False).update(
                    starts_at="2023-01-23 18:00Z"
                ),
                "periods_overlap",
            ),
            (
                lambda: Period.objects.filter(is_up=False).update(
                    ends_at="2023-01-23 19:00:01Z"
                ),
                "periods_leave_their_session",
            ),
            (lambda: Outage.objects.all().delete(), "outages_differ"),
            (lambda: Outage.objects.update(down="1 hour"), "outages_differ"),
            (
                lambda: Outage.objects.update(ends_at="2023-01-23 18:20Z"),
                "outages_differ",
            ),
            (lambda: ReportRow.objects.update(up_day="8 days"), "windows_do_not_nest"),
            (
                lambda: Store.objects.update(last_seen_at="2023-01-23 18:00Z"),
                "polls_after_last_seen",
            ),
        ],
    )
    def test_it_finds_each_kind_of_error(self, break_it, name, capsys):
        call_command("run_report", "--output=/dev/null")
        break_it()
        with pytest.raises(CommandError, match="the checks found errors"):
            call_command("check_timeline")
        assert re.search(rf"checks/\w+/{name}: ", capsys.readouterr().out)
