"""API keys: list, make and revoke them. The key itself is only in one answer."""

from collections import namedtuple
from datetime import UTC, datetime

from django.contrib.auth.models import User
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import ViewSet

from restaurant_monitor.access import accounts
from restaurant_monitor.access.api.grants import named
from restaurant_monitor.access.keys import LONGEST_NAME, refuse_odd_name
from restaurant_monitor.access.models import ApiKey
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.paging import Page, newest_first, page_of
from restaurant_monitor.http.reading import (
    InstantField,
    NoParameters,
    Strict,
    TextField,
    query,
    read_id,
)
from restaurant_monitor.http.tables import columns_of

KEY_ID = OpenApiParameter("key_id", OpenApiTypes.UUID, OpenApiParameter.PATH)

# --- Requests


class KeysQuery(Page):
    user = serializers.CharField(
        required=False, default="", help_text="Only those of the user with this name."
    )


class NewKey(Strict):
    user = TextField(help_text="The username. The key may do what this user may do.")
    name = TextField(
        max_length=LONGEST_NAME,
        validators=[refuse_odd_name],
        help_text="What uses it, such as poller-west.",
    )
    ends_at = InstantField(
        required=False,
        allow_null=True,
        default=None,
        help_text="From then on it is refused. Null means never.",
    )

    def validate_user(self, name):
        return named(User, username=name)

    def validate_ends_at(self, moment):
        if moment is not None and moment <= datetime.now(UTC):
            raise ValidationError("This is not in the future.")
        return moment


# --- Answers


class KeyAnswer(serializers.Serializer):
    key_id = serializers.UUIDField()
    user = serializers.CharField(help_text="The username.")
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="The beginning of the key.")
    created_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null means never.")
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="To the minute. Null: never used."
    )
    revoked_at = serializers.DateTimeField(allow_null=True)


class MadeKey(KeyAnswer):
    key = serializers.CharField(
        help_text="The key itself. No later answer has it: it is not stored."
    )


@extend_schema_serializer(many=False)  # an object with the list in it
class KeysAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = KeyAnswer(many=True)


Row = namedtuple("Row", columns_of(KeyAnswer))


def row(key):
    fields = {name: getattr(key, name) for name in Row._fields}
    return Row(**fields | {"user": key.user.username})


def find(key_id):
    """Return an ApiKey; raise NotFound. No key has an id that is not a UUID."""
    pk = read_id("key_id", key_id)
    for key in ApiKey.objects.filter(pk=pk).select_related("user"):
        return key
    raise NotFound(f"there is no API key {pk}")


# --- The endpoints


@needs(
    GET="access.view_apikey", POST="access.add_apikey", DELETE="access.change_apikey"
)
class Keys(ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(summary="List API keys", responses=answers(KeysAnswer))
    @query(KeysQuery)
    def list(self, request, params):
        """List API keys, also ended and revoked ones, the newest first."""
        found = ApiKey.objects.select_related("user")
        if params.user:
            found = found.filter(user__username=params.user)
        key = ["created_at", "key_id"]
        rows = map(row, newest_first(found, params, key))
        return page_of(request, params, rows, Row._fields, key)

    @extend_schema(
        summary="Make an API key",
        request=NewKey,
        responses=answers(MadeKey, 413, status=201),
    )
    @query(NoParameters)
    def create(self, request, params):
        """Make an API key for a user. This answer alone has the key: keep it."""
        data = read_json(NewKey, request)
        key, text = accounts.make_key(request.user, data.user, data.name, data.ends_at)
        headers = {
            "Location": reverse("key", args=[key.pk], request=request),
            "Cache-Control": "no-store",
        }
        return Response(row(key)._asdict() | {"key": text}, 201, headers=headers)

    @extend_schema(
        summary="Get an API key", parameters=[KEY_ID], responses=answers(KeyAnswer, 404)
    )
    @query(NoParameters)
    def retrieve(self, request, params, key_id):
        """Get whose API key this is, and when it was used."""
        return Response(row(find(key_id))._asdict())

    @extend_schema(
        summary="Revoke an API key",
        parameters=[KEY_ID],
        responses=answers(KeyAnswer, 404),
    )
    @query(NoParameters)
    def destroy(self, request, params, key_id):
        """Refuse an API key from now on. It stays in the list."""
        key = find(key_id)
        accounts.revoke_key(request.user, key)
        return Response(row(key)._asdict())
