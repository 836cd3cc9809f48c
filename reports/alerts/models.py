"""Rules that say when somebody is told, the alerts they open, and the messages."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stores.models import Store, StoreLabel
from stores.targets import LEAST, MOST


class AlertChannel(models.Model):
    """Where messages go. Its secret is never shown again."""

    class Kind(models.TextChoices):
        MAIL = "mail"
        WEBHOOK = "webhook"
        APPRISE = "apprise", "chat or push service"

    channel_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.TextField(unique=True, help_text="Such as owners in the west.")
    kind = models.TextField(choices=Kind.choices)
    address = models.TextField(
        blank=True,
        help_text="The addresses of the mail, separated by commas, or the URL of the "
        "webhook.",
    )
    secret = models.TextField(
        blank=True,
        help_text="Of a webhook: what its messages are signed with. Of a chat or push "
        "service: its URL for apprise.",
    )

    class Meta:
        db_table = "alert_channel"
        ordering = ["name"]

    def __str__(self):
        return self.name


class AlertRule(models.Model):
    """When to open an alert, of which stores, and whom to tell."""

    class Kind(models.TextChoices):
        DOWN = "down", "a store is down"
        TOGETHER = "together", "several stores of one label value are down"
        SILENT = "silent", "a store is not polled"
        ALL_SILENT = "all_silent", "no store is polled"
        UPTIME = "uptime", "the uptime of a date is below a target"

    rule_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.TextField(unique=True, help_text="Such as West, down 20 minutes.")
    kind = models.TextField(choices=Kind.choices, default=Kind.DOWN)
    store_id = models.TextField(
        db_collation="C",
        null=True,
        blank=True,
        help_text="The id of the only store. Empty: all, or those with the labels.",
    )
    labels = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        help_text="Such as region:west. A store needs one of the values of each name.",
    )
    label_name = models.TextField(
        blank=True,
        help_text="Such as region: the stores of each of its values count together.",
    )
    percent = models.DecimalField(
        null=True,
        blank=True,
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(LEAST), MaxValueValidator(MOST)],
        help_text="Of the uptime of a date: tell if it is lower, such as 99.5.",
    )
    minutes = models.PositiveIntegerField(
        default=20,
        help_text="How long a store is down, or not polled, in business hours. Of no "
        "store polled: by the clock.",
    )
    stores = models.PositiveIntegerField(
        default=3,
        validators=[MinValueValidator(2)],
        help_text="So many stores of one label value are down at once.",
    )
    tells_end = models.BooleanField(
        default=True,
        verbose_name="tell the end",
        help_text="Tell when it is over, such as back up, if the beginning was told.",
    )
    quiet_minutes = models.PositiveIntegerField(
        default=0,
        help_text="Tell nothing new of a store in so many minutes before its business "
        "closes, nor while it is closed. 0: always tell.",
    )
    remind_hours = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Tell again after so many hours, until it is acknowledged. Empty: "
        "never.",
    )
    muted_until = models.DateTimeField(
        null=True, blank=True, help_text="In UTC. Until then it tells nothing."
    )
    judged_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The uptime of dates that ended until then was looked at.",
    )
    channels = models.ManyToManyField(AlertChannel, blank=True)

    class Meta:
        db_table = "alert_rule"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="rule_is_for_a_store_or_for_labels",
                condition=Q(store_id=None) | Q(labels=[]),
                violation_error_message="name a store, or labels, and not both",
            ),
            models.CheckConstraint(
                name="rule_of_stores_together_has_a_label",
                condition=~Q(kind="together") | ~Q(label_name=""),
                violation_error_message="name the label whose stores count together",
            ),
            models.CheckConstraint(
                name="rule_of_uptime_has_a_percentage",
                condition=~Q(kind="uptime") | Q(percent__isnull=False),
                violation_error_message="give the percentage of a rule of uptime",
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        """Refuse what cannot open an alert. The admin, the API and commands ask."""
        self.label_name = self.label_name.lower()
        refused = {
            "store_id": self.refused_store(),
            "labels": self.refused_labels(),
            "label_name": self.refused_label_name(),
        }
        if found := {name: text for name, text in refused.items() if text}:
            raise ValidationError(found)

    def refused_store(self):
        if not self.store_id:
            return None
        if self.kind in (self.Kind.TOGETHER, self.Kind.ALL_SILENT):
            return "This rule is of several stores."
        if not Store.objects.filter(pk=self.store_id).exists():
            return f"There is no store {self.store_id}."
        return None

    def refused_labels(self):
        if self.labels and self.kind == self.Kind.ALL_SILENT:
            return "This rule is of all stores."
        return None

    def refused_label_name(self):
        name = self.label_name
        if not name:
            return None
        if self.store_id and self.kind == self.Kind.UPTIME:
            return "This rule is of one store."
        if not StoreLabel.objects.filter(name=name).exists():
            return f"No store has the label {name}."
        return None


class Alert(models.Model):
    """What a rule found, such as one outage of one store.

    Its outage is the ongoing one that overlaps what the last evaluation saw, so it
    stays the same when late polls move the outage's start.
    """

    class End(models.TextChoices):
        UP = "up"
        UNOBSERVED = "unobserved"
        CORRECTED = "corrected"
        FEWER = "fewer"
        POLLED = "polled"
        NEXT_DAY = "next_day"

    alert_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    rule = models.ForeignKey(
        AlertRule, models.CASCADE, db_index=False, db_constraint=False
    )
    store_id = models.TextField(
        db_collation="C", help_text="Empty if it is of several stores, or of all."
    )
    value = models.TextField(
        db_collation="C",
        help_text="The label that the stores have in common, or empty.",
    )
    store_ids = ArrayField(
        models.TextField(db_collation="C"),
        default=list,
        help_text="The stores that are down together, or that were down on the date.",
    )
    day = models.DateField(null=True, help_text="The local date, of its uptime.")
    uptime_percent = models.DecimalField(
        null=True, max_digits=5, decimal_places=2, help_text="Of the date."
    )
    starts_at = models.DateTimeField(help_text="The outage's, or the date's, start.")
    opened_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    told_with = models.UUIDField(
        null=True, help_text="The alert of several stores that tells of it."
    )
    reminded_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.TextField(blank=True, help_text="A username.")
    comment = models.TextField(blank=True)
    ended_at = models.DateTimeField(
        null=True, help_text="The outage's, or the date's, end."
    )
    ended_as = models.TextField(blank=True, choices=End.choices)
    down = models.DurationField(
        null=True, help_text="The business time lost, once it is closed."
    )
    closed_at = models.DateTimeField(null=True)
    end_told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert"
        default_permissions = ["view", "change"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_alert",
                fields=["rule", "store_id", "value"],
                condition=Q(closed_at=None, day=None),
            ),
            models.UniqueConstraint(
                name="one_alert_of_a_date",
                fields=["rule", "store_id", "value", "day"],
                condition=Q(day__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="alert_of_store",
                fields=["rule", "store_id", "value", "-starts_at"],
            ),
            models.Index(name="alert_by_closing", fields=["closed_at"]),
        ]

    def __str__(self):
        return f"{self.rule}: {self.store_id or self.value or 'all stores'}"


class AlertMessage(models.Model):
    """A message for one channel, written with its alert and sent afterwards.

    It may arrive twice. Its id is the key by which a receiver sees that.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        DEAD = "dead"

    message_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    channel = models.ForeignKey(AlertChannel, models.CASCADE)
    event = models.TextField(help_text="Such as opened, reminder or ended.")
    subject = models.TextField()
    body = models.TextField()
    data = models.JSONField(default=dict, help_text="What a webhook sends.")
    html = models.TextField(blank=True, help_text="The body of a mail again, in HTML.")
    attachment = models.BinaryField(
        null=True, help_text="The workbook of a report, until it is sent."
    )
    attachment_name = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(
        default=timezone.now, help_text="When the next attempt is due."
    )
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        db_table = "alert_message"
        ordering = ["-created_at", "-message_id"]
        default_permissions = ["view", "change"]
        indexes = [
            models.Index(
                name="message_to_send",
                fields=["next_at"],
                condition=Q(state="queued"),
            ),
            models.Index(name="message_by_time", fields=["-created_at", "-message_id"]),
            models.Index(
                name="dead_message", fields=["created_at"], condition=Q(state="dead")
            ),
        ]

    def __str__(self):
        return self.subject


class AlertState(models.Model):
    """One row: what the last evaluation saw. An evaluation locks the table."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    as_of = models.DateTimeField(null=True)
    timeline = models.TextField(
        blank=True, help_text="The transaction that had last written the timeline."
    )
    evaluated_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert_state"
        default_permissions = []
        constraints = [
            models.CheckConstraint(name="one_alert_state", condition=Q(id=1))
        ]
