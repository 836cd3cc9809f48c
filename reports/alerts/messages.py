"""The texts of messages. They are read on a phone: the subject says what happened."""

from collections import defaultdict
from itertools import groupby

from django.conf import settings
from django.urls import reverse

from reports.alerts.models import AlertMessage, AlertRule
from stores.templatetags.figures import lasting, minute, percent, utc

# If a rule tells of more alerts at once, they share one message, which names the first.
MOST_SINGLY = 10
MOST_NAMED = 20

# By the kind of the rule, and what happened: the subject, and what it means.
TEXTS = {
    "down": {
        "opened": ("Down: {name} since {since} ({city})", "It is down."),
        "reminder": (
            "Still down: {name} since {since} ({city})",
            "It is still down, and nobody has acknowledged it.",
        ),
        "up": ("Back up: {name} at {until} ({city})", "It is up again."),
        "unobserved": (
            "Not seen any more: {name} since {until} ({city})",
            "It was down, and no poll has told since whether it is up.",
        ),
        "corrected": (
            "Not down after all: {name}",
            "Newer polls or hours say that it was not down.",
        ),
    },
    "together": {
        "opened": (
            "Down together: {stores:,} stores of {value}",
            "At least {fewest} of its stores are down at once.",
        ),
        "reminder": (
            "Still down together: {stores:,} stores of {value}",
            "At least {fewest} of its stores are still down, and nobody has "
            "acknowledged it.",
        ),
        "fewer": (
            "No longer down together: stores of {value}",
            "Fewer than {fewest} of its stores are down.",
        ),
    },
    "silent": {
        "opened": (
            "Not polled: {name} since {since} ({city})",
            "No poll of it has come, though it is open.",
        ),
        "reminder": (
            "Still not polled: {name} since {since} ({city})",
            "Still no poll of it has come, and nobody has acknowledged it.",
        ),
        "polled": (
            "Polled again: {name} at {until} ({city})",
            "Polls of it come again.",
        ),
    },
    "all_silent": {
        "opened": ("No polls since {since} (UTC)", "No poll of any store has come."),
        "reminder": (
            "Still no polls since {since} (UTC)",
            "Still no poll of any store has come, and nobody has acknowledged it.",
        ),
        "polled": ("Polls again since {until} (UTC)", "Polls come again."),
    },
    "uptime": {
        "opened": (
            "Below {target}: {group}, {uptime} uptime on {date}",
            "Its uptime on {date} was {uptime}. The rule wants {target}.",
        ),
        "reminder": (
            "Still not acknowledged: {group}, {uptime} uptime on {date}",
            "Its uptime on {date} was {uptime}. The rule wants {target}, and nobody "
            "has acknowledged it.",
        ),
    },
}
OF_MANY = {
    "down": {
        "opened": "Down: {total:,} stores",
        "reminder": "Still down: {total:,} stores",
        "ended": "No longer down: {total:,} stores",
    },
    "together": {
        "opened": "Down together: stores of {total:,} values",
        "reminder": "Still down together: stores of {total:,} values",
        "ended": "No longer down together: stores of {total:,} values",
    },
    "silent": {
        "opened": "Not polled: {total:,} stores",
        "reminder": "Still not polled: {total:,} stores",
        "ended": "Polled again: {total:,} stores",
    },
    "uptime": {
        "opened": "Below {target}: the uptime of {total:,} values",
        "reminder": "Still not acknowledged: the uptime of {total:,} values",
    },
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
    subject, meaning = (text.format(**words_of(row)) for text in TEXTS[row.kind][state])
    lines = [named(row), meaning, "", *times_of(row)]
    if row.kind in ("down", "uptime"):
        lines.append(f"Business time lost: {lasting(row.down_seconds)}")
    if row.labels:
        lines.append(f"Labels: {', '.join(row.labels)}")
    lines += [f"Rule: {row.rule}", *stores_of(row)]
    if address := address_of(row):
        lines += ["", address]
    return message(subject, lines, [row], state)


def times_of(row):
    """Return the lines of a beginning and end. The message of a date has named it."""
    if row.day:
        return []
    lines = [f"Since: {moment(row.starts_local, row.zone, row.starts_at)}"]
    if row.ended_at:
        lines.append(f"Until: {moment(row.ended_local, row.zone, row.ended_at)}")
    return lines


def stores_of(row):
    """Return the lines that name the first stores that are down together."""
    if not row.stores:
        return []
    title = "Stores that were:" if row.ended_at else "Stores that are down:"
    if row.day:
        title = f"Stores that were down, the longest first ({row.stores:,}):"
    lines = ["", title, *(f"- {name}" for name in row.store_names)]
    if left := row.stores - len(row.store_names):
        lines.append(f"and {left:,} more")
    return lines


def of_many(event, rows):
    """One message for many alerts of a rule. It names the first of them."""
    first = rows[0]
    subject = OF_MANY[first.kind][event].format(total=first.total, target=wanted(first))
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
        "store_id": row.store_id or None,
        "store_name": row.store_name or None,
        "labels": row.labels,
        "together": together_of(row),
        "uptime": uptime_of(row),
        "starts_at": row.starts_at.isoformat(),
        "ended_at": row.ended_at and row.ended_at.isoformat(),
        "down_seconds": row.down_seconds if row.kind in ("down", "uptime") else None,
    }


def together_of(row):
    if row.kind != "together":
        return None
    return {"label": row.value, "stores": row.stores}


def uptime_of(row):
    if row.kind != "uptime":
        return None
    return {
        "label": row.value or None,
        "date": row.day.isoformat(),
        "percent": float(row.uptime_percent),
        "target_percent": float(row.target_percent),
        "stores": row.stores,
    }


# --- In words


def words_of(row):
    return {
        "name": row.store_name,
        "since": clock(row.starts_local, row.local_now),
        "until": row.ended_local and clock(row.ended_local, row.local_now),
        "city": row.zone.rpartition("/")[2].replace("_", " "),
        "value": row.value,
        "stores": row.stores,
        "fewest": row.fewest,
        "group": row.store_name or row.value or "all stores",
        "date": row.day and f"{row.day:%a %Y-%m-%d}",
        "uptime": percent(row.uptime_percent),
        "target": wanted(row),
    }


def wanted(row):
    """Return the percentage that a rule wants, such as `99 %` or `99.5 %`."""
    return row.target_percent and f"{row.target_percent.normalize():f} %"


def clock(local, local_now):
    """Return a local time: 12:05, or Mon 2026-11-30 12:05 on another date."""
    return f"{local:%H:%M}" if local.date() == local_now.date() else minute(local)


def moment(local, zone, instant):
    return f"{minute(local)} ({zone}), {utc(instant)}"


def named(row):
    if not row.store_id:
        return row.value or "All stores"
    if row.store_name == row.store_id:
        return row.store_id
    return f"{row.store_name} ({row.store_id})"


def listed(row):
    if row.day:
        return f"- {named(row)}, {percent(row.uptime_percent)} on {row.day:%a %Y-%m-%d}"
    return f"- {named(row)}, since {minute(row.starts_local)} ({row.zone})"


def address_of(row):
    """Return the address of the page about an alert, or None if it is not known."""
    if not settings.SITE_URL:
        return None
    if row.store_id:
        return settings.SITE_URL + reverse("store_page", args=[row.store_id])
    return settings.SITE_URL + reverse("alerts_page")


def one_line(text):
    return " ".join(text.split())
