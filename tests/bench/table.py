"""Formats the measurements as Markdown."""

import os
import platform
from statistics import median, quantiles

from django.db import connection

from tests.bench import pages, scope

# Each ratio: its name, its limit, our steps, and the steps to compare with.
RATIOS = [
    (
        "ingest and first refresh / bare COPY of the status file",
        0.9,
        ["ingest", "refresh"],
        ["copy"],
    ),
    (
        "ingest, first refresh and report / DuckDB's load and report",
        7,
        ["ingest", "refresh", "first report"],
        ["rival load", "rival first report"],
    ),
    ("report / DuckDB's report", 0.25, ["report"], ["rival report"]),
    (
        "the same right after the first load",
        None,
        ["early report"],
        ["rival report"],
    ),
    (
        "an hour's polls, ingested and refreshed / bare COPY of them",
        6,
        ["hour"],
        ["hour copy"],
    ),
    (
        "the hour that begins a date / another hour",
        1.2,
        ["hour of a new date"],
        ["hour"],
    ),
    ("report of {stores:,} stores / of a tenth", 10, ["report week"], ["report tenth"]),
]
LONG = ("report with {weeks} weeks of history / with one", 1.1)
GROWTH = ["copy", "ingest", "refresh", "report", "hour"]
MOST_GROWTH = 1.05  # of a step, times that of the stores
API = [
    ("a store's uptime of the week", "api uptime", "select uptime"),
    ("a store's timeline of the week", "api timeline", "select timeline"),
    ("a store's outages of the week", "api store outages", "select store outages"),
    ("1,000 ongoing outages", "api ongoing outages", "select ongoing outages"),
    ("polls of all stores, pushed (times `ingest_csv` of them)", "push", "ingest hour"),
]
MOST_FOR_SCOPE = 1.3
ROLLUPS = [
    ("by region and day, 30 days", "region and day"),
    ("by day, 15 days and the 15 before", "halves"),
    ("by day, 7 days", "day"),
    ("by region, 1 day", "region"),
    ("by weekday and hour, 30 days", "weekday_hour"),
    ("by location, 7 days", "location"),
    ("by store, 30 days", "store"),
]
SECONDS = [
    ("ingest", "ingest"),
    ("refresh from scratch", "refresh"),
    ("report", "report"),
    ("report, right after the first load", "early report"),
    ("one store's outages of the week", "outages"),
    ("an hour's polls, ingested and refreshed", "hour"),
    ("the same in the hour that begins a date", "hour of a new date"),
    ("bare COPY of the status file", "copy"),
    ("bare COPY of an hour's polls into the same table", "hour copy"),
    ("DuckDB: load", "rival load"),
    ("DuckDB: report", "rival report"),
]


SECONDS_ALONE = [
    ("a report's wait in the queue", "queue"),
    ("alerts of four rules, when they open", "first alerts"),
    ("alerts of four rules, after a refresh (at most 1 s)", "alerts"),
]


def of(options, measured):
    """Return all figures as Markdown; `measured` has lists of seconds by name."""
    known = {"stores": options.stores}
    blocks = [
        [heading(options)],
        ["| ratio | measured | at most |", "|---|---|---|"]
        + [ratio_row(ratio, measured, known) for ratio in RATIOS]
        + [
            ratio_row(
                (*LONG, [f"report {n} weeks"], ["report short"]), measured, {"weeks": n}
            )
            for n in options.weeks
        ],
        [
            f"| step | {options.stores:,} stores, s | stores | seconds | times "
            "| at most |",
            "|---|---|---|---|---|---|",
        ]
        + [
            growth_row(name, stores, options, measured)
            for stores in options.growth
            for name in GROWTH
        ],
        ["| over the API | seconds | times a bare select |", "|---|---|---|"]
        + [api_row(*compared, measured) for compared in API],
        [
            f"| what a user sees | all stores, s | {options.stores:,} grants | a label "
            "| at most |",
            "|---|---|---|---|---|",
        ]
        + [scope_row(what, measured) for what in scope.READS],
        ["| uptime of all stores | seconds | times a bare sum |", "|---|---|---|"]
        + [
            api_row(what, f"rollup {name}", f"sum {name}", measured)
            for what, name in ROLLUPS
        ],
        ["| page, with 31 days | p50, ms | p95, ms |", "|---|---|---|"]
        + [page_row(what, measured[f"page {what}"]) for what in pages.READS],
        ["| what | seconds | of the processors |", "|---|---|---|"]
        + [seconds_row(what, name, measured) for what, name in SECONDS]
        + [
            f"| {what} | {median(measured[name]):.3f} | |"
            for what, name in SECONDS_ALONE
        ],
        ["| peak memory, MB | server's processes | ours |", "|---|---|---|"]
        + [memory_row(*peak) for peak in measured["memory"].items()],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def heading(options):
    return (
        f"{options.stores:,} stores, one week; longer histories have "
        f"{options.long_stores:,} stores. Medians of {options.rounds} rounds "
        f"on {os.cpu_count()} cores ({platform.machine()}), "
        f"PostgreSQL {connection.pg_version // 10_000}."
    )


def ratio_row(ratio, measured, known):
    what, most, ours, theirs = ratio
    mine, other = (sum(median(measured[n]) for n in names) for names in (ours, theirs))
    limit = "" if most is None else f"{most:g}"
    return f"| {what.format(**known)} | {mine / other:.2f} | {limit} |"


def growth_row(name, stores, options, measured):
    base, grown = median(measured[name]), median(measured[f"{name} {stores}"])
    most = MOST_GROWTH * stores / options.stores
    times = f"{grown / base:.1f} | {most:.1f}"
    return f"| {name} | {base:.2f} | {stores:,} | {grown:.2f} | {times} |"


def seconds_row(what, name, measured):
    wall, processor = median(measured[name]), median(measured[f"{name}, CPU"])
    return f"| {what} | {wall:.3f} | {processor:.3f} |"


def api_row(what, ours, theirs, measured):
    mine, other = median(measured[ours]), median(measured[theirs])
    return f"| {what} | {mine:.4f} | {mine / other:.1f} |"


def scope_row(what, measured):
    every, *limited = (median(measured[f"{what}, {who}"]) for who in scope.USERS)
    ratios = " | ".join(f"{seconds / every:.2f}" for seconds in limited)
    return f"| {what} | {every:.4f} | {ratios} | {MOST_FOR_SCOPE} |"


def page_row(what, seconds):
    p95 = quantiles(seconds, n=20)[-1]
    return f"| {what} | {1000 * median(seconds):.0f} | {1000 * p95:.0f} |"


def memory_row(what, peaks):
    server = f"{peaks['server']:.0f}" if "server" in peaks else ""
    return f"| {what} | {server} | {peaks['ours']:.0f} |"
