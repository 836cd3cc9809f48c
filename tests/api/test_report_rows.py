"""The rows of a report: their figures, filters, order and pages."""

import csv
from datetime import timedelta
from io import StringIO
from random import Random
from urllib.parse import parse_qsl, urlsplit

import pytest

from reports.compute import compute_now
from reports.models import Report, ReportRow
from tests.api.asking import check_is_problem
from tests.api.reports import (
    AS_OF,
    NOTHING,
    REPORTS,
    complete_report,
    ids_of,
    results,
    rows_at,
)
from tests.support import reference
from tests.support.processes import PROJECT
from tests.support.reference import HOUR, MICROSECOND, MINUTE

pytestmark = pytest.mark.django_db

UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
ORDERS = ["store_id", "down", "uptime_percent", "unobserved"]


def in_json(windows):
    """The figures of the reference in the form of the API."""
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
            f"excused_{name}": float(reference.printed(figures.excused, unit)),
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
    urls = [row.pop("store_url") for row in rows.values()]
    assert urls == [f"http://testserver/api/stores/{store_id}" for store_id in rows]
    assert rows == {key: in_json(windows) for key, windows in expected.items()}
    assert list(rows) == list(expected)
    head = client.get(rows_at(report.pk)).json()
    assert head["report_id"] == str(report.pk)
    assert head["as_of"] == "2023-01-25T12:00:00Z"


def test_rows_in_csv_are_flat(client):
    hours = [timedelta(hours=n) for n in (9, 1, 2)]
    report = complete_report({"a,b": hours, "none": [NOTHING] * 3, "z": hours})
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
        "excused_last_hour_minutes",
        "uptime_last_hour_percent",
        "uptime_last_day_hours",
        "downtime_last_day_hours",
        "unobserved_last_day_hours",
        "excused_last_day_hours",
        "uptime_last_day_percent",
        "uptime_last_week_hours",
        "downtime_last_week_hours",
        "unobserved_last_week_hours",
        "excused_last_week_hours",
        "uptime_last_week_percent",
    ]
    none = ["0.00", "0.00", "0.00", "0.00", ""]
    assert rows == [
        ["a,b", *none, *none, "9.00", "1.00", "2.00", "0.00", "90.00"],
        ["none", *none, *none, *none],
    ]
    link = answer["Link"].removeprefix("<").removesuffix('>; rel="next"')
    rest = client.get(link, headers={"accept": "text/csv"}).content.decode()
    assert rest.splitlines()[1].startswith("z,")


@pytest.fixture
def five():
    """Five stores' weeks: up, down, unobserved."""
    second, hour = timedelta(seconds=1), timedelta(hours=1)
    return complete_report(
        {
            "fine": (100 * hour, NOTHING, NOTHING),
            "fair": (99 * hour, hour, NOTHING),
            "fair too": (49.5 * hour, 0.5 * hour, 2 * hour),
            # 99.996 percent, printed as 100.00.
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
        ({"order": "up"}, ["unseen", "nearly", "fair too", "fair", "fine"]),
        ({"order": "-up"}, ["fine", "fair", "fair too", "nearly", "unseen"]),
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
def test_rows_are_filtered_and_ordered(client, five, asked, expected):
    assert ids_of(client, five, **asked) == expected


def test_a_filter_uses_the_unit_of_its_window(client):
    report = complete_report({"a": [NOTHING] * 3})
    down = timedelta(minutes=30)
    ReportRow.objects.update(down_hour=down, down_day=down, down_week=down)
    for window, most in (("hour", "30"), ("day", "0.5"), ("week", "0.5")):
        asked = {"window": window, "down_at_least": most}
        assert ids_of(client, report, **asked) == ["a"]
        asked["down_at_least"] = f"{most}{'.' if most == '30' else ''}0001"
        assert ids_of(client, report, **asked) == []


def many():
    """Figures that are often equal, a microsecond apart, or zero."""
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
    """The sort key of a row before its id; unknown values come last."""
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
    report = complete_report(stores)
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
        {"exclude_excused": "perhaps"},
        {"order": "left"},
        {"order": "--down"},
        {"order": ["down", "down"]},
        {"sort": "down"},
        {"cursor": "WzEsMl0"},
    ],
    ids=str,
)
def test_invalid_parameters_of_rows_are_refused(client, five, asked):
    problem = check_is_problem(client.get(rows_at(five.pk), asked), 400)
    assert problem["errors"].keys() == asked.keys()


def test_a_cursor_works_only_for_its_own_list_and_order(client, five):
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


def test_rows_of_an_unknown_report_are_refused(client):
    check_is_problem(client.get(rows_at(UNKNOWN)), 404)
    check_is_problem(client.get(rows_at("1")), 404)
    check_is_problem(client.get(rows_at(UNKNOWN), headers={"accept": "a/b"}), 406)
