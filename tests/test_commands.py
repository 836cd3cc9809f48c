"""The commands print what they say, and fail with a word."""

import json
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from reports.models import Report, ReportRow
from stores.models import CoveredDay, Mark, Period, Poll, Store
from tests.support import engine, processes
from tests.support.reference import HOUR, Data, parse_instant

pytestmark = pytest.mark.django_db

HEADER = (
    "store_id,uptime_last_hour(in minutes),uptime_last_day(in hours),"
    "uptime_last_week(in hours),downtime_last_hour(in minutes),"
    "downtime_last_day(in hours),downtime_last_week(in hours)\n"
)
# Monday 09:00 to 12:00 in Denver; up until 18:15Z, down from then to 19:00Z.
DENVER = Data(
    [
        ("denver", True, parse_instant("2023-01-23 17:14:00 UTC")),
        ("denver", False, parse_instant("2023-01-23 18:15:00 UTC")),
    ],
    [("denver", 0, 9 * HOUR, 12 * HOUR)],
    [("denver", "America/Denver"), ("quiet", "UTC")],
)
AS_OF = "2023-01-23T20:00:00Z"
FIXTURES = settings.BASE_DIR / "fixtures"


@pytest.fixture
def denver():
    engine.load(DENVER)


@pytest.fixture
def printed(capfdbinary):
    def run(*arguments, **options):
        call_command(*arguments, **options)
        return capfdbinary.readouterr().out.decode()

    return run


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
                "uptime_percent": None,
            },
            "last_day": {
                "uptime_hours": 2.25,
                "downtime_hours": 0.75,
                "unobserved_hours": 0.0,
                "uptime_percent": 75.0,
            },
            "last_week": {
                "uptime_hours": 2.25,
                "downtime_hours": 0.75,
                "unobserved_hours": 0.0,
                "uptime_percent": 75.0,
            },
        }
        assert report["stores"][1]["last_week"]["unobserved_hours"] == 168.0

    def test_the_table_has_all_figures(self, printed):
        lines = printed("run_report", "--as-of", AS_OF, "--format=table").splitlines()
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
            (["--store", "denver", "nobody"], "unknown store: nobody"),
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

    def test_moments_at_the_ends_of_time_work(self, printed):
        for as_of in ("1970-01-01T00:00:00Z", "2100-12-31T23:59:59Z"):
            assert "quiet,0.00" in printed("run_report", "--as-of", as_of)


def test_without_a_poll_there_is_no_report():
    with pytest.raises(CommandError, match="there is no poll yet"):
        call_command("run_report")


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

    def test_it_is_limited_to_a_stretch_of_time(self, printed):
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
            (["--store", "nobody"], "unknown store: nobody"),
        ],
    )
    def test_it_says_what_is_wrong(self, arguments, message):
        with pytest.raises(CommandError, match=message):
            call_command("outages", *arguments)


@pytest.mark.usefixtures("denver")
class TestExplain:
    def test_it_shows_plans_and_leaves_nothing(self, printed):
        out = printed(
            "explain", "timeline/cut_periods", "report/*", "job/hold", "store/mark"
        )
        assert "timeline/cut_periods\nInsert on timeline" in out
        assert "report/csv\n" in out
        assert "job/hold did not run" in out
        assert "store/mark did not run" in out
        assert not Report.objects.exists()
        assert not Period.objects.exists()

    def test_it_explains_an_ingest(self, printed):
        out = printed("explain", "ingest/add_polls", ingest=FIXTURES)
        assert "ingest/add_polls\nInsert on poll" in out
        assert set(Poll.objects.values_list("store_id", flat=True)) == {"denver"}

    def test_it_lists_the_queries(self, printed):
        assert "timeline/cut_periods\n" in printed("explain")

    def test_it_says_what_it_does_not_know(self):
        with pytest.raises(CommandError, match="no file called nonsense"):
            call_command("explain", "nonsense")


@pytest.mark.usefixtures("denver")
class TestCheckTimeline:
    def test_it_finds_a_sound_timeline_sound(self, printed):
        assert printed("check_timeline", "--from-scratch") == "Everything holds.\n"
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
            (lambda: CoveredDay.objects.all().delete(), "days_not_covered"),
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
            (lambda: ReportRow.objects.update(up_day="8 days"), "windows_do_not_nest"),
            (
                lambda: Store.objects.update(last_seen_at="2023-01-23 18:00Z"),
                "polls_after_last_seen",
            ),
        ],
    )
    def test_it_finds_a_broken_one(self, break_it, name, capsys):
        call_command("run_report", "--output=/dev/null")
        break_it()
        with pytest.raises(CommandError, match="not sound"):
            call_command("check_timeline")
        assert f"checks/{name}: " in capsys.readouterr().out


def test_a_migration_tells_when_stores_were_seen_that_were_there_before():
    with processes.new_database() as database_url:
        for arguments in [
            ("ingest_csv", "fixtures"),
            ("migrate", "stores", "0007"),
            ("migrate",),
        ]:
            processes.finished(database_url, *arguments).check_returncode()
        check = processes.finished(database_url, "check_timeline")
    assert (check.stdout, check.returncode) == ("Everything holds.\n", 0)
