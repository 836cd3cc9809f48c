"""The forms of rules and channels in the admin."""

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget

from reports.alerts.channels import reasons_against
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
        if kind == Kind.APPRISE:
            cleaned["address"] = ""
        secret = cleaned.get("new_secret") or self.instance.secret
        refused = reasons_against(kind, cleaned.get("address", ""), secret)
        for name, reason in refused.items():
            self.add_error("new_secret" if name == "secret" else name, reason)
        return cleaned


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
