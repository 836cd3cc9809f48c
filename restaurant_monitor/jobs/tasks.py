"""The functions that the queue calls."""

from django.apps import apps
from django.db.models.functions import Now

from restaurant_monitor.jobs import attempts
from restaurant_monitor.jobs.models import Heartbeat


def attempt(label, job_id):
    """Attempt a job. `label` names its model, such as `reports.Report`."""
    attempts.attempt(apps.get_model(label), job_id)


def heartbeat():
    """Do nothing. It only matters that the message is processed."""


def record_heartbeat(**_):
    """Record that the queue has processed a message, at the database's time."""
    Heartbeat.objects.update_or_create(defaults={"seen_at": Now()})
