"""Reports and their rows."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

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
    """The figures of all stores, or of some.

    They are those of the windows that end at one moment, of each store, or those of a
    range of time, of groups of stores.
    """

    WORK = "reports.compute.work"
    SECONDS = settings.REPORT_SECONDS

    report_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    as_of = models.DateTimeField(
        null=True,
        help_text="Where all windows end, or the range. Empty means at the newest "
        "poll.",
    )
    since = models.DateTimeField(
        null=True, help_text="Where the range begins. Empty: the report has windows."
    )
    group_by = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="How a range is grouped. Empty: not at all.",
    )
    figures = models.JSONField(
        null=True,
        encoder=DjangoJSONEncoder,
        help_text="Those of a range. Windows have theirs in the rows.",
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
        constraints = [
            models.CheckConstraint(
                name="report_range",
                condition=Q(since=None, group_by="", figures__isnull=True)
                | Q(since__lt=F("as_of"), store_ids=None),
            )
        ]
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
