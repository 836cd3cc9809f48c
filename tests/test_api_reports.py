"""Reports over the API: asked for, looked after, read row by row, deleted."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import product
from random import Random
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django_q.models import OrmQ
from rest_framework.test import APIClient

from reports import tasks
from reports.compute import compute, compute_now
from reports.models import Report, ReportRow
from stores import scope
from stores.models import Store
from stores.retention import prune_polls
from tests.support import engine, reference
from tests.support.processes import PROJECT
from tests.support.reference import HOUR, MICROSECOND, MINUTE
from tests.test_api import check_is_problem

pytestmark = pytest.mark.django_db

REPORTS = "/api/reports"
UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
AS_OF = datetime(2023, 1, 25, 12, tzinfo=UTC)
# From the fixtures.
ONE, OTHER = "7105291213975568516", "84674049105583586"
ORDERS = ["store_id", "down", "uptime_percent", "unobserved"]
NOTHING = timedelta(0)


@pytest.fixture
def client():
    # As the web server does: what a view raises becomes an answer.
    return APIClient(raise_request_exception=False)


@pytest.fixture
def data():
    engine.load_folder(PROJECT / "fixtures")


@pytest.fixture
def only(monkeypatch):
    """Have the user see some stores only."""

    def limit(*store_ids):
        monkeypatch.setattr(scope, "visible_to", lambda user: list(store_ids))

    return limit


def ask_for(client, body=None, **headers):
    return client.post(REPORTS, body, format="json", headers=headers)


def rows_at(report_id):
    return f"{REPORTS}/{report_id}/rows"


def results(client, path, **asked):
    """Follow the pages to the end; return the results of each."""
    pages = []
    while path:
        answer = client.get(path, asked)
        assert answer.status_code == 200, answer.content
        path, asked = answer.json()["next"], {}
        if path:
            assert answer["Link"] == f'<{path}>; rel="next"'
        pages.append(answer.json()["results"])
    return pages


def ids_of(client, report, **asked):
    [page] = results(client, rows_at(report.pk), **asked)
    return [row["store_id"] for row in page]


def a_report(stores):
    """Make a complete report of (up, down, unobserved) of the week by store."""
    report = Report.objects.create(
        state="complete", as_of=AS_OF, store_count=len(stores)
    )
    kinds = ["up", "down", "unobserved"]
    none = {f"{kind}_{w}": NOTHING for kind, w in product(kinds, ["hour", "day"])}
    ReportRow.objects.bulk_create(
        ReportRow(
            report_id=report.pk,
            store_id=store_id,
            **none,
            **{f"{k}_week": t for k, t in zip(kinds, figures, strict=True)},
        )
        for store_id, figures in stores.items()
    )
    return report


# --- POST /api/reports


def test_who_asks_gets_the_report_that_will_be(client, data):
    answer = ask_for(client)
    assert answer.status_code == 202
    report = Report.objects.get()
    address = f"http://testserver/api/reports/{report.pk}"
    assert answer["Location"] == address
    assert answer["Retry-After"] == "1"
    found = answer.json()
    assert datetime.fromisoformat(found.pop("requested_at")) == report.requested_at
    assert found == {
        "report_id": str(report.pk),
        "state": "queued",
        "as_of": None,
        "store_ids": None,
        "started_at": None,
        "finished_at": None,
        "attempts": 0,
        "store_count": None,
        "error": "",
        "waiting_before": 0,
        "worker_alive": False,
        "links": {"self": address},
    }
    assert OrmQ.objects.get().task["args"] == (str(report.pk),)


def test_a_report_has_the_stores_and_the_moment_that_were_asked_for(client, data):
    wanted = {"as_of": "2023-01-25T06:00:00-06:00", "store_ids": [OTHER, ONE]}
    report_id = ask_for(client, wanted).json()["report_id"]
    tasks.compute_report(report_id)
    found = client.get(f"{REPORTS}/{report_id}").json()
    assert (found["state"], found["store_count"]) == ("complete", 2)
    assert found["as_of"] == "2023-01-25T12:00:00Z"
    assert found["store_ids"] == [OTHER, ONE]
    [rows] = results(client, rows_at(report_id))
    assert [row["store_id"] for row in rows] == [ONE, OTHER]


@pytest.mark.parametrize("body", [{}, {"as_of": None, "store_ids": None}, None])
def test_by_default_it_is_of_every_store(client, data, body):
    assert ask_for(client, body).status_code == 202
    report = Report.objects.get()
    assert (report.as_of, report.store_ids) == (None, None)


def test_ten_thousand_stores_may_be_named(client, data):
    names = [f"store {n}" for n in range(10_001)]
    Store.objects.bulk_create(Store(store_id=name) for name in names)
    assert ask_for(client, {"store_ids": names[:-1]}).status_code == 202
    problem = check_is_problem(ask_for(client, {"store_ids": names}), 400)
    assert problem["errors"].keys() == {"store_ids"}
    assert Report.objects.get().store_ids == names[:-1]


@pytest.mark.parametrize(
    "store_ids",
    [
        [],
        [ONE, ONE],
        [ONE, None],
        [ONE, ""],
        [ONE, [OTHER]],
        [f" {ONE}"],
        ["\0"],
        ONE,
        {},
        0,
        True,
    ],
    ids=ascii,
)
def test_what_is_no_list_of_distinct_ids_is_refused(client, data, store_ids):
    problem = check_is_problem(ask_for(client, {"store_ids": store_ids}), 400)
    assert problem["errors"].keys() == {"store_ids"}
    assert not Report.objects.exists()


def test_stores_that_are_not_known_are_refused_by_name(client, data):
    wanted = {"store_ids": ["no such", ONE, "nor'\" such"]}
    problem = check_is_problem(ask_for(client, wanted), 400)
    assert problem["errors"] == {
        "store_ids": [
            "there is no store 'no such'",
            "there is no store 'nor\\'\" such'",
        ]
    }
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [({"store": [ONE]}, "store"), ({"as_of": "now"}, "as_of"), ({"as_of": 0}, "as_of")],
)
def test_other_fields_and_odd_moments_are_refused(client, data, body, field):
    problem = check_is_problem(ask_for(client, body), 400)
    assert problem["errors"].keys() == {field}
    assert not Report.objects.exists()


@pytest.mark.parametrize("body", ["[]", "null", "1", '"as_of"', "{", '{"as_of": NaN}'])
def test_a_body_that_is_no_object_is_refused(client, data, body):
    answer = client.post(REPORTS, body, content_type="application/json")
    check_is_problem(answer, 400)


def test_only_json_is_read_and_written(client, data):
    check_is_problem(client.post(REPORTS, {"as_of": AS_OF}, format="multipart"), 415)
    form = "application/x-www-form-urlencoded"
    check_is_problem(client.post(REPORTS, "as_of=", content_type=form), 415)
    check_is_problem(ask_for(client, accept="text/html"), 406)
    assert not Report.objects.exists()


def test_a_body_that_is_too_large_is_refused(client, data):
    body = b'{"store_ids": ["' + b"x" * 1_100_000 + b'"]}'
    answer = client.post(REPORTS, body, content_type="application/json")
    check_is_problem(answer, 413)


def test_without_any_poll_only_a_moment_makes_a_report(client):
    assert "poll" in check_is_problem(ask_for(client), 409)["detail"]
    assert ask_for(client, {"as_of": "2023-01-25"}).status_code == 202


@pytest.mark.parametrize("path", [REPORTS, "/api/trigger_report"])
def test_a_week_that_has_been_pruned_is_refused_at_once(client, tmp_path, path):
    call_command("make_sample", tmp_path, stores=3, days=20, verbosity=0)
    engine.load_folder(tmp_path)
    sum(prune_polls(9))
    newest = reference.newest_poll(reference.read_csvs(tmp_path))
    # The first date that is kept whole, everywhere on earth, begins a day later.
    kept = datetime.combine((newest - timedelta(days=9)).date(), datetime.min.time())
    earliest = kept.replace(tzinfo=UTC) + timedelta(days=1 + 7)
    early = {"as_of": (earliest - MICROSECOND).isoformat()}
    problem = check_is_problem(client.post(path, early, format="json"), 400)
    assert earliest.isoformat() in problem["errors"]["as_of"][0]
    assert not Report.objects.exists()
    taken = client.post(path, {"as_of": earliest.isoformat()}, format="json")
    assert taken.status_code in (200, 202)
    compute(Report.objects.get())


# --- GET /api/reports


def test_the_list_can_be_of_one_state(client):
    made = [Report.objects.create(state=state) for state in list(Report.State) * 3]
    for state in Report.State:
        pages = results(client, REPORTS, state=state, page_size=2)
        assert [len(page) for page in pages] == [2, 1]
        found = [report["report_id"] for page in pages for report in page]
        assert found == [str(r.pk) for r in made[::-1] if r.state == state]


def test_reports_asked_for_at_once_are_all_listed(client):
    made = {str(Report.objects.create(state="failed").pk) for _ in range(10)}
    Report.objects.update(requested_at=AS_OF)
    pages = results(client, REPORTS, page_size=3)
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    assert {report["report_id"] for page in pages for report in page} == made


@pytest.mark.parametrize(
    "asked",
    [
        {"state": "done"},
        {"state": ""},
        {"states": "failed"},
        {"state": ["failed", "failed"]},
        {"page_size": 0},
        {"page_size": 1001},
        {"cursor": "x"},
        {"cursor": ""},
    ],
)
def test_the_list_refuses_what_it_does_not_know(client, asked):
    problem = check_is_problem(client.get(REPORTS, asked), 400)
    assert problem["errors"].keys() == asked.keys()


# --- GET /api/reports/{id}


def test_a_report_under_way_tells_how_many_come_before_it(client):
    states = ["complete", "running", "failed", "queued", "queued"]
    made = [Report.objects.create(state=state) for state in states]
    before = []
    for report in made:
        answer = client.get(f"{REPORTS}/{report.pk}")
        before.append(answer.json()["waiting_before"])
        is_done = report.state in ("complete", "failed")
        assert answer.get("Retry-After") == (None if is_done else "1")
    assert before == [None, 0, None, 1, 2]
    listed = client.get(REPORTS).json()["results"]
    assert [report["waiting_before"] for report in listed] == before[::-1]


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_report_takes_no_parameters(client, method):
    report = Report.objects.create(state="failed")
    answer = getattr(client, method)(f"{REPORTS}/{report.pk}?state=failed")
    check_is_problem(answer, 400)
    assert Report.objects.exists()


# --- GET /api/reports/{id}/rows


def in_json(windows):
    """The reference's figures of a store as the API writes them."""
    units = {
        "hour": ("minutes", MINUTE),
        "day": ("hours", HOUR),
        "week": ("hours", HOUR),
    }
    found = {}
    for window, figures in windows.items():
        name, unit = units[window]
        percent = figures.uptime_percent
        found[f"last_{window}"] = {
            f"uptime_{name}": float(reference.printed(figures.up, unit)),
            f"downtime_{name}": float(reference.printed(figures.down, unit)),
            f"unobserved_{name}": float(reference.printed(figures.unobserved, unit)),
            "uptime_percent": None if percent is None else rounded(percent),
        }
    return found


