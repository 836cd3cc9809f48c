"""Reports and their rows."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from reports.alerts.models import (  # noqa: F401, so that Django finds them
    Alert,
    AlertChannel,
    AlertMessage,
    AlertRule,
    AlertState,
)
from reports.scheduled.models import ReportSchedule  # noqa: F401, as above
from restaurant_monitor.jobs.models import Job


class Report(Job):
    """The figures of all stores, or of some, at one moment."""

    WORK = "reports.compute.work"
    SECONDS = settings.REPORT_SECONDS

    report_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    as_of = models.DateTimeField(
        null=True, help_text="Where all windows end. Empty means at the newest poll."
    )
    store_ids = ArrayField(
        models.TextField(), null=True, help_text="Empty means every known store."
    )
    labels = ArrayField(
        models.TextField(),
        null=True,
        help_text="The labels that the stores had when it was requested.",
    )
    store_count = models.IntegerField(null=True)

    class Meta:
        db_table = "report"
        ordering = ["-requested_at"]
        indexes = [
            models.Index(name="report_by_request", fields=["-requested_at"]),
            models.Index(
                name="report_by_user", fields=["requested_by", "-requested_at"]
            ),
            models.Index(name="report_by_state", fields=["state", "-requested_at"]),
        ]


class ReportRow(models.Model):
    """The figures of one store, exact to the microsecond (rules 7 to 9).

    Those that begin with `excused` are the excused part of the others, and null if
    there is none.
    """

    pk = models.CompositePrimaryKey("report_id", "store_id")
    up_hour = models.DurationField()
    up_day = models.DurationField()
    up_week = models.DurationField()
    down_hour = models.DurationField()
    down_day = models.DurationField()
    down_week = models.DurationField()
    unobserved_hour = models.DurationField()
    unobserved_day = models.DurationField()
    unobserved_week = models.DurationField()
    excused_up_hour = models.DurationField(null=True)
    excused_up_day = models.DurationField(null=True)
    excused_up_week = models.DurationField(null=True)
    excused_down_hour = models.DurationField(null=True)
    excused_down_day = models.DurationField(null=True)
    excused_down_week = models.DurationField(null=True)
    excused_unobserved_hour = models.DurationField(null=True)
    excused_unobserved_day = models.DurationField(null=True)
    excused_unobserved_week = models.DurationField(null=True)
    report_id = models.UUIDField()
    store_id = models.TextField(db_collation="C")

    class Meta:
        db_table = "report_row"
