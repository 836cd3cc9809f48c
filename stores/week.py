"""A store's week as people write it: the shifts of each weekday, in one form."""

import re
from datetime import time

from django import forms
from django.core.exceptions import ValidationError

import sql

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
FIELDS = ["always_open", *DAYS]
TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)
MIDNIGHT_AS_END = re.compile(r"24:00(:00(\.0{1,6})?)?")
DASH = re.compile(r"\s*[-\u2013]\s*")


class ShiftsField(forms.CharField):
    """The shifts of a weekday, as `09:00-12:00, 13:00-17:30`; empty means closed.

    Cleans to (start, end) pairs of times. An end at 24:00 becomes 00:00, as the ingest
    keeps it; an end at or before the start is on the next date.
    """

    def __init__(self, **options):
        super().__init__(required=False, show_hidden_initial=True, **options)
        self.widget.attrs |= {"class": "vTextField", "placeholder": "closed"}

    def clean(self, value):
        parts = [part.strip() for part in super().clean(value).split(",")]
        return [read_shift(part) for part in parts if part]


def read_shift(text):
    times = DASH.split(text)
    if len(times) != 2:
        raise ValidationError(f"“{text}” is not of the form 09:00-17:30.")
    return read_time(times[0]), read_end(times[1])


def read_end(text):
    return time(0) if MIDNIGHT_AS_END.fullmatch(text) else read_time(text)


def read_time(text):
    if not TIME.fullmatch(text):
        raise ValidationError(f"“{text}” is not a time like 09:00 or 17:30:15.")
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValidationError(f"“{text}” is no time of a day.") from None


class WeekForm(forms.Form):
    """A week, edited as a whole; `cleaned_data["week"]` is the new one.

    As (weekday, start, end), Monday being 0, and empty where the store is always open;
    None where nobody touched it, so that a page opened long ago undoes nothing.
    """

    always_open = forms.BooleanField(
        label="Always open",
        required=False,
        initial=True,
        show_hidden_initial=True,
        help_text="Every day from 00:00 to 24:00: what a store without any hours is.",
    )
    monday = ShiftsField(label="Monday")
    tuesday = ShiftsField(label="Tuesday")
    wednesday = ShiftsField(label="Wednesday")
    thursday = ShiftsField(label="Thursday")
    friday = ShiftsField(label="Friday")
    saturday = ShiftsField(label="Saturday")
    sunday = ShiftsField(label="Sunday")

    def whole_week(self):
        """Put the week together; say why where it makes no sense as a whole."""
        if not set(FIELDS) & set(self.changed_data):
            return None
        if set(FIELDS) & set(self.errors):
            return None
        days = [self.cleaned_data[day] for day in DAYS]
        if any(days) == self.cleaned_data["always_open"]:
            self.add_error("always_open", BOTH if any(days) else NEITHER)
        return [(n, *shift) for n, shifts in enumerate(days) for shift in shifts]


BOTH = "There are hours below: untick this, or empty them."
NEITHER = "There are no hours below: give some, or tick this."


def texts(store_id):
    """Return a store's week as the form's initial values."""
    rows = sql.rows("store/week", store_id=store_id)
    return {"always_open": not rows} | {DAYS[row.weekday]: row.shifts for row in rows}