def rounded(percent):
    """Two decimals, halves away from zero; percents are not negative."""
    return int(percent * 100 + reference.Fraction(1, 2)) / 100


def test_the_rows_have_every_figure_of_the_report(client, data):
    report = compute_now(AS_OF)
    expected = reference.figures(reference.read_csvs(PROJECT / "fixtures"), AS_OF)
    pages = results(client, rows_at(report.pk), page_size=15)
    assert [len(page) for page in pages] == [15, 15, 10]
    rows = {row.pop("store_id"): row for page in pages for row in page}
    assert rows == {key: in_json(windows) for key, windows in expected.items()}
    assert list(rows) == list(expected)
    head = client.get(rows_at(report.pk)).json()
    assert head["report_id"] == str(report.pk)
    assert head["as_of"] == "2023-01-25T12:00:00Z"


def test_as_csv_the_rows_are_flat(client):
    hours = [timedelta(hours=n) for n in (9, 1, 2)]
    report = a_report({"a,b": hours, "none": [NOTHING] * 3, "z": hours})
    answer = client.get(
        rows_at(report.pk), {"page_size": 2}, headers={"accept": "text/csv"}
    )
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["X-As-Of"] == "2023-01-25T12:00:00+00:00"
    header, *rows = csv.reader(StringIO(answer.content.decode()))
    assert header == [
        "store_id",
        "uptime_last_hour_minutes",
        "downtime_last_hour_minutes",
        "unobserved_last_hour_minutes",
        "uptime_last_hour_percent",
        "uptime_last_day_hours",
        "downtime_last_day_hours",
        "unobserved_last_day_hours",
        "uptime_last_day_percent",
        "uptime_last_week_hours",
        "downtime_last_week_hours",
        "unobserved_last_week_hours",
        "uptime_last_week_percent",
    ]
    none = ["0.00", "0.00", "0.00", ""]
    assert rows == [
        ["a,b", *none, *none, "9.00", "1.00", "2.00", "90.00"],
        ["none", *none, *none, *none],
    ]
    link = answer["Link"].removeprefix("<").removesuffix('>; rel="next"')
    rest = client.get(link, headers={"accept": "text/csv"}).content.decode()
    assert rest.splitlines()[1].startswith("z,")


