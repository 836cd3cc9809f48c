"""The texts of messages. They are read on a phone: the subject says what happened."""

from collections import defaultdict
from itertools import groupby

from django.conf import settings
from django.urls import reverse

from reports.alerts.models import AlertMessage, AlertRule
from stores.templatetags.figures import lasting, minute, utc

# If a rule tells of more alerts at once, they share one message, which names the first.
MOST_SINGLY = 10
MOST_NAMED = 20

BEGINS = {
    "opened": "Down: {name} since {since} ({city})",
    "reminder": "Still down: {name} since {since} ({city})",
    "up": "Back up: {name} at {until} ({city})",
    "unobserved": "Not seen any more: {name} since {until} ({city})",
    "corrected": "Not down after all: {name}",
}
STATES = {
    "opened": "It is down.",
    "reminder": "It is still down, and nobody has acknowledged it.",
    "up": "It is up again.",
    "unobserved": "It was down, and no poll has told since whether it is up.",
    "corrected": "Newer polls or hours say that it was not down.",
}
OF_MANY = {
    "opened": "Down: {total:,} stores",
    "reminder": "Still down: {total:,} stores",
    "ended": "No longer down: {total:,} stores",
}


def written(rows, now):
    """Return the AlertMessages of the rows of alerts/describe_tellings.

    Each channel of the rule gets its own. They are not saved.
    """
    channels = channels_of({row.rule_id for row in rows})
    found = []
    for (rule_id, event), group in groupby(rows, lambda row: (row.rule_id, row.event)):
        texts = texts_of(event, list(group))
        for channel_id in channels[rule_id]:
            found.extend(
                AlertMessage(
                    channel_id=channel_id,
                    event=event,
                    created_at=now,
                    next_at=now,
                    **text,
                )
                for text in texts
            )
    return found


def channels_of(rule_ids):
    """Return the ids of the channels of rules, by the id of the rule."""
    found = defaultdict(list)
    pairs = AlertRule.channels.through.objects.filter(alertrule__in=rule_ids)
    for rule_id, channel_id in pairs.values_list("alertrule_id", "alertchannel_id"):
        found[rule_id].append(channel_id)
    return found


def texts_of(event, rows):
    """Return the subject, body and data of each message about these alerts."""
    if rows[0].total > MOST_SINGLY:
        return [of_many(event, rows)]
    return [of_one(event, row) for row in rows]


def of_one(event, row):
    state = row.ended_as if event == "ended" else event
    subject = one_line(BEGINS[state].format(**words_of(row)))
    lines = [
        named(row),
        STATES[state],
        "",
        f"Down since: {moment(row.starts_local, row.zone, row.starts_at)}",
    ]
    if row.ended_at:
        lines.append(f"Until: {moment(row.ended_local, row.zone, row.ended_at)}")
    lines.append(f"Business time lost: {lasting(row.down_seconds)}")
    if row.labels:
        lines.append(f"Labels: {', '.join(row.labels)}")
    lines.append(f"Rule: {row.rule}")
    if address := store_address(row.store_id):
        lines += ["", address]
    return message(subject, lines, [row], state)


def of_many(event, rows):
    """One message for many alerts of a rule. It names the first of them."""
    first = rows[0]
    subject = one_line(OF_MANY[event].format(total=first.total))
    lines = [f"Rule: {first.rule}", "", *(listed(row) for row in rows)]
    if left := first.total - len(rows):
        lines.append(f"and {left:,} more")
    if settings.SITE_URL:
        lines += ["", settings.SITE_URL]
    return message(f"{subject} ({first.rule})", lines, rows, event)


def message(subject, lines, rows, state):
    body = "\n".join(lines)
    return {
        "subject": one_line(subject),
        "body": body,
        "data": {
            "state": state,
            "rule": rows[0].rule,
            "total": rows[0].total,
            "text": body,
            "alerts": [as_data(row) for row in rows],
        },
    }


def as_data(row):
    return {
        "alert_id": str(row.alert_id),
        "store_id": row.store_id,
        "store_name": row.store_name,
        "labels": row.labels,
        "starts_at": row.starts_at.isoformat(),
        "ended_at": row.ended_at and row.ended_at.isoformat(),
        "down_seconds": row.down_seconds,
    }


# --- In words


def words_of(row):
    return {
        "name": row.store_name,
        "since": clock(row.starts_local, row.local_now),
        "until": row.ended_local and clock(row.ended_local, row.local_now),
        "city": row.zone.rpartition("/")[2].replace("_", " "),
    }


def clock(local, local_now):
    """Return a local time: 12:05, or Mon 2026-11-30 12:05 on another date."""
    return f"{local:%H:%M}" if local.date() == local_now.date() else minute(local)


def moment(local, zone, instant):
    return f"{minute(local)} ({zone}), {utc(instant)}"


def named(row):
    if row.store_name == row.store_id:
        return row.store_id
    return f"{row.store_name} ({row.store_id})"


def listed(row):
    return f"- {named(row)}, since {minute(row.starts_local)} ({row.zone})"


def store_address(store_id):
    """Return the address of a store's page, or None if the site's is not known."""
    if settings.SITE_URL:
        return settings.SITE_URL + reverse("store_page", args=[store_id])
    return None


def one_line(text):
    return " ".join(text.split())
