"""Who may see which stores, the API keys of programs, and what was changed by whom.

Users and roles are those of Django: a role is a group. The ids of stores and the names
of labels are plain text here: they may belong to a store that does not exist yet.
"""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from rest_framework.utils.encoders import JSONEncoder

NOBODY = 0  # no user has this id


class Grant(models.Model):
    """Gives a user or a group one store, or all stores with a label."""

    grant_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True
    )
    group = models.ForeignKey("auth.Group", models.CASCADE, null=True, blank=True)
    store_id = models.TextField(db_collation="C", null=True, blank=True)
    label_name = models.TextField(
        db_collation="C", null=True, blank=True, help_text="Such as region."
    )
    label_value = models.TextField(
        db_collation="C", null=True, blank=True, help_text="Such as west."
    )
    granted_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "access_grant"
        ordering = ["granted_at", "grant_id"]
        permissions = [("see_all", "Can see all stores, without a grant")]
        indexes = [
            models.Index(
                name="store_of_user",
                fields=["user", "store_id"],
                condition=Q(store_id__isnull=False),
            ),
            models.Index(
                name="store_of_group",
                fields=["group", "store_id"],
                condition=Q(store_id__isnull=False),
            ),
            models.Index(
                name="granted_label",
                fields=["label_name", "label_value"],
                condition=Q(label_name__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="grant_is_for_a_user_or_a_group",
                condition=Q(user=None) ^ Q(group=None),
                violation_error_message="name a user or a group, and not both",
            ),
            models.CheckConstraint(
                name="grant_is_of_a_store_or_a_label",
                condition=Q(store_id__isnull=False, label_name=None, label_value=None)
                | Q(store_id=None, label_name__isnull=False, label_value__isnull=False),
                violation_error_message="name a store, or a label with its value, "
                "and not both",
            ),
            models.UniqueConstraint(
                name="grant_is_given_once",
                fields=["user", "group", "store_id", "label_name", "label_value"],
                nulls_distinct=False,
                violation_error_message="this is granted already",
            ),
        ]

    def __str__(self):
        what = self.store_id or f"{self.label_name}:{self.label_value}"
        return f"{what} for {self.user or self.group}"


class ApiKey(models.Model):
    """A key with which a program acts for a user. Only its hash is stored."""

    key_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys"
    )
    name = models.TextField(help_text="What uses the key, such as poller-west.")
    prefix = models.TextField(
        unique=True, editable=False, help_text="The beginning of the key."
    )
    digest = models.TextField(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ends_at = models.DateTimeField(
        null=True, blank=True, help_text="From then on it is refused. Empty: never."
    )
    last_used_at = models.DateTimeField(
        null=True, editable=False, help_text="To the minute."
    )
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "api_key"
        ordering = ["-created_at", "-key_id"]
        verbose_name = "API key"

    def __str__(self):
        return f"{self.name} ({self.prefix}…)"


class RequestCount(models.Model):
    """How many requests a user sent since the current window of a limit began.

    The table is unlogged: it is empty after a crash of the server, and a write to it
    waits for no disk.
    """

    pk = models.CompositePrimaryKey("user_id", "limit_name")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    limit_name = models.TextField(help_text="Such as pushes.")
    requests = models.IntegerField()
    ends_at = models.DateTimeField(help_text="Of the window.")

    class Meta:
        db_table = "request_count"

    def __str__(self):
        return f"{self.requests} {self.limit_name} of {self.user}"


class AddedOnly(models.QuerySet):
    """Entries that nobody changes, and that are deleted only when they are old."""

    def update(self, **values):
        raise TypeError("an audit entry never changes")

    def delete(self):
        raise TypeError("audit entries are deleted only by prune")

    def prune(self, before):
        """Delete the entries from before this instant; return how many."""
        deleted, _ = models.QuerySet.delete(self.filter(at__lt=before))
        return deleted


class AuditEntry(models.Model):
    """What somebody changed, from what to what. Entries are only added: see audit.py.

    The user's id is a plain number: the entry stays if the user is deleted. The name of
    a user has no blank, so that the other values of `username` are nobody's name.
    """

    entry_id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    user_id = models.BigIntegerField(null=True)
    username = models.TextField(
        db_collation="C",
        blank=True,
        help_text="Or the command with the user of the operating system, the worker, "
        "or open mode.",
    )
    key = models.TextField(blank=True, help_text="The prefix of the API key.")
    address = models.TextField(blank=True, help_text="The IP address it came from.")
    request_id = models.TextField(blank=True)
    action = models.TextField(db_collation="C", help_text="Such as store.renamed.")
    subject = models.TextField(
        db_collation="C", help_text="The id of what was changed."
    )
    before = models.JSONField(null=True, encoder=JSONEncoder)
    after = models.JSONField(null=True, encoder=JSONEncoder)

    objects = AddedOnly.as_manager()

    class Meta:
        db_table = "audit_entry"
        ordering = ["-at", "-entry_id"]
        verbose_name_plural = "audit entries"
        default_permissions = []  # `access.see_all` lets a user read them
        # A list is read in its order, however few entries its conditions leave.
        indexes = [
            models.Index(name="audit_by_time", fields=["at", "entry_id"]),
            models.Index(name="audit_by_user", fields=["username", "at", "entry_id"]),
            models.Index(name="audit_by_action", fields=["action", "at", "entry_id"]),
            models.Index(name="audit_by_subject", fields=["subject", "at", "entry_id"]),
        ]

    def __str__(self):
        return f"{self.action} {self.subject}"

    def save(self, **options):
        if not self._state.adding:
            raise TypeError("an audit entry never changes")
        super().save(**options)

    def delete(self, **options):
        raise TypeError("audit entries are deleted only by prune")