@pytest.fixture
def five():
    """Five stores' weeks: up, down, unobserved."""
    second, hour = timedelta(seconds=1), timedelta(hours=1)
    return a_report(
        {
            "fine": (100 * hour, NOTHING, NOTHING),
            "fair": (99 * hour, hour, NOTHING),
            "fair too": (49.5 * hour, 0.5 * hour, 2 * hour),
            # 99.996 percent, which is printed as 100.00.
            "nearly": (24_999 * second, second, NOTHING),
            "unseen": (NOTHING, NOTHING, 168 * hour),
        }
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["fair", "fair too", "fine", "nearly", "unseen"]),
        ({"search": "fair"}, ["fair", "fair too"]),
        ({"search": "fair too"}, ["fair too"]),
        ({"search": "air"}, []),
        ({"search": "%"}, []),
        ({"uptime_below": 100}, ["fair", "fair too", "nearly"]),
        ({"uptime_below": "99.996"}, ["fair", "fair too"]),
        ({"uptime_below": "99.996001"}, ["fair", "fair too", "nearly"]),
        ({"uptime_below": 99}, []),
        ({"down_at_least": 0}, ["fair", "fair too", "fine", "nearly", "unseen"]),
        ({"down_at_least": "0.5"}, ["fair", "fair too"]),
        ({"down_at_least": "0.500001"}, ["fair"]),
        ({"down_at_least": 1, "uptime_below": 99}, []),
        ({"observed": "true"}, ["fair", "fair too", "fine", "nearly"]),
        ({"observed": "false"}, ["unseen"]),
        ({"window": "day", "observed": "true"}, []),
        ({"window": "hour", "uptime_below": 100}, []),
        ({"order": "-store_id"}, ["unseen", "nearly", "fine", "fair too", "fair"]),
        ({"order": "-down"}, ["fair", "fair too", "nearly", "fine", "unseen"]),
        ({"order": "down"}, ["fine", "unseen", "nearly", "fair too", "fair"]),
        (
            {"order": "uptime_percent"},
            ["fair", "fair too", "nearly", "fine", "unseen"],
        ),
        (
            {"order": "-uptime_percent"},
            ["fine", "nearly", "fair", "fair too", "unseen"],
        ),
        ({"order": "-unobserved"}, ["unseen", "fair too", "fair", "fine", "nearly"]),
        (
            {"order": "-down", "window": "hour"},
            ["fair", "fair too", "fine", "nearly", "unseen"],
        ),
    ],
    ids=str,
)
def test_rows_are_those_asked_for_in_their_order(client, five, asked, expected):
    assert ids_of(client, five, **asked) == expected


