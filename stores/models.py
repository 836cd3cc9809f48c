"""The CSV sources, and the timeline derived from them.

The files in `sql/` write and read the bulk of the rows. These classes define the tables
and serve small edits. `store_id` is the natural key of all store data and in every
primary key, so that the tables can be sharded by it. For the same reason the bulk
tables have no foreign-key constraint.
"""

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import LessThanOrEqual

from restaurant_monitor.http.errors import NotKnown
from restaurant_monitor.jobs.models import Job
from stores.ingest import limits

DEFAULT_ZONE = "America/Chicago"  # rule 1

# Patterns of invalid store ids. A spreadsheet runs the first as a formula. The last is
# what a tool makes of an id that it takes for a number: 8.41954E+18, 8e18,
# 257000000000000.0. The control characters are listed, since the class [:cntrl:]
# depends on the server's locale.
FORMULA = "^[=+@-]"
CONTROL = r"[\u0001-\u001f\u007f-\u009f]"
FLOATING_POINT = r"^([0-9]([.,][0-9]+)?e\+?[0-9]+|[0-9]+[.,]0+)$"
LONGEST_ID = 64
LABEL_NAME = "^[a-z][a-z0-9_]{0,31}$"
LONGEST_VALUE = 100  # of a label
MOST_LABELS = 50  # of a store
LONGEST_NAME = 200  # of a store
LONGEST_REASON = 64  # of a poll
LONGEST_EXCUSE = 200  # the reason of excused time
MOST_EXCUSED = timedelta(days=366)
PUSHED = {"status": "POST /api/polls"}  # the files of an ingest that is a push
POLLED = {"status": "poll_stores"}  # those of an ingest that is a round of polling
WHITE_SPACE = " \t\n\r\f\v"  # trimmed from both ends of an id, as of every field

# Names of pg_timezone_names that are no place's time zone, or only copies of others.
NO_ZONE = "^(Factory|localtime|posixrules|posix/.*|right/.*)$"


class UnknownStore(NotKnown):
    """No file, poll or edit ever named a store, or it was deleted."""

    def __init__(self, *store_ids):
        self.reasons = [f"there is no store {store_id!a}" for store_id in store_ids]
        super().__init__("; ".join(self.reasons))


class StoreKey(models.ForeignKey):
    """The `store_id` column of a table: without a constraint and without an index."""

    def __init__(self, **options):
        options.update(
            to="stores.Store",
            on_delete=models.DO_NOTHING,
            db_constraint=False,
            db_index=False,
        )
        super().__init__(**options)


class Store(models.Model):
    """A known store: a file, a poll or an edit named it."""

    store_id = models.TextField(primary_key=True, db_collation="C")
    timezone = models.TextField(
        null=True,
        blank=True,
        help_text=f"A name of the tz database. Empty means {DEFAULT_ZONE} (rule 1).",
    )
    zone = models.GeneratedField(
        expression=Coalesce("timezone", Value(DEFAULT_ZONE)),
        output_field=models.TextField(),
        db_persist=True,
        help_text="The time zone that its local times are in.",
    )
    display_name = models.TextField(
        blank=True, db_default="", help_text="What people call it."
    )
    last_seen_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The instant of its newest poll, even if that was pruned.",
    )

    class Meta:
        db_table = "store"
        ordering = ["store_id"]
        constraints = [
            models.CheckConstraint(
                name="store_id_has_64_characters_at_most",
                condition=LessThanOrEqual(Length("store_id"), LONGEST_ID),
                violation_error_message="longer than 64 characters",
            ),
            models.CheckConstraint(
                name="store_id_is_no_formula",
                condition=~Q(store_id__regex=FORMULA),
                violation_error_message="a spreadsheet would run it as a formula",
            ),
            models.CheckConstraint(
                name="store_id_has_no_control_character",
                condition=~Q(store_id__regex=CONTROL),
                violation_error_message="it has a control character",
            ),
            models.CheckConstraint(
                name="store_id_is_no_floating_point_number",
                condition=~Q(store_id__iregex=FLOATING_POINT),
                violation_error_message="a tool has turned it into a floating-point "
                "number",
            ),
            models.CheckConstraint(
                name="store_id_is_not_empty", condition=~Q(store_id="")
            ),
        ]

    def __str__(self):
        return self.display_name or self.store_id

    @classmethod
    def refuse_id(cls, store_id):
        """Raise ValidationError if this cannot be the id of a store."""
        try:
            # Without a database, a check logs the error and passes. A transaction
            # needs one to begin with.
            with transaction.atomic():
                cls(store_id=store_id).validate_constraints()
        except ValidationError as error:
            reason = error.messages[0]
            raise ValidationError(
                f"This cannot be the id of a store: {reason}."
            ) from error

    @classmethod
    def refuse_unknown(cls, store_ids, condition=Q()):  # noqa: B008, it never changes
        """Raise UnknownStore unless all these stores are known and fulfil a condition.

        The error names the first ten.
        """
        found = cls.objects.filter(condition, pk__in=store_ids)
        known = set(found.values_list("pk", flat=True))
        if unknown := [store_id for store_id in store_ids if store_id not in known]:
            raise UnknownStore(*unknown[:10])


