"""Jobs, and the heartbeat of the queue that runs them."""

from django.db import models
from django.utils import timezone


class Job(models.Model):
    """Work that someone asked for, and its state.

    A subclass is a kind of job. It says what the work is, how long it may take and how
    often it is tried; the queue, the attempts and the watch serve all kinds.
    """

    WORK = None  # the dotted name of a function that does the job it is given
    SECONDS = None  # how long one attempt may take
    ATTEMPTS = 5
    ONE_AT_A_TIME = False  # if so, the others of its kind wait for their turn

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETE = "complete"
        FAILED = "failed"

    state = models.TextField(choices=State, default=State.QUEUED)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, help_text="Of the last attempt.")
    finished_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True

    def __str__(self):
        return str(self.pk)

    def forget_input(self):
        """Delete what only the work needed. Called when the job has ended."""


class Heartbeat(models.Model):
    """One row: when a message last came through the queue."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "heartbeat"
