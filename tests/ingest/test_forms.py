"""How each form of a field is read, or why its row is rejected.

Every form has its own row and store. One ingest loads all forms of a field.
"""

import json
from collections import namedtuple
from datetime import date, datetime, timedelta

import pytest

from stores.models import BusinessHours, Poll, SpecialHours, Store
from tests.ingest import field_forms as forms
from tests.ingest.rows import FUTURE, GOOD, ingest, read_csv
from tests.support import files

pytestmark = pytest.mark.django_db
Field = namedtuple("Field", ["kind", "place", "read", "rejected", "stored", "parse"])


def instants():
    found = Poll.objects.values_list("store_id", "observed_at")
    return {store_id: at.replace(tzinfo=None).isoformat() for store_id, at in found}


def in_week(column):
    found = BusinessHours.objects.values_list("store_id", column)
    return {store_id: as_text(value) for store_id, value in found}


def in_special(column):
    found = SpecialHours.objects.values_list("store_id", column)
    return {store_id: as_text(times[0]) for store_id, times in found}


def as_text(value):
    """Times as in the tables of forms: with seconds only if there are any."""
    text = value if isinstance(value, int) else value.isoformat()
    return text[:5] if str(text)[5:] == ":00" else text


FIELDS = {
    "status": Field(
        *("status", 1, forms.READ_STATUSES, forms.REJECTED_STATUSES),
        lambda: dict(Poll.objects.values_list("store_id", "is_active")),
        files.parse_status,
    ),
    "timestamp_utc": Field(
        *("status", 2, forms.READ_TIMESTAMPS, forms.REJECTED_TIMESTAMPS),
        instants,
        files.parse_instant,
    ),
    "day": Field(
        *("hours", 1, forms.READ_DAYS, forms.REJECTED_DAYS),
        lambda: in_week("weekday"),
        files.parse_weekday,
    ),
    "start": Field(
        *("hours", 2, forms.READ_STARTS, forms.REJECTED_STARTS),
        lambda: in_week("starts"),
        files.parse_start,
    ),
    "end": Field(
        *("hours", 3, forms.READ_ENDS, forms.REJECTED_ENDS),
        lambda: in_week("ends"),
        files.parse_clock,
    ),
    "zone": Field(
        *("timezones", 1, forms.READ_ZONES, forms.REJECTED_ZONES),
        lambda: dict(Store.objects.values_list("store_id", "timezone")),
        files.parse_zone,
    ),
    "date": Field(
        *("special", 1, forms.READ_DATES, forms.REJECTED_DATES),
        lambda: {
            row.store_id: row.date.isoformat() for row in SpecialHours.objects.all()
        },
        files.parse_date,
    ),
    "special start": Field(
        *("special", 2, forms.READ_STARTS, forms.REJECTED_STARTS),
        lambda: in_special("starts"),
        files.parse_start,
    ),
    "special end": Field(
        *("special", 3, forms.READ_ENDS, forms.REJECTED_ENDS),
        lambda: in_special("ends"),
        files.parse_clock,
    ),
}
FIELDS |= {
    f"id in {kind}": Field(
        *(kind, 0, forms.READ_IDS, forms.REJECTED_IDS),
        lambda: {pk: pk for pk in Store.objects.values_list("pk", flat=True)},
        files.parse_id,
    )
    for kind in GOOD
}


def rows_of(field, texts):
    """One row for each text, with its own store."""
    rows = []
    for number, text in enumerate(texts):
        row = [f"S{number}", *GOOD[field.kind]]
        row[field.place] = text
        rows.append(row)
    return rows


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS.keys())
def test_every_form_is_read_or_rejected_with_its_reason(write, tmp_path, field):
    reasons = {
        text: reason for reason, texts in field.rejected.items() for text in texts
    }
    rows = rows_of(field, [*field.read, *reasons])
    path, rejects = write(field.kind, *rows), tmp_path / "rejects.csv"
    ingest(f"--{field.kind}", path, "--rejects", rejects, "--max-rejects", "100%")
    is_id = field.place == 0
    assert field.stored() == {
        value if is_id else row[0]: value
        for row, value in zip(rows, field.read.values(), strict=False)
    }
    assert {
        (json.loads(row["row"])[field.place] or "", row["reason"])
        for row in read_csv(rejects)
    } == set(reasons.items())


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS.keys())
def test_the_reference_reads_and_refuses_the_same_forms(field):
    for text, value in field.read.items():
        found = field.parse(text.strip(files.WHITE_SPACE))
        assert as_in_table(field, found) == value, text
    for reason, texts in field.rejected.items():
        for text in texts:
            if reason != FUTURE:  # the reference has no clock
                with pytest.raises(ValueError):  # noqa: PT011
                    field.parse(text.strip(files.WHITE_SPACE))


def as_in_table(field, value):
    if field.parse in (files.parse_start, files.parse_clock):
        return as_text((datetime.min + timedelta(microseconds=value)).time())
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()
    return value.isoformat() if isinstance(value, date) else value