def test_a_condition_is_in_the_unit_of_its_window(client):
    report = a_report({"a": [NOTHING] * 3})
    down = timedelta(minutes=30)
    ReportRow.objects.update(down_hour=down, down_day=down, down_week=down)
    for window, most in (("hour", "30"), ("day", "0.5"), ("week", "0.5")):
        asked = {"window": window, "down_at_least": most}
        assert ids_of(client, report, **asked) == ["a"]
        asked["down_at_least"] = f"{most}{'.' if most == '30' else ''}0001"
        assert ids_of(client, report, **asked) == []


def many():
    """Figures that are often equal, or a microsecond apart, or nothing at all."""
    random = Random(7)
    pool = [
        NOTHING,
        MICROSECOND,
        timedelta(hours=1),
        timedelta(hours=1, microseconds=1),
    ]
    names = [str(n) for n in range(30)] + ["é", "Z", "a", "🍣", "a b", "'", '"']
    return {
        name: tuple(random.choice(pool) for _ in ("up", "down", "unobserved"))
        for name in names
    }


def place(order, figures):
    """Where a row belongs before its id decides; what is not known comes last."""
    key = {
        "down": figures.down,
        "unobserved": figures.unobserved,
        "uptime_percent": figures.uptime_percent,
    }[order.removeprefix("-")]
    if key is None:
        return 1, 0
    return 0, -key if order.startswith("-") else key