class StoreLabel(models.Model):
    """A label of a store, such as region = west. It has one value of each name."""

    pk = models.CompositePrimaryKey("store_id", "name")
    store = StoreKey(related_name="labels")
    name = models.TextField(db_collation="C", help_text="Such as brand or region.")
    value = models.TextField(db_collation="C")

    class Meta:
        db_table = "store_label"
        indexes = [
            models.Index(
                name="store_by_label", fields=["name", "value"], include=["store"]
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="label_name_is_a_word",
                condition=Q(name__regex=LABEL_NAME),
                violation_error_message="the name of a label has at most 32 lowercase "
                "letters, digits and _, and begins with a letter",
            ),
            models.CheckConstraint(
                name="label_value_has_1_to_100_characters",
                condition=LessThanOrEqual(Length("value"), LONGEST_VALUE)
                & ~Q(value=""),
                violation_error_message="the value of a label has 1 to 100 characters",
            ),
            models.CheckConstraint(
                name="label_value_has_no_control_character",
                condition=~Q(value__regex=CONTROL),
                violation_error_message="it has a control character",
            ),
        ]

    def __str__(self):
        return f"{self.name}:{self.value}"


class BusinessHours(models.Model):
    """One row of a store's week, in local time, as in the file of menu hours."""

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


class Unsettled(models.Model):
    """A store whose hours or whose zone nobody knows, because its rows were rejected.

    All of its time is unobserved until good rows come. The store may be unknown: a
    rejected row does not make it known.
    """

    class Missing(models.TextChoices):
        HOURS = "hours"
        TIMEZONE = "timezone"

    pk = models.CompositePrimaryKey("store_id", "missing")
    store = StoreKey(related_name="unsettled")
    missing = models.TextField(choices=Missing)

    class Meta:
        db_table = "unsettled"


