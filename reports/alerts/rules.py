"""Every change of rules and channels, with its entry in the audit log.

No entry has the secret of a channel.
"""

from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import transaction

import sql
from reports.alerts.channels import new_secret, reasons_against
from reports.alerts.models import AlertChannel, AlertRule
from restaurant_monitor.access.audit import record

OF_RULE = [
    *("name", "kind", "store_id", "labels", "label_name", "minutes", "stores"),
    *("percent", "tells_end", "quiet_minutes", "remind_hours", "muted_until"),
]
OF_CHANNEL = ["name", "kind", "address"]


@contextmanager
def changing():
    """Open a transaction in which nobody else changes rules, and none is evaluated."""
    with transaction.atomic():
        lock_evaluations()
        yield


def set_rule(rule, fields):
    """Give a new or known AlertRule some of its fields, and save it. Needs `changing`.

    `channels` is one of them: AlertChannels. Raises ValidationError with the reasons by
    field, as the admin does.
    """
    fields = dict(fields)
    channels = fields.pop("channels", None)
    give(rule, fields, "rule")
    if channels is None:
        channels = [] if rule._state.adding else rule.channels.all()
    save_rule(rule, channels)


def give(row, fields, what):
    """Give a new or known rule or channel some of its fields, and check all."""
    kind = row.kind
    for name, value in fields.items():
        setattr(row, name, value)
    if not row._state.adding and row.kind != kind:
        raise ValidationError({"kind": f"The kind of a {what} does not change."})
    row.full_clean()


@transaction.atomic
def save_rule(rule, channels):
    """Save a new or changed AlertRule with its channels.

    A rule of uptime then looks again at the date that ended last.
    """
    lock_evaluations()
    rule.judged_until = None
    before = None
    if not rule._state.adding:
        before = described_rule(AlertRule.objects.select_for_update().get(pk=rule.pk))
    rule.save()
    rule.channels.set(channels)
    action = "alert_rule.created" if before is None else "alert_rule.changed"
    record(action, rule.pk, before, described_rule(rule))


@transaction.atomic
def mute_rule(rule, until):
    """Let a rule tell nothing until an instant. None ends this."""
    lock_evaluations()
    rule = AlertRule.objects.select_for_update().get(pk=rule.pk)
    before = described_rule(rule)
    rule.muted_until = until
    rule.save(update_fields=["muted_until"])
    record("alert_rule.changed", rule.pk, before, described_rule(rule))


@transaction.atomic
def delete_rule(rule):
    """Delete a rule with its alerts. Messages that are written are still sent."""
    lock_evaluations()
    record("alert_rule.deleted", rule.pk, before=described_rule(rule))
    rule.delete()


def set_channel(channel, fields):
    """Give a new or known AlertChannel some of its fields, and save it.

    A new webhook without a secret gets one; it is returned, to be shown once. Raises
    ValidationError with the reasons by field, as the admin does.
    """
    give(channel, fields, "channel")
    if why := reasons_against(channel.kind, channel.address, channel.secret):
        raise ValidationError(why)
    made = None
    if channel.kind == AlertChannel.Kind.WEBHOOK and not channel.secret:
        made = channel.secret = new_secret()
    save_channel(channel)
    return made


@transaction.atomic
def save_channel(channel):
    """Save a new or changed AlertChannel."""
    if channel._state.adding:
        channel.save()
        record("alert_channel.created", channel.pk, after=described_channel(channel))
        return
    found = AlertChannel.objects.select_for_update().get(pk=channel.pk)
    after = described_channel(channel)
    if channel.secret != found.secret:
        after["secret"] = "another one"
    channel.save()
    record("alert_channel.changed", channel.pk, described_channel(found), after)


@transaction.atomic
def delete_channel(channel):
    """Delete a channel with its messages."""
    lock_evaluations()
    record("alert_channel.deleted", channel.pk, before=described_channel(channel))
    channel.delete()


def lock_evaluations():
    """Wait until no evaluation runs, and let none begin before the commit."""
    sql.lock_table("alert_state", "exclusive")


def described_rule(rule):
    channels = rule.channels.values_list("name", flat=True)
    fields = {name: getattr(rule, name) for name in OF_RULE}
    return fields | {"channels": list(channels)}


def described_channel(channel):
    return {name: getattr(channel, name) for name in OF_CHANNEL}
