"""The audit log: who changed what."""

import json

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.viewsets import ViewSet

from restaurant_monitor.access.models import AuditEntry
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.paging import Page, newest_first, page_of
from restaurant_monitor.http.reading import InstantField, query
from restaurant_monitor.http.tables import Tables, columns_of

KEY = ["at", "entry_id"]


# --- Requests


class AuditQuery(Page):
    user = serializers.CharField(
        source="username",
        required=False,
        help_text="Only what this user did. Also `open mode`, `the worker`, or a "
        "command, such as `manage.py prune (root)`.",
    )
    action = serializers.CharField(
        required=False, help_text="Only this action, such as `store.renamed`."
    )
    subject = serializers.CharField(
        required=False,
        help_text="Only changes of what has this id: a store, a report and so on.",
    )
    locals()["from"] = InstantField(
        source="at__gte", required=False, help_text="Only what was done since then."
    )
    to = InstantField(
        source="at__lt", required=False, help_text="Only what was done before that."
    )


CONDITIONS = ["username", "action", "subject", "at__gte", "at__lt"]


# --- Responses


class EntryAnswer(serializers.Serializer):
    entry_id = serializers.IntegerField()
    at = serializers.DateTimeField()
    user_id = serializers.IntegerField(allow_null=True)
    username = serializers.CharField(
        help_text="A user, `open mode`, `the worker`, or a command with the user of "
        "the operating system."
    )
    key = serializers.CharField(
        allow_blank=True, help_text="The beginning of the API key, if there was one."
    )
    address = serializers.CharField(
        allow_blank=True, help_text="The IP address that the request came from."
    )
    request_id = serializers.CharField(
        allow_blank=True, help_text="The X-Request-ID of the request, as in the log."
    )
    action = serializers.CharField(help_text="Such as `store.renamed`.")
    subject = serializers.CharField(help_text="The id of what was changed.")
    before = serializers.DictField(
        allow_null=True, help_text="What differs, as it was. Null: it is new."
    )
    after = serializers.DictField(
        allow_null=True, help_text="What differs, as it is now. Null: it is gone."
    )


@extend_schema_serializer(many=False)  # an object with the list in it
class AuditAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = EntryAnswer(many=True)


# --- The endpoint


@needs(GET="access.see_all")
class AuditEntries(Tables, ViewSet):
    @extend_schema(
        summary="List who changed what",
        tags=["audit"],
        responses=answers(AuditAnswer, csv=True),
    )
    @query(AuditQuery)
    def list(self, request, params):
        """List the entries of the audit log, the newest first.

        As CSV, `before` and `after` are JSON in a cell.
        """
        columns = columns_of(EntryAnswer)
        found = entries(params).values_list(*columns, named=True)
        rows = newest_first(found, params, KEY)
        page = page_of(request, params, rows, columns, KEY)
        page.data.rows = list(map(with_json, page.data.rows))
        return page


def with_json(row):
    texts = {name: as_json(row[name]) for name in ("before", "after")}
    return row | texts


def as_json(value):
    return value and json.dumps(value, ensure_ascii=False)


def entries(params):
    """Return the entries that meet the conditions."""
    asked = vars(params)
    conditions = {name: asked[name] for name in CONDITIONS if name in asked}
    return AuditEntry.objects.filter(**conditions)
