"""Reports that are sent by mail, each day, week or month."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models

from reports.alerts.models import AlertChannel


class ReportSchedule(models.Model):
    """Which report is sent, when, and to whom."""

    class Period(models.TextChoices):
        DAY = "day", "each day: of the day before"
        WEEK = "week", "on Mondays: of the week before"
        MONTH = "month", "on the first of each month: of the month before"

    schedule_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.TextField(unique=True, help_text="Such as West, weekly.")
    period = models.TextField(choices=Period.choices, default=Period.WEEK)
    timezone = models.TextField(
        help_text="The zone in which days begin, such as America/Chicago."
    )
    hour = models.PositiveSmallIntegerField(
        default=6,
        validators=[MaxValueValidator(23)],
        help_text="The hour at which it is sent, 0 to 23, in that zone.",
    )
    labels = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        help_text="Such as region:west. A store needs one of the values of each name.",
    )
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        help_text="It has only the stores that this user sees. Empty: all stores. "
        "While the user is not active, nothing is sent.",
    )
    channels = models.ManyToManyField(
        AlertChannel, limit_choices_to={"kind": AlertChannel.Kind.MAIL}
    )
    next_at = models.DateTimeField(editable=False)

    class Meta:
        db_table = "report_schedule"
        ordering = ["name"]
        indexes = [models.Index(name="schedule_by_next", fields=["next_at"])]

    def __str__(self):
        return self.name
