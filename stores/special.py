"""A store's special dates as people write them: each with its shifts, as in a week."""

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory

import sql
from stores.week import ShiftsField

MOST_SHOWN = 50


class SpecialShiftsField(ShiftsField):
    """The shifts of a date; “closed” may be written out."""

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
    """Special dates of a store, a row each. The date of one that was there stays."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if index is not None and index < self.initial_form_count():
            form.fields["date"].widget = forms.HiddenInput()

    def clean(self):
        seen = set()
        for form in self.kept_forms():
            day = form.cleaned_data.get("date")
            if day in seen:
                form.add_error("date", "This date is there already.")
            seen |= {day} - {None}

    def kept_forms(self):
        """Those that have something in them, and are not to be removed."""
        rows = [(form, form.cleaned_data) for form in self.forms]
        return [form for form, row in rows if row and not row.get("DELETE")]

    def changes(self):
        """Return shifts by date where somebody touched them; None: the week's again."""
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


def texts(store_id, before=None, most=MOST_SHOWN):
    """Return a store's last special dates before one, as the rows' initial values."""
    rows = sql.rows("store/special_hours", store_id=store_id, before=before, most=most)
    return [{"date": row.date.isoformat(), "shifts": row.shifts} for row in rows]
