"""The CSV sources as they came, and the timeline derived from them.

Bulk rows never pass through these classes: the files in `sql/` write and read
the tables. The classes give the tables their shape, and small edits a way in.
`store_id` is the natural key of everything and leads every primary key, so that
the tables can be sharded by it; for the same reason the bulk tables have no
foreign-key constraint.
"""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone


class UnknownStore(Exception):
    """A store was asked for that none of the files ever named."""


class Job(models.Model):
    """Work that someone asked for, and how it stands.

    `TASK` names the function that does it, `SECONDS` how long an attempt may take.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETE = "complete"
        FAILED = "failed"

    state = models.TextField(choices=State, default=State.QUEUED)
    started_at = models.DateTimeField(null=True, help_text="Of the last attempt.")
    finished_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True

    def forget_input(self):
        """Delete what only its work needed."""


class StoreKey(models.ForeignKey):
    """The `store_id` of a table of store data: not constrained, not indexed."""

    def __init__(self, **options):
        options.update(
            to="stores.Store",
            on_delete=models.DO_NOTHING,
            db_constraint=False,
            db_index=False,
        )
        super().__init__(**options)


class Store(models.Model):
    """A known store: it appears in at least one of the files."""

    store_id = models.TextField(primary_key=True, db_collation="C")
    timezone = models.TextField(
        null=True,
        blank=True,
        help_text="A name of the tz database; empty means America/Chicago (rule 1).",
    )

    display_name = models.TextField(
        blank=True, db_default="", help_text="What people call it."
    )

    last_seen_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The instant of its newest poll, be it pruned since.",
    )

    class Meta:
        db_table = "store"
        ordering = ["store_id"]
        constraints = [
            # A spreadsheet would run as a formula what begins so.
            models.CheckConstraint(
                name="store_id_is_no_formula",
                condition=Q(store_id__regex=r"^[^=+@[:cntrl:]-]"),
            ),
            models.CheckConstraint(
                name="store_id_has_64_characters_at_most",
                condition=LessThanOrEqual(Length("store_id"), 64),
            ),
        ]

    def __str__(self):
        return self.display_name or self.store_id

    @classmethod
    def refuse_unknown(cls, store_ids):
        """Raise UnknownStore unless all of these stores are known."""
        known = cls.objects.filter(pk__in=store_ids).values_list("pk", flat=True)
        if unknown := sorted(set(store_ids) - set(known)):
            raise UnknownStore(f"unknown store: {', '.join(unknown)}")


class BusinessHours(models.Model):
    """One row of a store's week, in local time, as the menu hours give it."""

    pk = models.CompositePrimaryKey("store_id", "weekday", "starts", "ends")
    store = StoreKey(related_name="hours")
    weekday = models.SmallIntegerField(help_text="0 is Monday, 6 is Sunday.")
    starts = models.TimeField()
    ends = models.TimeField(help_text="At or before the start: on the next date.")

    class Meta:
        db_table = "business_hours"
        verbose_name_plural = "business hours"
        constraints = [
            models.CheckConstraint(
                name="weekday_is_0_to_6", condition=Q(weekday__range=(0, 6))
            )
        ]


class SpecialHours(models.Model):
    """What a store has on one local date instead of its week's rows of that date.

    `starts` and `ends` hold the rows of that date, in order, in local time; none:
    closed.
    """

    pk = models.CompositePrimaryKey("store_id", "date")
    store = StoreKey(related_name="special_hours")
    date = models.DateField()
    starts = ArrayField(models.TimeField())
    ends = ArrayField(
        models.TimeField(), help_text="At or before the start: on the next date."
    )

    class Meta:
        db_table = "special_hours"
        verbose_name_plural = "special hours"
        constraints = [
            models.CheckConstraint(
                name="each_start_has_an_end", condition=Q(starts__len=F("ends__len"))
            )
        ]


class Poll(models.Model):
    """One look at a store: was it active at that instant?"""

    pk = models.CompositePrimaryKey("store_id", "observed_at")
    store = StoreKey(related_name="polls")
    observed_at = models.DateTimeField()
    is_active = models.BooleanField()

    class Meta:
        db_table = "poll"


