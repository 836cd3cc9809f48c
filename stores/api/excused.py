"""Excused time of a store, of a label or of all stores: listed, added and removed."""

from django.core.exceptions import ValidationError as Invalid
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers, refusals
from restaurant_monitor.http.errors import invalid
from restaurant_monitor.http.paging import Page, page_of
from restaurant_monitor.http.reading import (
    InstantField,
    NoParameters,
    Strict,
    TextField,
    query,
    read_id,
)
from restaurant_monitor.http.tables import Tables, columns_of
from stores import scope
from stores.api.targets import LABEL, TargetLabelField
from stores.excused import excuse, listed, remove
from stores.models import LONGEST_EXCUSE, LONGEST_ID, ExcusedTime

EXCUSED_ID = OpenApiParameter("excused_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


# --- Requests


class ExcusedQuery(Page):
    store_id = TextField(
        required=False,
        default=None,
        max_length=LONGEST_ID,
        help_text="Only stretches that hold for this store, also by its label.",
    )
    label = TargetLabelField(
        required=False,
        default=None,
        help_text="Only those of this label, or `all`.",
    )
    locals()["from"] = InstantField(
        source="since",
        required=False,
        default=None,
        help_text="Only stretches that end after this moment.",
    )
    to = InstantField(
        source="until",
        required=False,
        default=None,
        help_text="Only stretches that begin before this moment.",
    )


class NewExcusedTime(Strict):
    store_id = TextField(
        required=False,
        allow_null=True,
        default=None,
        max_length=LONGEST_ID,
        help_text="The store. Otherwise give a label.",
    )
    label = TargetLabelField(required=False, allow_null=True, default=None, **LABEL)
    starts_at = InstantField()
    ends_at = InstantField(help_text="At most 366 days after the start.")
    reason = TextField(
        max_length=LONGEST_EXCUSE, help_text="Such as planned maintenance."
    )


# --- Responses


class ExcusedAnswer(serializers.Serializer):
    excused_id = serializers.UUIDField()
    store_id = serializers.CharField(allow_null=True)
    label = serializers.CharField(allow_null=True, **LABEL)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField()
    username = serializers.CharField(help_text="Who excused it.")
    created_at = serializers.DateTimeField()


@extend_schema_serializer(many=False)  # an object with the list in it
class ExcusedListAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = ExcusedAnswer(many=True)


COLUMNS = columns_of(ExcusedAnswer)


def excused_page(request, params, viewer):
    """Answer with the page of the excused time that an ExcusedQuery asks for."""
    after_start, after_id = params.cursor or (None, None)
    found = listed(
        viewer,
        store_id=params.store_id,
        label=params.label,
        since=params.since,
        until=params.until,
        after_starts_at=after_start,
        after_id=after_id,
        limit=params.page_size + 1,
    )
    return page_of(request, params, found, COLUMNS, ["starts_at", "excused_id"])


# --- The endpoints


@needs(
    GET="stores.view_period",
    POST="stores.change_excusedtime",
    DELETE="stores.change_excusedtime",
)
class Excused(Tables, ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(
        summary="List excused time", responses=answers(ExcusedListAnswer, csv=True)
    )
    @query(ExcusedQuery)
    def list(self, request, params):
        """List the excused time of stores, of labels and of all, the last one first.

        A user who sees only some stores sees what holds for these.
        """
        return excused_page(request, params, scope.viewer(request.user))

    @extend_schema(
        summary="Excuse time",
        request=NewExcusedTime,
        responses=answers(ExcusedAnswer, 404, 413, status=201),
    )
    @query(NoParameters)
    def create(self, request, params):
        """Excuse a stretch of time of a store, of the stores with a label, or of all.

        No sum counts it as up, down or unobserved any more. Who sees only some stores
        may excuse only one of these at a time.
        """
        excused = ExcusedTime(**vars(read_json(NewExcusedTime, request)))
        try:
            excuse(request.user, excused)
        except Invalid as error:
            raise invalid(error) from error
        content = {name: getattr(excused, name) for name in COLUMNS}
        return Response(content, status=201)

    @extend_schema(
        summary="Remove excused time",
        parameters=[EXCUSED_ID],
        responses={204: None, **refusals(400, 404, 406, 415)},
    )
    @query(NoParameters)
    def destroy(self, request, params, excused_id):
        """Remove a stretch of excused time: it counts again as what was seen."""
        remove(request.user, read_id("excused_id", excused_id))
        return Response(status=204)
