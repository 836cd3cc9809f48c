"""The form of a store in the admin: its names, labels, week and special dates."""

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory

from stores import scope
from stores.forms import (
    LabelsForm,
    NameForm,
    SpecialDateForm,
    WeekForm,
    initial_week,
    labels_as_text,
)
from stores.labels import refuse_label
from stores.models import LONGEST_ID, WHITE_SPACE, Store


class SpecialDateRow(SpecialDateForm):
    date = forms.DateField(input_formats=["%Y-%m-%d"], widget=AdminDateWidget)


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
    SpecialDateRow, formset=BaseSpecialDates, extra=1, can_delete=True
)


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


class StoreForm(forms.ModelForm, NameForm, LabelsForm, WeekForm):
    """A store, its labels, week and special dates. Only changed fields are saved.

    `busy` says why an attempt to save them failed, if it did. `user` is who edits.
    """

    busy = None
    user = None
    store_id = StoreIdField()

    class Meta:
        model = Store
        fields = ["store_id", "display_name", "timezone"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name in {"store_id", "display_name", "timezone"} & set(self.fields):
            self.fields[name].widget.attrs["class"] = "vTextField"
        if not self.instance._state.adding:
            self.initial |= initial_week(self.instance.pk)
            self.initial["labels"] = labels_as_text(self.instance.pk)
        data = self.data if self.is_bound else None
        self.special = SpecialDates(data, prefix="special")

    def clean_store_id(self):
        store_id = self.cleaned_data["store_id"]
        Store.refuse_id(store_id)
        if not scope.may_add(self.user, store_id):
            raise ValidationError("This store is not yours.")
        return store_id

    def clean(self):
        if self.busy:
            raise ValidationError(self.busy)
        if not self.special.is_valid():
            self.add_error(None, "Please correct the special hours below.")
        return super().clean() | {"week": self.whole_week()}
