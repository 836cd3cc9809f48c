"""Says what looks wrong in the files, and which stores they leave unsettled."""

import sql
from stores.models import LONGEST_REASON, WHITE_SPACE

CODES = [
    *("rounded_ids", "no_ids_in_common", "letter_case"),
    *("unsettled", "long_reasons"),
]
REASON_RULES = {"longest_reason": LONGEST_REASON, "white_space": WHITE_SPACE}
SIDES = {"hours": "business hours", "timezones": "time zones"}


def warnings(names, viewer):
    """Compare the ids of the files with each other, and with the known stores.

    `names` are the files' names, by kind. `viewer` is that of stores/scope.py: one who
    sees only some stores gets no comparison with known ones. Returns dicts with `code`
    and `text`.
    """
    sql.run("ingest/warn/file_ids")
    sql.analyze("file_id")
    rounded_ids = sql.rows("ingest/warn/rounded_ids", viewer=viewer)
    no_ids_in_common = sides_without_common_ids(viewer)
    different_case = sql.rows("ingest/warn/letter_case", viewer=viewer)
    long = sql.rows("ingest/warn/long_reasons", **REASON_RULES)
    found = {
        "rounded_ids": [rounded(row, names[row.kind]) for row in rounded_ids],
        "no_ids_in_common": [strangers(row) for row in no_ids_in_common],
        "letter_case": [letter_case(row) for row in different_case],
        "unsettled": [unsettled(row) for row in sql.rows("ingest/warn/unsettled")],
        "long_reasons": [long_reasons(row) for row in long],
    }
    return [{"code": code, "text": text} for code in CODES for text in found[code]]


def sides_without_common_ids(viewer):
    kinds = sql.rows("ingest/warn/kinds_to_compare")
    if not kinds:
        return []
    return sql.rows(
        "ingest/warn/no_ids_in_common",
        kinds=[row.kind for row in kinds],
        with_known=[row.kind for row in kinds if not row.speaks_for_itself],
        viewer=viewer,
    )


def rounded(row, name):
    return (
        f"{name}: {row.rounded:,} of {row.long:,} ids with 16 digits or more end in "
        f"000, such as {row.example}. A spreadsheet seems to have rounded them."
    )


def strangers(row):
    side, smaller = SIDES[row.kind], min(row.polled, row.others)
    return (
        f"Polls and {side} have hardly an id in common: {row.shared:,} of {smaller:,}. "
        f"Polls have ids such as {row.polled_example}, {side} have ids such as "
        f"{row.other_example}."
    )


def letter_case(row):
    return (
        f"Ids that are written in more than one letter case: {row.ids:,}, such as "
        f"{row.one} and {row.other}. Each spelling is a store of its own."
    )


def unsettled(row):
    what = {"hours": "business hours", "timezone": "time zone"}[row.missing]
    return (
        f"Unsettled stores: {row.stores:,}, such as {row.example}. Nobody knows their "
        f"{what}, because the rows were rejected. All of their time is unobserved "
        "until good rows come."
    )


def long_reasons(row):
    return (
        f"Reasons of polls with more than {LONGEST_REASON} characters: {row.polls:,}, "
        f"such as {row.example[:LONGEST_REASON]}… They were cut."
    )