class SpecialHours(models.Model):
    """The hours of a store on one local date. They replace those of its week.

    `starts` and `ends` are lists in local time, in order. Empty lists mean closed.
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


class SpecialHoursChange(models.Model):
    """Special hours of one date that somebody set for many stores at once.

    `starts` and `ends` are null if the hours are as in the week. The user's id is a
    plain number, as in the audit log.
    """

    change_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    changed_at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    username = models.TextField(blank=True, help_text="Or open mode.")
    date = models.DateField()
    labels = ArrayField(
        models.TextField(), help_text="Which chose the stores. Empty: no label did."
    )
    starts = ArrayField(models.TimeField(), null=True)
    ends = ArrayField(models.TimeField(), null=True)

    class Meta:
        db_table = "special_hours_change"
        default_permissions = []  # who may change special hours may undo a change
        indexes = [
            models.Index(
                name="special_hours_change_by_time", fields=["-changed_at", "change_id"]
            )
        ]


class SpecialHoursBefore(models.Model):
    """What special hours a store had on the date of a change before it.

    `starts` and `ends` are null if it had none.
    """

    pk = models.CompositePrimaryKey("change_id", "store_id")
    change_id = models.UUIDField()
    undone_at = models.DateTimeField(null=True)
    store = StoreKey(related_name="+")
    starts = ArrayField(models.TimeField(), null=True)
    ends = ArrayField(models.TimeField(), null=True)

    class Meta:
        db_table = "special_hours_before"
        default_permissions = []


class Reason(models.TextChoices):
    """The known reasons of polls. A poll may have any other text, too."""

    STORE = "store", "the store"
    PLATFORM = "platform", "the platform"
    NO_COURIERS = "no_couriers", "no couriers"
    OUT_OF_HOURS = "out_of_hours", "out of hours"
    HIDDEN = "hidden", "hidden"
    CONNECTION = "connection", "no connection"


class Poll(models.Model):
    """One look at a store: whether it was active at that instant."""

    pk = models.CompositePrimaryKey("store_id", "observed_at")
    store = StoreKey(related_name="polls")
    observed_at = models.DateTimeField()
    is_active = models.BooleanField()
    reason = models.TextField(
        null=True,
        db_collation="C",
        help_text="Why it has this status: a Reason or any text. Null: none was sent.",
    )

    class Meta:
        db_table = "poll"


class Period(models.Model):
    """A stretch of one status within one session: up, down or unobserved.

    On the dates that the timeline covers, the periods of a store fill all of its
    business time (rules 1 to 6).
    """

    pk = models.CompositePrimaryKey("store_id", "ends_at")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    day = models.DateField(help_text="The local date of the session.")
    is_up = models.BooleanField(null=True, help_text="Null means unobserved.")
    store = StoreKey(related_name="periods")

    class Meta:
        db_table = "timeline"  # whose key includes starts_at and is_up


class Outage(models.Model):
    """A run of down periods of a store, with nothing but closed hours between them.

    Rule 11. The refresh derives it from the periods.
    """

    pk = models.CompositePrimaryKey("store_id", "starts_at")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="The end of its last period.")
    followed_at = models.DateTimeField(
        help_text="When the next session or period begins that is not down. Until then "
        "it is ongoing."
    )
    down = models.DurationField(help_text="Its length, in business hours.")
    store = StoreKey(related_name="outages")

    class Meta:
        db_table = "outage"
        indexes = [
            models.Index(name="outage_by_start", fields=["-starts_at", "store_id"]),
            models.Index(
                name="outage_by_end", fields=["followed_at"], include=["starts_at"]
            ),
        ]


class Ingest(Job):
    """One load of files or polls, and what happened to the rows it read.

    Only uploaded files wait in the queue. One upload is loaded at a time, so that
    workers stay free for reports.
    """

    WORK = "stores.ingest.uploads.work"
    SECONDS = settings.INGEST_SECONDS
    ONE_AT_A_TIME = True
    ENDED = "ingest.ended"

    ingest_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    files = models.JSONField(
        help_text="The name of each file, by its kind, such as status or hours."
    )
    counts = models.JSONField(
        default=dict,
        help_text="By kind: read = new + changed + already_there + superseded + "
        "rejected.",
    )
    reasons = models.JSONField(
        default=list, help_text="Why rows were rejected, and how many of each file."
    )
    rejected = models.BigIntegerField(default=0)
    warnings = models.JSONField(
        default=list, help_text="What looks wrong though the rows are valid."
    )
    hours_removed = models.BigIntegerField(
        default=0, help_text="Rows of business hours that a new week replaced."
    )
    labels_removed = models.BigIntegerField(
        default=0, help_text="Labels that the new labels of their store lack."
    )
    columns = models.JSONField(
        default=dict,
        help_text="By kind: the names in the header of a file with rejected rows.",
    )
    key = models.TextField(null=True, help_text="The Idempotency-Key of the request.")
    fingerprint = models.TextField(
        null=True, help_text="A hash of the request with this key."
    )
    max_rejects = models.TextField(
        default=limits.DEFAULT,
        help_text="Load nothing if more rows of a file are rejected: 5% of them, or "
        "200.",
    )
    step = models.TextField(
        default="reading", help_text="The current step while it runs."
    )
    bytes_read = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)

    class Meta:
        db_table = "ingest"
        ordering = ["-requested_at", "-ingest_id"]
        indexes = [
            models.Index(
                name="ingest_by_request", fields=["-requested_at", "-ingest_id"]
            ),
            models.Index(
                name="ingest_by_user",
                fields=["requested_by", "-requested_at", "-ingest_id"],
            ),
            # Each push and each round of polling is an ingest too, so these are a few
            # among many.
            models.Index(
                name="ingest_of_files",
                fields=["-requested_at", "-ingest_id"],
                condition=~Q(files=PUSHED) & ~Q(files=POLLED),
            ),
            models.Index(
                name="ingest_unfinished",
                fields=["requested_at"],
                condition=Q(state__in=["queued", "running"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="each_user_uses_a_key_once",
                fields=["requested_by", "key"],
                condition=Q(key__isnull=False),
                nulls_distinct=False,
            )
        ]

    def rejects_not_kept(self):
        """Return how many of its rejected rows are only counted."""
        return self.rejected - Reject.objects.filter(ingest_id=self.pk).count()

    def delete_input(self):
        Chunk.objects.filter(ingest_id=self.pk).delete()


class Chunk(models.Model):
    """A piece of an uploaded file that waits for the worker."""

    pk = models.CompositePrimaryKey("ingest_id", "kind", "number")
    ingest_id = models.UUIDField()
    kind = models.TextField()
    number = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "ingest_chunk"


class Reject(models.Model):
    """A row that an ingest rejected, and the reason."""

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
    """A note that a part of a store's timeline is out of date.

    Every change adds marks in its own transaction. Changed polls lie from `since` to
    `until`, and `says_up` is their status if all have the same. If hours or zone
    changed, or the store is new, the mark is infinite on both sides. If the special
    hours of a date changed, it has no end. All marks of one change share a `batch`, so
    that a refresh deletes exactly the batches it has processed.
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
    """A local date for which the timeline has the sessions of every store."""

    day = models.DateField(primary_key=True)

    class Meta:
        db_table = "timeline_day"


