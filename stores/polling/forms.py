"""The form of a probe, for the page of a store."""

from django import forms
from django.core.exceptions import ValidationError

from stores.models import FEWEST_MINUTES, LONGEST_WANTED, MOST_MINUTES, Probe
from stores.polling.probes import FIELDS, as_json, refuse_probe

LABELS = {
    "url": "Address",
    "status_codes": "Status codes",
    "text": "Text that must be there",
    "not_text": "Text that must not be there",
    "json_path": "Place of a value in JSON",
    "json_value": "This value",
    "interval_minutes": "Interval in minutes",
}


def text_field(name, longest=LONGEST_WANTED, required=False, **attributes):
    return forms.CharField(
        label=LABELS[name],
        required=required,
        show_hidden_initial=True,
        max_length=longest,
        help_text=Probe._meta.get_field(name).help_text,
        widget=forms.TextInput(attrs=attributes),
    )


class ProbeForm(forms.Form):
    """A probe. Each field has what it showed when the page was opened."""

    url = text_field(
        "url", 1000, required=True, inputmode="url", placeholder="https://"
    )
    status_codes = text_field("status_codes", required=True)
    text = text_field("text")
    not_text = text_field("not_text")
    json_path = text_field("json_path")
    json_value = text_field("json_value")
    interval_minutes = forms.IntegerField(
        label=LABELS["interval_minutes"],
        min_value=FEWEST_MINUTES,
        max_value=MOST_MINUTES,
        show_hidden_initial=True,
        help_text=Probe._meta.get_field("interval_minutes").help_text,
    )

    def clean_status_codes(self):
        return self.cleaned_data["status_codes"].replace(" ", "")

    def clean_json_value(self):
        return as_json(self.cleaned_data["json_value"])

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            try:
                refuse_probe({name: cleaned[name] for name in FIELDS})
            except ValidationError as error:
                self.add_error(None, error)
        return cleaned