@pytest.mark.parametrize(
    "order", [sign + name for name in ORDERS for sign in ("", "-")]
)
@pytest.mark.parametrize("page_size", [1, 7, 37])
def test_paging_gives_each_row_once_in_every_order(client, order, page_size):
    stores = many()
    report = a_report(stores)
    pages = results(client, rows_at(report.pk), order=order, page_size=page_size)
    assert all(len(page) == page_size for page in pages[:-1])
    found = [row["store_id"] for page in pages for row in page]
    expected = sorted(stores, key=reference.byte_order, reverse=order == "-store_id")
    if not order.endswith("store_id"):
        expected.sort(key=lambda name: place(order, reference.Figures(*stores[name])))
    assert found == expected


@pytest.mark.parametrize(
    ("state", "reason"), [("queued", ""), ("running", ""), ("failed", "it broke")]
)
def test_a_report_that_is_not_complete_has_no_rows(client, state, reason):
    report = Report.objects.create(state=state, error=reason)
    problem = check_is_problem(client.get(rows_at(report.pk)), 409)
    assert state in problem["detail"]
    assert reason in problem["detail"]


@pytest.mark.parametrize(
    "asked",
    [
        {"search": "a\0"},
        {"search": "x" * 201},
        {"window": "month"},
        {"uptime_below": "nan"},
        {"uptime_below": -1},
        {"uptime_below": 101},
        {"uptime_below": ""},
        {"down_at_least": "Infinity"},
        {"down_at_least": -1},
        {"down_at_least": "1e400"},
        {"observed": "perhaps"},
        {"order": "up"},
        {"order": "--down"},
        {"order": ["down", "down"]},
        {"sort": "down"},
        {"cursor": "WzEsMl0"},
    ],
    ids=str,
)
def test_rows_refuse_what_they_do_not_know(client, five, asked):
    problem = check_is_problem(client.get(rows_at(five.pk), asked), 400)
    assert problem["errors"].keys() == asked.keys()


