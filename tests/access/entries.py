"""Reads the audit log."""

from contextlib import contextmanager

from restaurant_monitor.access.models import AuditEntry


@contextmanager
def recorded():
    """While open, a list; at the end it has the entries added meanwhile, in order."""
    last = AuditEntry.objects.order_by("entry_id").last()
    found = []
    yield found
    added = AuditEntry.objects.filter(entry_id__gt=last.pk if last else 0)
    found.extend(added.order_by("entry_id"))


def changes(entries):
    """The action, subject, before and after of each entry."""
    return [(e.action, e.subject, e.before, e.after) for e in entries]


def authors(entries):
    return [entry.username for entry in entries]