class OwnDay(models.Model):
    """A local date for which the timeline has the sessions of one store.

    Few stores have polls near that date, and no report needed it.
    """

    pk = models.CompositePrimaryKey("store_id", "day")
    day = models.DateField()
    store = StoreKey(related_name="own_days")

    class Meta:
        db_table = "timeline_store_day"


class TimelineState(models.Model):
    """One row: the settings and polls behind the timeline. A refresh locks it."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    newest_poll_at = models.DateTimeField(null=True)
    carry_limit = models.DurationField(null=True)
    history_from = models.DateField(
        null=True, help_text="The first date whose polls are all kept."
    )

    class Meta:
        db_table = "timeline_state"
        constraints = [models.CheckConstraint(name="only_one_row", condition=Q(id=1))]


class UptimeTarget(models.Model):
    """The uptime that stores with a label, or all stores, shall have in each month."""

    label = models.TextField(
        primary_key=True,
        db_collation="C",
        help_text="Such as region:west, or all for all stores.",
    )
    percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        help_text="Of the time that was observed in a calendar month, such as 99.5.",
    )

    class Meta:
        db_table = "uptime_target"
        default_permissions = ["view", "change"]
        ordering = ["label"]
        constraints = [
            models.CheckConstraint(
                name="target_is_between_0_and_100",
                condition=Q(percent__gt=0, percent__lt=100),
                violation_error_message="a target is more than 0 and less than 100",
            )
        ]

    def __str__(self):
        return f"{self.percent} % of {self.label}"


class ExcusedTime(models.Model):
    """A stretch of time of one store, of those with a label, or of all: it is excused.

    The timeline keeps what was seen in it. All sums leave it out of up, down and
    unobserved time (rule 9). A label stands for the stores that have it now.
    """

    excused_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    store_id = models.TextField(null=True, blank=True, db_collation="C")
    label = models.TextField(
        null=True,
        blank=True,
        db_collation="C",
        help_text="Such as region:west, or all for all stores.",
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.TextField(help_text="Such as planned maintenance.")
    username = models.TextField(
        blank=True, editable=False, help_text="Who excused it, or open mode."
    )
    created_at = models.DateTimeField(editable=False)

    class Meta:
        db_table = "excused_time"
        verbose_name_plural = "excused time"
        default_permissions = ["view", "change"]
        ordering = ["-starts_at", "-excused_id"]
        indexes = [
            models.Index(
                name="excused_time_by_start", fields=["-starts_at", "-excused_id"]
            ),
            models.Index(name="excused_time_of_store", fields=["store_id", "ends_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="excused_is_one_store_or_one_label",
                condition=Q(store_id=None, label__isnull=False)
                | Q(store_id__isnull=False, label=None),
                violation_error_message="give either a store or a label",
            ),
            models.CheckConstraint(
                name="excused_ends_after_its_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message="the end is not after the start",
            ),
            models.CheckConstraint(
                name="excused_is_at_most_366_days",
                condition=Q(ends_at__lte=F("starts_at") + MOST_EXCUSED),
                violation_error_message="it is longer than 366 days",
            ),
            models.CheckConstraint(
                name="excused_reason_has_1_to_200_characters",
                condition=LessThanOrEqual(Length("reason"), LONGEST_EXCUSE)
                & ~Q(reason="")
                & ~Q(reason__regex=CONTROL),
                violation_error_message="the reason has 1 to 200 characters, and no "
                "control character",
            ),
        ]

    def __str__(self):
        return self.reason

    @property
    def whose(self):
        """The label, or the id of the store."""
        return self.label or self.store_id


class GrantedStore(models.Model):
    """A store that a user was granted by its id, which may be unknown. A view."""

    pk = models.CompositePrimaryKey("user_id", "store_id")
    user_id = models.IntegerField()
    store_id = models.TextField()

    class Meta:
        db_table = "granted_store"
        managed = False


class VisibleStore(models.Model):
    """A known store that a user was granted, by its id or by a label. A view.

    A store can be in it more than once.
    """

    pk = models.CompositePrimaryKey("user_id", "store_id")
    user_id = models.IntegerField()
    store_id = models.TextField()

    class Meta:
        db_table = "visible_store"
        managed = False


# --- Polling

# A probe's address: http or https, a host, and no user name or password.
PROBE_URL = r"^https?://(\[[0-9A-Fa-f:.]+\]|[^]\s/?#@:[\\]+)(:[0-9]{1,5})?([/?#]\S*)?$"
CODE = "[1-5][0-9]{2}(-[1-5][0-9]{2})?"
PROBE_CODES = f"^{CODE}(,{CODE}){{0,19}}$"
PROBE_PATH = "^(/.*)?$"  # a JSON Pointer, RFC 6901
LONGEST_URL = 1000
LONGEST_WANTED = 200  # each of the texts that an answer must have
FEWEST_MINUTES, MOST_MINUTES = 5, 24 * 60
PROBE_DEFAULTS = {"status_codes": "200-299", "interval_minutes": 60}


def is_short(name, longest=LONGEST_WANTED):
    """Return the constraint that a text of a probe is short, and its CONTROL-free."""
    return models.CheckConstraint(
        name=f"probe_{name}_is_short_text",
        condition=LessThanOrEqual(Length(name), longest)
        & ~Q(**{f"{name}__regex": CONTROL}),
        violation_error_message=f"{name} has at most {longest} characters, and no "
        "control character",
    )


class Probe(models.Model):
    """Where and how this service polls a store itself."""

    store_id = models.TextField(primary_key=True, db_collation="C")
    url = models.TextField(help_text="The address to ask, http or https.")
    status_codes = models.TextField(
        default=PROBE_DEFAULTS["status_codes"],
        help_text="The HTTP status codes that mean active, such as 200-299,404.",
    )
    text = models.TextField(
        blank=True, default="", help_text="A text that the answer must have."
    )
    not_text = models.TextField(
        blank=True, default="", help_text="A text that the answer must not have."
    )
    json_path = models.TextField(
        blank=True,
        default="",
        help_text="The place of a value in an answer in JSON, such as /store/open "
        "(a JSON Pointer, RFC 6901).",
    )
    json_value = models.TextField(
        blank=True, default="", help_text="This value, as JSON, such as true."
    )
    interval_minutes = models.SmallIntegerField(
        default=PROBE_DEFAULTS["interval_minutes"],
        help_text=f"How often to ask, in minutes: {FEWEST_MINUTES} to {MOST_MINUTES}.",
    )

    class Meta:
        db_table = "probe"
        default_permissions = ["view", "change"]
        constraints = [
            models.CheckConstraint(
                name="probe_url_is_an_address",
                condition=Q(url__regex=PROBE_URL),
                violation_error_message="url is not an http or https address without "
                "user name and password",
            ),
            models.CheckConstraint(
                name="probe_status_codes_are_codes",
                condition=Q(status_codes__regex=PROBE_CODES),
                violation_error_message="status_codes is not like 200-299,404",
            ),
            models.CheckConstraint(
                name="probe_json_path_is_a_pointer",
                condition=Q(json_path__regex=PROBE_PATH),
                violation_error_message="json_path does not begin with /",
            ),
            models.CheckConstraint(
                name="probe_json_path_has_a_value",
                condition=Q(json_path="", json_value="")
                | ~Q(json_path="") & ~Q(json_value=""),
                violation_error_message="json_path and json_value need each other",
            ),
            models.CheckConstraint(
                name="probe_interval_is_5_minutes_to_a_day",
                condition=Q(interval_minutes__range=(FEWEST_MINUTES, MOST_MINUTES)),
                violation_error_message="interval_minutes is not from 5 to 1440",
            ),
            is_short("url", LONGEST_URL),
            *map(is_short, ["text", "not_text", "json_path", "json_value"]),
        ]

    def __str__(self):
        return f"{self.store_id}: {self.url}"


class PollingRound(models.Model):
    """One round of polling: the probes that were due at one time."""

    class State(models.TextChoices):
        RUNNING = "running"
        COMPLETE = "complete"
        FAILED = "failed"

    round_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    state = models.TextField(choices=State, default=State.RUNNING)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    probes = models.IntegerField(default=0, help_text="How many it asked for.")
    active = models.IntegerField(default=0)
    inactive = models.IntegerField(default=0)
    refused = models.IntegerField(
        default=0, help_text="Results that say nothing about the store: no poll."
    )
    witnesses = models.IntegerField(
        default=0, help_text="How many others it asked because nearly all had failed."
    )
    answering = models.IntegerField(
        default=0, help_text="How many of these answered, so that the network is well."
    )
    error = models.TextField(blank=True, help_text="Why it gave no polls.")
    ingest_id = models.UUIDField(null=True, help_text="The ingest of its polls.")

    class Meta:
        db_table = "polling_round"
        ordering = ["-began_at", "round_id"]
        default_permissions = ["view"]
        indexes = [
            models.Index(name="polling_round_by_time", fields=["-began_at", "round_id"])
        ]

    def __str__(self):
        return f"{self.began_at:%Y-%m-%d %H:%M:%S} UTC"


class ProbeResult(models.Model):
    """What a probe found at one look."""

    pk = models.CompositePrimaryKey("store_id", "looked_at")
    store_id = models.TextField(db_collation="C")
    looked_at = models.DateTimeField(help_text="When the answer came.")
    round_id = models.UUIDField()
    is_active = models.BooleanField(
        null=True, help_text="Null: it says nothing about the store."
    )
    reason = models.TextField(help_text="Why it is not active. Empty if it is.")
    host = models.TextField(help_text="Of the probe's address.")
    milliseconds = models.IntegerField(help_text="How long it took.")

    class Meta:
        db_table = "probe_result"
        default_permissions = ["view"]
        indexes = [models.Index(name="probe_result_by_round", fields=["round_id"])]

    def __str__(self):
        return f"{self.store_id} at {self.looked_at:%Y-%m-%d %H:%M:%S} UTC"
