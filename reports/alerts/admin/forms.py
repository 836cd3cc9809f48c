"""The forms of rules and channels in the admin."""

from urllib.parse import urlsplit

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from reports.alerts.channels import (
    SECRET_MARK,
    NotSent,
    addresses_of,
    is_secret,
    service_of,
)
from reports.alerts.models import AlertChannel, AlertRule
from stores.forms import WantedLabelsField
from stores.models import LONGEST_ID, LONGEST_NAME

Kind = AlertChannel.Kind


def line(**options):
    """A field of one line. White space around the text is not part of it."""
    return forms.CharField(widget=AdminTextInputWidget, **options)


class ChannelForm(forms.ModelForm):
    name = line(max_length=LONGEST_NAME)
    address = line(
        required=False,
        max_length=2000,
        help_text="Mail: the addresses, separated by commas. Webhook: its URL. Chat or "
        "push service: empty.",
    )
    new_secret = forms.CharField(
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Of a webhook: whsec_ and 24 to 64 bytes in base64. Empty: a new "
        "webhook gets one, which is shown once. Of a chat or push service: its URL as "
        "apprise has it, such as ntfys://host/topic. Once saved, empty keeps it.",
    )

    class Meta:
        model = AlertChannel
        fields = ["name", "kind", "address", "new_secret"]

    def clean(self):
        cleaned = super().clean()
        kind = cleaned.get("kind") or self.instance.kind
        if kind == Kind.MAIL:
            self.refuse("address", refuse_addresses, cleaned.get("address", ""))
        if kind == Kind.WEBHOOK:
            self.refuse("address", refuse_url, cleaned.get("address", ""))
            self.refuse("new_secret", refuse_secret, cleaned.get("new_secret", ""))
        if kind == Kind.APPRISE:
            cleaned["address"] = ""
            url = cleaned.get("new_secret") or self.instance.secret
            self.refuse("new_secret", refuse_unknown_service, url)
        return cleaned

    def refuse(self, name, check, value):
        try:
            check(value)
        except ValidationError as error:
            self.add_error(name, error)


def refuse_addresses(text):
    found = addresses_of(AlertChannel(address=text))
    if not found:
        raise ValidationError("Give at least one address.")
    for address in found:
        validate_email(address)


def refuse_url(text):
    try:
        parts = urlsplit(text)
        is_valid = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValidationError("This is no URL that begins with http:// or https://.")


def refuse_secret(text):
    if text and not is_secret(text):
        raise ValidationError(
            f"A secret is {SECRET_MARK} and then 24 to 64 bytes in base64."
        )


def refuse_unknown_service(url):
    try:
        service_of(url)
    except NotSent as error:
        raise ValidationError(f"{error}.") from error


class RuleForm(forms.ModelForm):
    name = line(max_length=LONGEST_NAME)
    store_id = line(
        label="Store",
        required=False,
        empty_value=None,
        max_length=LONGEST_ID,
        help_text="The id of the only store. Empty: all, or those with the labels.",
    )
    labels = WantedLabelsField(
        required=False,
        help_text="One in each line, such as region:west. A store needs one of the "
        "values of each name.",
    )

    label_name = line(
        label="Together by",
        required=False,
        max_length=32,
        help_text="Of several stores that are down, or of the uptime of a date: the "
        "name of their label, such as region. The stores of each of its values count "
        "together.",
    )

    class Meta:
        model = AlertRule
        fields = [
            *("name", "kind", "store_id", "labels", "minutes", "label_name", "stores"),
            "percent",
            *("channels", "tells_end", "remind_hours", "quiet_minutes", "muted_until"),
        ]
        widgets = {"channels": forms.CheckboxSelectMultiple}
