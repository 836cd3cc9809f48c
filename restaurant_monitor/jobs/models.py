"""Jobs, and the heartbeat of the queue that runs them."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from restaurant_monitor.access.actors import current_user_id
from restaurant_monitor.logs import current_request_id


class Job(models.Model):
    """Requested work and its state.

    A subclass is a kind of job. It defines the work, its time limit and how often it is
    tried. The queue, the attempts and the watch work for all kinds.
    """

    WORK = None  # the dotted name of the function that does the work; it gets the job
    SECONDS = None  # how long one attempt may take
    ATTEMPTS = 5
    ONE_AT_A_TIME = False  # if true, other jobs of this kind wait
    ENDED = None  # the action of the audit log when it ends, if it changes data

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETE = "complete"
        FAILED = "failed"

    state = models.TextField(choices=State, default=State.QUEUED)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, help_text="Of the last attempt.")
    finished_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(
        null=True, help_text="When the next attempt may begin, after a failed one."
    )
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        default=current_user_id,
        editable=False,
        db_index=False,
        related_name="+",
        help_text="Whose it is. Empty: a command or open mode made it.",
    )
    request_id = models.TextField(
        default=current_request_id,
        blank=True,
        editable=False,
        help_text="The id of the request that made it, as in the log.",
    )

    class Meta:
        abstract = True

    def __str__(self):
        return str(self.pk)

    @classmethod
    def unfinished(cls):
        """Return those that are queued or running."""
        return cls.objects.filter(state__in=[cls.State.QUEUED, cls.State.RUNNING])

    def delete_input(self):
        """Delete the input of the work. Called when the job has ended."""


class Heartbeat(models.Model):
    """One row: when the queue last processed a message, by the database's clock."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "heartbeat"
