"""What `manage.py doctor` checks of alerts, and their figures for /metrics."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Count

from reports.alerts.models import Alert, AlertChannel, AlertMessage, AlertRule
from stores.health.checks import Unhealthy

QUEUED, DEAD = AlertMessage.State.QUEUED, AlertMessage.State.DEAD
MOST_NAMED = 3
# A message is tried four times in the first seven minutes.
LONGEST_WAIT = timedelta(minutes=15)


# --- For the doctor


def alerts():
    """Each rule has a channel."""
    silent = AlertRule.objects.filter(channels=None)
    if count := silent.count():
        raise Unhealthy(
            f"{count:,} rules, such as {named(silent)}, have no channel, so nobody is "
            "told. Give them one in the admin, or with manage.py set_rule."
        )
    rules, is_open = AlertRule.objects.count(), Alert.objects.filter(closed_at=None)
    return f"{rules:,} rules, and {is_open.count():,} open alerts"


def channels():
    """The variables that the channels need are set."""
    found = AlertChannel.objects.all()
    mail = found.filter(kind=AlertChannel.Kind.MAIL)
    if mail and not settings.EMAIL_HOST:
        raise Unhealthy(
            f"channels of mail, such as {named(mail)}, send nothing without a server. "
            "Set EMAIL_HOST, for the web server and the worker."
        )
    if found and not settings.SITE_URL:
        raise Unhealthy(
            "messages have no links. Set SITE_URL to the address of the pages, for the "
            "worker."
        )
    return f"{len(found):,} channels, whose variables are set"


def messages():
    """No message is dead, and none waits for long."""
    if dead := AlertMessage.objects.filter(state=DEAD).count():
        raise Unhealthy(
            f"{dead:,} messages could not be sent. Alert messages in the admin has the "
            "reasons, and sends them again."
        )
    waiting = AlertMessage.objects.filter(state=QUEUED)
    if not (oldest := waiting.order_by("created_at").first()):
        return "no message is waiting"
    length = timedelta(seconds=round(age_of(oldest)))
    text = f"the oldest waiting message has waited for {length}"
    if length > LONGEST_WAIT:
        reason = f": {oldest.error}" if oldest.error else ""
        raise Unhealthy(f"{text}{reason}. It goes over {oldest.channel}.")
    return text


def named(found):
    return ", ".join(one.name for one in found[:MOST_NAMED])


def age_of(message):
    """Return for how many seconds a message has waited."""
    return max((datetime.now(UTC) - message.created_at).total_seconds(), 0)


CHECKS = {"alerts": alerts, "channels": channels, "messages": messages}


# --- For the metrics


def figures():
    """Yield the metrics of alerts and messages."""
    from stores.health.metrics import gauge, gauges  # most processes need none

    found = Alert.objects.filter(closed_at=None).order_by().values_list("rule__kind")
    by_kind = dict.fromkeys(AlertRule.Kind.values, 0) | dict(
        found.annotate(Count("pk"))
    )
    yield gauges("alerts", "Open alerts, by the kind of their rule.", "kind", by_kind)
    by_state = {
        state.value: AlertMessage.objects.filter(state=state).count()
        for state in (QUEUED, DEAD)
    }
    text = "Messages of alerts and reports that wait, or that could not be sent."
    yield gauges("messages", text, "state", by_state)
    oldest = AlertMessage.objects.filter(state=QUEUED).order_by("created_at").first()
    text = "How long the oldest queued message has waited; 0 if none waits."
    yield gauge(
        "oldest_waiting_message_age_seconds", text, age_of(oldest) if oldest else 0
    )
