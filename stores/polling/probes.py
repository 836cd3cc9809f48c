"""The probe of a store: read, set and removed."""

import json

from django.core.exceptions import ValidationError

from restaurant_monitor.access.audit import record
from stores.editing import editing
from stores.models import PollingRound, Probe, ProbeResult

FIELDS = [
    *("url", "status_codes", "text", "not_text"),
    *("json_path", "json_value", "interval_minutes"),
]


def probe_of(store_id):
    """Return the fields of a store's probe as a dict, or None."""
    return Probe.objects.filter(pk=store_id).values(*FIELDS).first()


def last_result(store_id):
    """Return the newest ProbeResult of a store, or None."""
    return ProbeResult.objects.filter(store_id=store_id).order_by("looked_at").last()


def error_of_round(result):
    """Return why the round of a ProbeResult gave no polls; empty if it gave some."""
    failed = PollingRound.objects.filter(pk=result.round_id)
    return failed.values_list("error", flat=True).first() or ""


def set_probe(store_id, fields):
    """Give a store a probe with these FIELDS; None removes it.

    Raises ValidationError if they cannot be a probe.
    """
    with editing(store_id):
        before = probe_of(store_id)
        if fields == before:
            return
        if fields is None:
            Probe.objects.filter(pk=store_id).delete()
        else:
            refuse_probe(fields)
            Probe(store_id=store_id, **fields).save()
        record("probe.changed", store_id, before, fields)


def refuse_probe(fields):
    """Raise ValidationError, with the reasons by field, if these cannot be a probe."""
    try:
        Probe(store_id="any", **fields).validate_constraints()
    except ValidationError as error:
        raise ValidationError(by_field(error.messages)) from error


def by_field(reasons):
    """Return the reasons of constraints as lists by the field that they begin with."""
    found = {}
    for reason in reasons:
        found.setdefault(reason.split()[0], []).append(f"{reason}.")
    return found


def as_json(text):
    """Return a value that a person typed as JSON. What is no JSON is a text."""
    try:
        json.loads(text or '""')
    except (ValueError, RecursionError):
        return json.dumps(text)
    return text
