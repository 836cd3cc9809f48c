"""Reports and their rows."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from stores.models import Job


class Report(Job):
    """One computation of the figures of all, or of some, stores at one moment."""

    TASK = "reports.tasks.compute_report"
    SECONDS = settings.REPORT_SECONDS

    report_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    as_of = models.DateTimeField(
        null=True, help_text="Where all windows end; empty: at the newest poll."
    )
    store_ids = ArrayField(
        models.TextField(), null=True, help_text="Empty: every known store."
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    store_count = models.IntegerField(null=True)

    class Meta:
        db_table = "report"
        ordering = ["-requested_at"]
        indexes = [
            models.Index(name="report_by_request", fields=["-requested_at"]),
            models.Index(name="report_by_state", fields=["state", "-requested_at"]),
        ]

    def __str__(self):
        return str(self.report_id)


class ReportRow(models.Model):
    """The figures of one store, exact to the microsecond (rules 7 to 9)."""

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
    report_id = models.UUIDField()
    store_id = models.TextField(db_collation="C")

    class Meta:
        db_table = "report_row"


class Heartbeat(models.Model):
    """The one row that tells when a message last came through the queue."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "heartbeat"
