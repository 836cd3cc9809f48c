"""Grants: which stores a user or a role may see, by id or by label."""

from collections import namedtuple

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError as Invalid
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
from restaurant_monitor.access.models import Grant
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers, refusals
from restaurant_monitor.http.errors import Conflict
from restaurant_monitor.http.paging import Page, newest_first, page_of
from restaurant_monitor.http.reading import (
    NoParameters,
    Strict,
    TextField,
    query,
    read_id,
)
from restaurant_monitor.http.tables import columns_of

GRANT_ID = OpenApiParameter("grant_id", OpenApiTypes.UUID, OpenApiParameter.PATH)

# --- Requests


class GrantsQuery(Page):
    user = serializers.CharField(
        required=False, default="", help_text="Only those of the user with this name."
    )
    group = serializers.CharField(
        required=False, default="", help_text="Only those of the role with this name."
    )
    store_id = serializers.CharField(
        required=False,
        default="",
        trim_whitespace=False,
        help_text="Only those that name this store.",
    )


class LabelField(TextField):
    """A label with its value, such as `region:west`."""

    def to_internal_value(self, data):
        name, _, value = super().to_internal_value(data).partition(":")
        if not (name and value):
            raise ValidationError("A label has a name and a value: region:west.")
        return name, value


class NewGrant(Strict):
    user = TextField(
        required=False, allow_null=True, default=None, help_text="A username."
    )
    group = TextField(
        required=False, allow_null=True, default=None, help_text="The name of a role."
    )
    store_id = TextField(required=False, allow_null=True, default=None, max_length=64)
    label = LabelField(
        required=False,
        allow_null=True,
        default=None,
        max_length=133,
        help_text="All stores with this label, such as `region:west`.",
    )

    def validate_user(self, name):
        return None if name is None else named(User, username=name)

    def validate_group(self, name):
        return None if name is None else named(Group, name=name)


def named(model, **condition):
    """Return the one with this name; raise ValidationError if there is none."""
    for found in model.objects.filter(**condition):
        return found
    [name] = condition.values()
    raise ValidationError(f"There is no {model._meta.verbose_name} {name}.")


# --- Answers


class GrantAnswer(serializers.Serializer):
    grant_id = serializers.UUIDField()
    user = serializers.CharField(allow_null=True, help_text="The username.")
    group = serializers.CharField(allow_null=True, help_text="The name of the role.")
    store_id = serializers.CharField(
        allow_null=True, help_text="It may be a store that does not exist yet."
    )
    label = serializers.CharField(
        allow_null=True, help_text="Such as region:west: all stores with this label."
    )
    granted_at = serializers.DateTimeField()


@extend_schema_serializer(many=False)  # an object with the list in it
class GrantsAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = GrantAnswer(many=True)


Row = namedtuple("Row", columns_of(GrantAnswer))


def row(grant):
    label = f"{grant.label_name}:{grant.label_value}" if grant.label_name else None
    user, group = grant.user, grant.group
    return Row(
        grant_id=grant.pk,
        user=user and user.username,
        group=group and group.name,
        store_id=grant.store_id,
        label=label,
        granted_at=grant.granted_at,
    )


def find(grant_id):
    """Return a Grant; raise NotFound. No grant has an id that is not a UUID."""
    key = read_id("grant_id", grant_id)
    for grant in Grant.objects.filter(pk=key).select_related("user", "group"):
        return grant
    raise NotFound(f"there is no grant {key}")


def give(by, fields):
    """Return a new Grant; raise ValidationError, or Conflict if it was given before."""
    if Grant.objects.filter(**fields).exists():
        raise Conflict("this is granted already")
    grant = Grant(**fields)
    try:
        accounts.give_grant(by, grant)
    except Invalid as error:
        raise ValidationError(error.message_dict) from error
    return grant


# --- The endpoints


@needs(GET="access.view_grant", POST="access.add_grant", DELETE="access.delete_grant")
class Grants(ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(summary="List grants", responses=answers(GrantsAnswer))
    @query(GrantsQuery)
    def list(self, request, params):
        """List which stores users and roles may see, the newest grant first.

        Users with the permission `access.see_all` see all stores without a grant.
        """
        found = Grant.objects.select_related("user", "group")
        if params.user:
            found = found.filter(user__username=params.user)
        if params.group:
            found = found.filter(group__name=params.group)
        if params.store_id:
            found = found.filter(store_id=params.store_id)
        key = ["granted_at", "grant_id"]
        rows = map(row, newest_first(found, params, key))
        return page_of(request, params, rows, Row._fields, key)

    @extend_schema(
        summary="Grant stores",
        request=NewGrant,
        responses=answers(GrantAnswer, 409, 413, status=201),
    )
    @query(NoParameters)
    def create(self, request, params):
        """Let a user or a role see a store, or all stores with a label.

        Name a user or a group, and a store or a label.
        """
        fields = vars(read_json(NewGrant, request))
        name, value = fields.pop("label") or (None, None)
        fields |= {"label_name": name, "label_value": value}
        grant = give(request.user, fields)
        url = reverse("grant", args=[grant.pk], request=request)
        return Response(row(grant)._asdict(), status=201, headers={"Location": url})

    @extend_schema(
        summary="Get a grant",
        parameters=[GRANT_ID],
        responses=answers(GrantAnswer, 404),
    )
    @query(NoParameters)
    def retrieve(self, request, params, grant_id):
        """Get to whom a grant was given, and which stores it names."""
        return Response(row(find(grant_id))._asdict())

    @extend_schema(
        summary="Take a grant back",
        parameters=[GRANT_ID],
        responses={204: None, **refusals(400, 404, 406, 415)},
    )
    @query(NoParameters)
    def destroy(self, request, params, grant_id):
        """Delete a grant. Its user or role sees its stores only by other grants."""
        accounts.take_grant(request.user, find(grant_id))
        return Response(status=204)
