"""The hand-computed cases in tests/cases, and the form of their figures."""

import csv
import re
from datetime import timedelta
from pathlib import Path

from tests.support import reference
from tests.support.reference import HOUR, MINUTE

CASES = sorted(
    path.parent for path in Path(__file__).parent.parent.glob("cases/*/about.md")
)
OUTAGE_CASES = [case for case in CASES if (case / "expected_outages.csv").exists()]


def as_of_of(case):
    text = (case / "about.md").read_text(encoding="utf-8")
    found = re.search(r"^as_of: (\S+)$", text, re.MULTILINE)
    return reference.parse_instant(found[1]) if found else None


def expected(case, name):
    with (case / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def printed_row(store_id, windows):
    row = {"store_id": store_id}
    for window, total in windows.items():
        unit = MINUTE if window == "hour" else HOUR
        for kind in ("up", "down", "unobserved"):
            row[f"{kind}_{window}"] = reference.printed(getattr(total, kind), unit)
    return row


def outage_row(store_id, outage):
    def text(instant):
        return instant.replace(tzinfo=None).isoformat() + "Z"

    return {
        "store_id": store_id,
        "starts_at": text(outage.starts_at),
        "ends_at": text(outage.ends_at),
        "down_seconds": f"{outage.down / timedelta(seconds=1):.15g}",
        "is_ongoing": str(outage.is_ongoing).lower(),
    }
