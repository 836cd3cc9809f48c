"""The form of a store in the admin: its names, labels, week and special dates."""

from argparse import ArgumentTypeError

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory

from stores import editing, scope
from stores.hours.clock import read_shifts
from stores.hours.week import DAYS, week_as_text
from stores.labels import labels_of, read_label, refuse_label
from stores.models import (
    DEFAULT_ZONE,
    LONGEST_ID,
    LONGEST_NAME,
    MOST_LABELS,
    WHITE_SPACE,
    Store,
    Unsettled,
)

WEEK_FIELDS = ["always_open", *DAYS]
BOTH = "There are hours below: untick this box, or empty them."
NEITHER = "There are no hours below: enter some, or tick this box."


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


class SpecialShiftsField(ShiftsField):
    """The shifts of a date. The word “closed” is accepted too."""

    def clean(self, value):
        return super().clean("" if value.strip().lower() == "closed" else value)


class SpecialDateForm(forms.Form):
    date = forms.DateField(input_formats=["%Y-%m-%d"], widget=AdminDateWidget)
    shifts = SpecialShiftsField(label="Hours")

    def clean_date(self):
        if not 1970 <= self.cleaned_data["date"].year <= 2100:
            raise ValidationError("The year must be from 1970 to 2100.")
        return self.cleaned_data["date"]


class BaseSpecialDates(BaseFormSet):
    """Special dates of a store, one row each. An existing row keeps its date."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if index is not None and index < self.initial_form_count():
            form.fields["date"].widget = forms.HiddenInput()

    def clean(self):
        seen = set()
        for form in self.kept_forms():
            day = form.cleaned_data.get("date")
            if day in seen:
                form.add_error("date", "This date is already in the list.")
            seen |= {day} - {None}

    def kept_forms(self):
        """Return the forms that are filled in and not marked for removal."""
        rows = [(form, form.cleaned_data) for form in self.forms]
        return [form for form, row in rows if row and not row.get("DELETE")]

    def changes(self):
        """Return the changed shifts by date. None removes the special hours."""
        rows = [form.cleaned_data for form in self.initial_forms]
        removed = {row["date"]: None for row in rows if row.get("DELETE")}
        touched = [
            form.cleaned_data
            for form in self.kept_forms()
            if form in self.extra_forms or "shifts" in form.changed_data
        ]
        return removed | {row["date"]: row["shifts"] for row in touched}


SpecialDates = formset_factory(
    SpecialDateForm, formset=BaseSpecialDates, extra=1, can_delete=True
)


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


def read_line(line):
    try:
        name, _, value = read_label(line).partition(":")
    except ArgumentTypeError as error:
        raise ValidationError(str(error)) from error
    refuse_label(name, value)
    return name, value


def labels_as_text(store_id):
    """Return the labels of a store as LabelsField shows them."""
    return "\n".join(f"{n}: {value}" for n, value in labels_of(store_id).items())


class LabelForm(forms.Form):
    """One label for many stores. An empty value removes it."""

    name = forms.CharField(help_text="Such as region.")
    value = forms.CharField(required=False, help_text="Such as west.")

    def clean_name(self):
        return self.cleaned_data["name"].lower()

    def clean(self):
        name, value = self.cleaned_data.get("name"), self.cleaned_data.get("value")
        if name:
            refuse_label(name, value or "none")
        return self.cleaned_data


class StoreIdField(forms.CharField):
    """The id of a new store. As in a file, white space around it is not part of it."""

    def __init__(self):
        super().__init__(label="Store id", max_length=LONGEST_ID, strip=False)

    def to_python(self, value):
        return super().to_python(value).strip(WHITE_SPACE)


class StoreForm(forms.ModelForm, WeekForm):
    """A store, its week and its special dates. Only changed fields are saved.

    `busy` says why an attempt to save them failed, if it did. `user` is who edits.
    """

    busy = None
    user = None
    store_id = StoreIdField()
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
        help_text=f"A name of the tz database. Empty means {DEFAULT_ZONE}.",
    )
    labels = LabelsField(
        label="Labels",
        show_hidden_initial=True,
        help_text="One a line, such as region: west. They choose stores in lists and "
        "reports.",
    )

    class Meta:
        model = Store
        fields = ["store_id", "display_name", "timezone"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name in {"store_id", "display_name", "timezone"} & set(self.fields):
            self.fields[name].widget.attrs["class"] = "vTextField"
        if "timezone" in self.fields:
            self.fields["timezone"].widget.attrs["list"] = "zones"
        if not self.instance._state.adding:
            texts = week_as_text(self.instance.pk)
            # If nobody knows the hours, "always open" must be ticked to say so.
            unsettled = Unsettled.objects.filter(store=self.instance, missing="hours")
            is_always_open = not texts and not unsettled.exists()
            self.initial |= texts | {"always_open": is_always_open}
            self.initial["labels"] = labels_as_text(self.instance.pk)
        data = self.data if self.is_bound else None
        self.special = SpecialDates(data, prefix="special")

    def clean_store_id(self):
        store_id = self.cleaned_data["store_id"]
        Store.refuse_id(store_id)
        if not scope.may_add(self.user, store_id):
            raise ValidationError("This store is not yours.")
        return store_id

    def clean_timezone(self):
        zone = self.cleaned_data["timezone"]
        if zone and "timezone" in self.changed_data and zone not in editing.zones():
            raise ValidationError(
                f"“{zone}” is not a time zone; upper and lower case matter."
            )
        return zone

    def clean(self):
        if self.busy:
            raise ValidationError(self.busy)
        if not self.special.is_valid():
            self.add_error(None, "Please correct the special hours below.")
        return super().clean() | {"week": self.whole_week()}