def test_a_cursor_is_good_for_its_own_list_and_order_only(client, five):
    Report.objects.create(state="failed")
    path = rows_at(five.pk)
    answer = client.get(path, {"order": "down", "page_size": 1})
    cursor = dict(parse_qsl(urlsplit(answer.json()["next"]).query))["cursor"]
    for elsewhere, asked in (
        (path, {}),
        (path, {"order": "-down"}),
        (path, {"order": "down", "search": "f"}),
        (REPORTS, {}),
        ("/api/stores", {}),
    ):
        problem = check_is_problem(
            client.get(elsewhere, asked | {"cursor": cursor}), 400
        )
        assert problem["errors"].keys() == {"cursor"}
    asked = {"cursor": cursor, "page_size": 9, "order": "down"}
    found = client.get(path, asked).json()["results"]
    assert [row["store_id"] for row in found] == [
        "unseen",
        "nearly",
        "fair too",
        "fair",
    ]


def test_rows_of_what_is_no_report(client):
    check_is_problem(client.get(rows_at(UNKNOWN)), 404)
    check_is_problem(client.get(rows_at("1")), 400)
    check_is_problem(client.get(rows_at(UNKNOWN), headers={"accept": "a/b"}), 406)


# --- DELETE /api/reports/{id}


@pytest.mark.usefixtures("data")
def test_a_deleted_report_is_gone_with_its_rows_and_no_other(client):
    gone, kept = compute_now(), compute_now()
    answer = client.delete(f"{REPORTS}/{gone.pk}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert set(ReportRow.objects.values_list("report_id", flat=True)) == {kept.pk}
    for method in (client.get, client.delete):
        check_is_problem(method(f"{REPORTS}/{gone.pk}"), 404)
    assert client.get(f"{REPORTS}/{kept.pk}").status_code == 200


@pytest.mark.usefixtures("data")
def test_a_report_deleted_in_the_queue_is_never_computed(client):
    report_id = ask_for(client).json()["report_id"]
    assert client.delete(f"{REPORTS}/{report_id}").status_code == 204
    tasks.compute_report(report_id)
    assert not ReportRow.objects.exists()
    assert not Report.objects.exists()


@pytest.mark.usefixtures("data")
def test_a_report_deleted_while_it_is_computed_leaves_nothing(client):
    report = Report.objects.create(state="running")
    assert client.delete(f"{REPORTS}/{report.pk}").status_code == 204
    with pytest.raises(DatabaseError):
        compute(report)
    assert not ReportRow.objects.exists()
    assert not Report.objects.exists()


# --- Who sees what


@pytest.mark.usefixtures("data")
class TestWhoSeesSomeStores:
    def test_asks_for_all_of_theirs(self, client, only):
        only(ONE, OTHER)
        assert ask_for(client).json()["store_ids"] == [ONE, OTHER]
        assert client.post("/api/trigger_report").status_code == 200
        assert [r.store_ids for r in Report.objects.all()] == [[ONE, OTHER]] * 2

    def test_asks_for_no_other(self, client, only):
        only(ONE)
        assert ask_for(client, {"store_ids": [ONE]}).status_code == 202
        problem = check_is_problem(ask_for(client, {"store_ids": [ONE, OTHER]}), 400)
        assert problem["errors"] == {"store_ids": [f"there is no store '{OTHER}'"]}

    def test_sees_their_rows_of_a_report_of_all(self, client, only):
        report = compute_now()
        only(OTHER)
        assert ids_of(client, report) == [OTHER]

    def test_sees_no_report_of_others(self, client, only):
        theirs, other = compute_now(None, [ONE]), compute_now(None, [ONE, OTHER])
        only(ONE)
        listed = client.get(REPORTS).json()["results"]
        assert [report["report_id"] for report in listed] == [str(theirs.pk)]
        for path in (f"{REPORTS}/{other.pk}", rows_at(other.pk)):
            check_is_problem(client.get(path), 404)
        check_is_problem(client.delete(f"{REPORTS}/{other.pk}"), 404)
        assert Report.objects.filter(pk=other.pk).exists()
