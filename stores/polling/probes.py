"""The probe of a store: read, set and removed."""

import json

from restaurant_monitor.access.audit import record
from stores.editing import editing
from stores.models import Probe, ProbeResult

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


def set_probe(store_id, fields):
    """Give a store a probe with these FIELDS; None removes it.

    Raises ValidationError if they cannot be a probe.
    """
    with editing(store_id):
        before = probe_of(store_id)
        if fields == before:
            return
        record("probe.changed", store_id, before, fields)
        if fields is None:
            Probe.objects.filter(pk=store_id).delete()
        else:
            refuse_probe(fields)
            Probe(store_id=store_id, **fields).save()


def refuse_probe(fields):
    """Raise ValidationError if these fields cannot be a probe."""
    Probe(store_id="any", **fields).validate_constraints()


def as_json(text):
    """Return a value that a person typed as JSON. What is no JSON is a text."""
    try:
        json.loads(text or '""')
    except (ValueError, RecursionError):
        return json.dumps(text)
    return text
