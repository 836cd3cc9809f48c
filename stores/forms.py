"""The forms of what people edit of a store, for its page and for the admin.

Each field also sends what it showed when the page was opened, as a hidden field. So
`changed_data` has only what the user changed.
"""

from argparse import ArgumentTypeError

from django import forms
from django.core.exceptions import ValidationError

from stores import editing
from stores.hours.clock import read_shifts
from stores.hours.week import DAYS, week_as_text
from stores.labels import labels_of, read_label, refuse_label
from stores.models import DEFAULT_ZONE, LONGEST_NAME, MOST_LABELS, Unsettled

WEEK_FIELDS = ["always_open", *DAYS]
BOTH = "There are hours below: untick this box, or empty them."
NEITHER = "There are no hours below: enter some, or tick this box."
HOURS_HELP = (
    "In local time, such as 09:00-12:00, 13:00-17:30. Empty means closed. An end at or "
    "before the start is on the next date, as in 18:00-02:00. An end at 23:59 or later "
    "means midnight. All figures, also those of the past, use the hours saved here."
)


# --- Name and time zone


class NameForm(forms.Form):
    """The name of a store, and its time zone; None is the default."""

    display_name = forms.CharField(
        label="Display name",
        required=False,
        show_hidden_initial=True,
        max_length=LONGEST_NAME,
        help_text="What people call it.",
    )
    timezone = forms.CharField(
        label="Time zone",
        required=False,
        empty_value=None,
        show_hidden_initial=True,
        widget=forms.TextInput(attrs={"list": "zones"}),
        help_text=f"A name of the tz database. Empty means {DEFAULT_ZONE}.",
    )

    def clean_timezone(self):
        zone = self.cleaned_data["timezone"]
        if zone and "timezone" in self.changed_data and zone not in editing.zones():
            raise ValidationError(
                f"“{zone}” is not a time zone; upper and lower case matter."
            )
        return zone


# --- Hours


class ShiftsField(forms.CharField):
    """The shifts of a weekday, such as `09:00-12:00, 13:00-17:30`. Empty means closed.

    The cleaned value is a list of (start, end) times. An end at 24:00 becomes 00:00. An
    end at or before the start is on the next date.
    """

    def __init__(self, **options):
        super().__init__(required=False, show_hidden_initial=True, **options)
        self.widget.attrs |= {"class": "vTextField", "placeholder": "closed"}

    def clean(self, value):
        return read_shifts(super().clean(value))


class WeekForm(forms.Form):
    """A week, edited as a whole.

    `whole_week` returns (weekday, start, end) rows; 0 is Monday. An empty list means
    always open. It returns None if the user did not change the week: a page that was
    opened long ago must not undo other edits.
    """

    always_open = forms.BooleanField(
        label="Always open",
        required=False,
        initial=True,
        show_hidden_initial=True,
        help_text="Every day from 00:00 to 24:00.",
    )
    monday = ShiftsField(label="Monday")
    tuesday = ShiftsField(label="Tuesday")
    wednesday = ShiftsField(label="Wednesday")
    thursday = ShiftsField(label="Thursday")
    friday = ShiftsField(label="Friday")
    saturday = ShiftsField(label="Saturday")
    sunday = ShiftsField(label="Sunday")

    def whole_week(self):
        """Return the week; add an error if the box and the hours contradict."""
        if not set(WEEK_FIELDS) & set(self.changed_data):
            return None
        if set(WEEK_FIELDS) & set(self.errors):
            return None
        days = [self.cleaned_data[day] for day in DAYS]
        if any(days) == self.cleaned_data["always_open"]:
            self.add_error("always_open", BOTH if any(days) else NEITHER)
        return [(n, *shift) for n, shifts in enumerate(days) for shift in shifts]


def initial_week(store_id):
    """Return the week of a store as WeekForm shows it."""
    texts = week_as_text(store_id)
    # If nobody knows the hours, "always open" must be ticked to say so.
    unsettled = Unsettled.objects.filter(store=store_id, missing="hours")
    return texts | {"always_open": not texts and not unsettled.exists()}


class SpecialShiftsField(ShiftsField):
    """The shifts of a date. The word “closed” is accepted too."""

    def clean(self, value):
        return super().clean("" if value.strip().lower() == "closed" else value)


class SpecialDateForm(forms.Form):
    date = forms.DateField(
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    shifts = SpecialShiftsField(label="Hours")

    def clean_date(self):
        if not 1970 <= self.cleaned_data["date"].year <= 2100:
            raise ValidationError("The year must be from 1970 to 2100.")
        return self.cleaned_data["date"]


# --- Labels


class LabelsField(forms.CharField):
    """Labels, one a line, such as `region: west`. The cleaned value is a dict."""

    def __init__(self, **options):
        super().__init__(required=False, widget=forms.Textarea, **options)
        self.widget.attrs |= {"rows": 5, "placeholder": "region: west"}

    def to_python(self, value):
        # A browser ends lines in its own way, which is no change.
        return "\n".join(super().to_python(value).split("\r\n"))

    def clean(self, value):
        lines = [line for line in super().clean(value).splitlines() if line.strip()]
        labels = dict(read_line(line) for line in lines)
        if len(labels) < len(lines):
            raise ValidationError("A name is in two lines.")
        if len(labels) > MOST_LABELS:
            raise ValidationError(f"A store has at most {MOST_LABELS} labels.")
        return labels


class LabelsForm(forms.Form):
    """The labels of a store, as a dict of values by name."""

    labels = LabelsField(
        label="Labels",
        show_hidden_initial=True,
        help_text="One a line, such as region: west. They choose stores in lists and "
        "reports.",
    )


def read_line(line):
    name, _, value = label_of(line).partition(":")
    refuse_label(name, value)
    return name, value


def label_of(text):
    """Return a label as `name:value`; raise ValidationError."""
    try:
        return read_label(text)
    except ArgumentTypeError as error:
        raise ValidationError(str(error)) from error


class WantedLabelsField(forms.CharField):
    """Labels that choose stores, one in each line, as a list of `name:value`."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value):
        lines = super().clean(value).splitlines()
        found = [label_of(line) for line in lines if line.strip()]
        return list(dict.fromkeys(found))


def labels_as_text(store_id):
    """Return the labels of a store as LabelsField shows them."""
    return "\n".join(f"{n}: {value}" for n, value in labels_of(store_id).items())