class Period(models.Model):
    """A stretch of one status within one session: up, down or unobserved.

    The periods of a store fill all its business time on the days that the
    timeline covers (rules 1 to 6).
    """

    pk = models.CompositePrimaryKey("store_id", "ends_at")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    day = models.DateField(help_text="The local date of the session.")
    is_up = models.BooleanField(null=True, help_text="Null: nobody observed it.")
    store = StoreKey(related_name="periods")

    class Meta:
        db_table = "timeline"  # whose key includes starts_at and is_up


class Ingest(Job):
    """One ingest, and what became of the rows it read."""

    TASK = "stores.tasks.ingest_upload"
    SECONDS = settings.INGEST_SECONDS

    ingest_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    requested_at = models.DateTimeField(default=timezone.now)
    files = models.JSONField(
        help_text="Path by kind: status, hours, timezones, special."
    )
    counts = models.JSONField(
        default=dict,
        help_text="By kind: read = new + changed + already_there + superseded + "
        "rejected.",
    )
    reasons = models.JSONField(
        default=list, help_text="Why rows were set aside, and how many of each file."
    )
    rejected = models.BigIntegerField(default=0)
    hours_removed = models.BigIntegerField(
        default=0, help_text="Rows of business hours that gave way to a new week."
    )
    key = models.TextField(
        null=True, unique=True, help_text="By which its sender knows it again."
    )
    fingerprint = models.TextField(null=True, help_text="Of what came with the key.")
    is_strict = models.BooleanField(
        default=False, help_text="Refused if any row is set aside."
    )
    step = models.TextField(default="reading", help_text="What it is at while it runs.")
    bytes_read = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)

    class Meta:
        db_table = "ingest"
        ordering = ["-requested_at", "-ingest_id"]
        indexes = [
            models.Index(
                name="ingest_by_request", fields=["-requested_at", "-ingest_id"]
            )
        ]

    def __str__(self):
        return str(self.ingest_id)

    def forget_input(self):
        Chunk.objects.filter(ingest_id=self.pk).delete()


class Chunk(models.Model):
    """A piece of a file that was uploaded, on its way to the worker."""

    pk = models.CompositePrimaryKey("ingest_id", "kind", "number")
    ingest_id = models.UUIDField()
    kind = models.TextField()
    number = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "ingest_chunk"


class Reject(models.Model):
    """A row that an ingest set aside, and why."""

    pk = models.CompositePrimaryKey("ingest_id", "file_number", "record")
    ingest_id = models.UUIDField()
    file_number = models.SmallIntegerField()
    file = models.TextField()
    record = models.BigIntegerField(help_text="The first after the header is 1.")
    reason = models.TextField()
    fields = models.JSONField()

    class Meta:
        db_table = "ingest_reject"


class Mark(models.Model):
    """Left by whoever writes: this store's polls changed from `since` to `until`.

    Infinite on both sides where hours or zone changed or the store is new; without
    an end where the special hours of a date changed. `says_up` is the one status that
    all the changed polls have now, or null. The marks of one transaction share their
    `batch`, those of special hours another, so that a refresh can claim, and afterwards
    delete, exactly the batches it saw.
    """

    pk = models.CompositePrimaryKey("store_id", "batch", "since")
    store = StoreKey(related_name="marks")
    batch = models.UUIDField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    says_up = models.BooleanField(null=True)

    class Meta:
        db_table = "timeline_mark"


class CoveredDay(models.Model):
    """A date for which the timeline holds the sessions of every store."""

    day = models.DateField(primary_key=True)

    class Meta:
        db_table = "timeline_day"


class TimelineState(models.Model):
    """The one row that a refresh locks: what the timeline was made with."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    newest_poll_at = models.DateTimeField(null=True)
    carry_limit = models.DurationField(null=True)
    history_from = models.DateField(
        null=True, help_text="The first date of which all polls are still kept."
    )

    class Meta:
        db_table = "timeline_state"
        constraints = [models.CheckConstraint(name="only_one_row", condition=Q(id=1))]
