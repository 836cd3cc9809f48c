"""run_report prints a report, and explains its errors."""

import json
import subprocess
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from reports.models import Report, ReportRow
from tests.support import processes

pytestmark = pytest.mark.django_db

AS_OF = "2023-01-23T20:00:00Z"
HEADER = (
    "store_id,uptime_last_hour(in minutes),uptime_last_day(in hours),"
    "uptime_last_week(in hours),downtime_last_hour(in minutes),"
    "downtime_last_day(in hours),downtime_last_week(in hours)\n"
)


@pytest.mark.usefixtures("denver")
class TestRunReport:
    def test_it_prints_the_csv(self, printed):
        assert printed("run_report", "--as-of", AS_OF) == (
            HEADER
            + "denver,0.00,2.25,2.25,0.00,0.75,0.75\n"
            + "quiet,0.00,0.00,0.00,0.00,0.00,0.00\n"
        )

    def test_it_ends_at_the_newest_poll(self, printed):
        assert "denver,60.00,2.25,2.25,0.00,0.00,0.00\n" in printed("run_report")

    def test_a_moment_without_a_zone_is_utc(self, printed):
        with_zone = printed("run_report", "--as-of", "2023-01-23T18:30:00+00:00")
        assert printed("run_report", "--as-of", "2023-01-23 18:30") == with_zone
        assert "denver,45.00,2.25,2.25,15.00,0.25,0.25\n" in with_zone

    def test_json_has_all_figures(self, printed):
        report = json.loads(printed("run_report", "--as-of", AS_OF, "--format=json"))
        assert report["as_of"] == "2023-01-23T20:00:00+00:00"
        assert report["report_id"] == str(Report.objects.get().report_id)
        assert report["stores"][0] == {
            "store_id": "denver",
            "last_hour": {
                "uptime_minutes": 0.0,
                "downtime_minutes": 0.0,
                "unobserved_minutes": 0.0,
                "excused_minutes": 0.0,
                "uptime_percent": None,
            },
            "last_day": {
                "uptime_hours": 2.25,
                "downtime_hours": 0.75,
                "unobserved_hours": 0.0,
                "excused_hours": 0.0,
                "uptime_percent": 75.0,
            },
            "last_week": {
                "uptime_hours": 2.25,
                "downtime_hours": 0.75,
                "unobserved_hours": 0.0,
                "excused_hours": 0.0,
                "uptime_percent": 75.0,
            },
        }
        assert report["stores"][1]["last_week"]["unobserved_hours"] == 168.0

    def test_the_table_has_the_week(self, printed):
        lines = printed("run_report", "--as-of", AS_OF, "--format=table").splitlines()
        assert lines[0].split() == ["last", "week", "(hours)"]
        assert lines[1].split() == [
            "store_id",
            "up",
            "down",
            "unobserved",
            "uptime",
            "%",
        ]
        assert lines[2].split() == ["denver", "2.25", "0.75", "0.00", "75.00"]
        assert lines[3].split() == ["quiet", "0.00", "0.00", "168.00"]

    def test_the_wide_table_has_all_figures(self, printed):
        lines = printed("run_report", "--as-of", AS_OF, "--format=wide").splitlines()
        assert lines[1].split()[:5] == [
            "store_id",
            "up",
            "down",
            "unobserved",
            "uptime",
        ]
        assert " ".join(lines[2].split()) == (
            "denver 0.00 0.00 0.00 | 2.25 0.75 0.00 75.00 | 2.25 0.75 0.00 75.00"
        )
        assert " ".join(lines[3].split()) == (
            "quiet 0.00 0.00 60.00 | 0.00 0.00 24.00 | 0.00 0.00 168.00"
        )

    def test_the_summary_comes_after_the_table(self, filled_database):
        together = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        table = ["run_report", "--format=table"]
        with (
            processes.new_database(like=filled_database) as database_url,
            processes.started(database_url, *table, **together) as process,
        ):
            lines = processes.wait_for_end(process).stdout.splitlines()
        assert max(map(len, lines)) <= 80
        assert len(lines) == 2 + 40 + 2
        assert lines[-1].startswith("40 stores as of 2023-01-25T23:59:52")

    def test_it_writes_to_a_file(self, printed, tmp_path):
        path = tmp_path / "report.csv"
        assert printed("run_report", "--output", str(path)) == ""
        assert path.read_text().startswith(HEADER)

    def test_it_is_limited_to_some_stores(self, printed):
        out = printed("run_report", "--as-of", AS_OF, "--store", "quiet")
        assert out == HEADER + "quiet,0.00,0.00,0.00,0.00,0.00,0.00\n"

    def test_it_is_kept_with_its_rows(self):
        call_command("run_report", "--as-of", AS_OF, "--output=/dev/null")
        report = Report.objects.get()
        assert report.as_of == datetime(2023, 1, 23, 20, tzinfo=UTC)
        assert report.started_at <= report.finished_at
        rows = ReportRow.objects.filter(report_id=report.report_id)
        assert [row.store_id for row in rows.order_by("store_id")] == [
            "denver",
            "quiet",
        ]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--store", "denver", "nobody"], "there is no store 'nobody'"),
            (["--as-of", "soon"], "'soon' is not an ISO 8601 date and time"),
            (["--as-of", "1969-12-31T23:59:59Z"], "not in the years 1970 to 2100"),
            (["--as-of", "2101-01-01"], "not in the years 1970 to 2100"),
            (["--as-of", "9999-12-31T23:59:59-12:00"], "not in the years"),
            (["--output", "/nowhere/report.csv"], "/nowhere/report.csv"),
        ],
    )
    def test_it_says_what_is_wrong(self, arguments, message):
        with pytest.raises(CommandError, match=message):
            call_command("run_report", *arguments)

    def test_the_first_and_last_allowed_moments_work(self, printed):
        for as_of in ("1970-01-01T00:00:00Z", "2100-12-31T23:59:59Z"):
            assert "quiet,0.00" in printed("run_report", "--as-of", as_of)


def test_without_a_poll_there_is_no_report():
    with pytest.raises(CommandError, match="there is no poll yet"):
        call_command("run_report")
