"""Ingests: what was loaded, and the rows that were set aside."""

from collections import namedtuple
from tempfile import TemporaryFile

from django.db.models import Q
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

import sql
from restaurant_monitor.api import (
    CSV,
    Nothing,
    Page,
    Tables,
    answers,
    page_of,
    query,
)
from stores import idempotency
from stores.ingest import COLUMNS
from stores.models import Ingest

REJECT = ["file", "record", "reason", "fields"]
INGEST_ID = OpenApiParameter("ingest_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
KEY_HEADER = OpenApiParameter(
    idempotency.HEADER,
    location=OpenApiParameter.HEADER,
    description="1 to 200 printable ASCII letters of your choice. Whoever sends the "
    "same again with the same key gets the first answer again, with "
    "`Idempotent-Replayed: true`, and nothing is done twice.",
)


# --- What is asked


class IngestQuery(Page):
    state = serializers.ChoiceField(
        Ingest.State, required=False, default="", help_text="Only ingests that are so."
    )


# --- What is answered


class CountsAnswer(serializers.Serializer):
    """read = new + changed + already_there + superseded + rejected."""

    read = serializers.IntegerField()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    already_there = serializers.IntegerField()
    superseded = serializers.IntegerField(help_text="By a later row of its file.")
    rejected = serializers.IntegerField()


class ReasonAnswer(serializers.Serializer):
    file = serializers.CharField(help_text="The kind of file.")
    reason = serializers.CharField()
    rejected = serializers.IntegerField()


class LinksAnswer(serializers.Serializer):
    self = serializers.URLField()
    rejects = serializers.URLField(
        required=False, help_text="The rows set aside, if there are any."
    )


class IngestAnswer(serializers.Serializer):
    ingest_id = serializers.UUIDField()
    state = serializers.ChoiceField(Ingest.State)
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    files = serializers.DictField(
        child=serializers.CharField(), help_text="The name of each, by kind."
    )
    counts = serializers.DictField(child=CountsAnswer(), help_text="By kind of file.")
    hours_removed = serializers.IntegerField(
        help_text="Rows of business hours that gave way to a new week."
    )
    rejected = serializers.IntegerField(help_text="How many rows were set aside.")
    reasons = ReasonAnswer(many=True)
    error = serializers.CharField(allow_blank=True)
    links = LinksAnswer()


@extend_schema_serializer(many=False)  # an object with the list in it
class IngestsAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = IngestAnswer(many=True)


class RejectAnswer(serializers.Serializer):
    file = serializers.CharField()
    record = serializers.IntegerField(help_text="The first after the header is 1.")
    reason = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField(allow_null=True))


class RejectsAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = RejectAnswer(many=True)


Resource = namedtuple("Resource", IngestAnswer().fields)
COUNTS = list(CountsAnswer().fields)
REASON = list(ReasonAnswer().fields)


def resource(request, ingest):
    """Return what the API tells of an Ingest."""
    return as_row(request, ingest)._asdict()


def as_row(request, ingest):
    links = {"self": address_of(request, ingest)}
    if ingest.rejected:
        links["rejects"] = address_of(request, ingest, "ingest_rejects")
    made = {
        "ingest_id": str(ingest.pk),
        "files": in_order(COLUMNS, ingest.files),
        "counts": {
            kind: in_order(COUNTS, counts)
            for kind, counts in in_order(COLUMNS, ingest.counts).items()
        },
        "reasons": [in_order(REASON, reason) for reason in ingest.reasons],
        "links": links,
    }
    stored = [name for name in Resource._fields if name not in made]
    return Resource(**made, **{name: getattr(ingest, name) for name in stored})


def in_order(names, content):
    """Return a dict in the order of the names: the database keeps none."""
    return {name: content[name] for name in names if name in content}


def address_of(request, ingest, name="ingest"):
    return reverse(name, args=[ingest.pk], request=request)


def find(ingest_id):
    """Find the Ingest of an address; say what is wrong with the id otherwise."""
    try:
        ingest_id = serializers.UUIDField().to_internal_value(ingest_id)
    except ValidationError as error:
        raise ValidationError({"ingest_id": error.detail}) from error
    for ingest in Ingest.objects.filter(pk=ingest_id):
        return ingest
    raise NotFound(f"there is no ingest {ingest_id}")


# --- The endpoints


class Ingests(ViewSet):
    @extend_schema(responses=answers(IngestsAnswer))
    @query(IngestQuery)
    def list(self, request, asked):
        """List ingests, the newest first."""
        found = Ingest.objects.all()
        if asked.state:
            found = found.filter(state=asked.state)
        if asked.cursor:
            requested_at, ingest_id = asked.cursor
            earlier = Q(requested_at__lt=requested_at)
            same = Q(requested_at=requested_at, ingest_id__lt=ingest_id)
            found = found.filter(earlier | same)
        rows = [as_row(request, ingest) for ingest in found[: asked.page_size + 1]]
        key = ["requested_at", "ingest_id"]
        return page_of(request, asked, rows, Resource._fields, key)

    @extend_schema(parameters=[INGEST_ID], responses=answers(IngestAnswer, 404))
    @query(Nothing)
    def retrieve(self, request, asked, ingest_id):
        """Tell how an ingest stands, and what became of its rows."""
        return Response(resource(request, find(ingest_id)))


class Rejects(Tables, APIView):
    @extend_schema(
        parameters=[INGEST_ID], responses=answers(RejectsAnswer, 404, csv=True)
    )
    @query(Page)
    def get(self, request, asked, ingest_id):
        """List the rows that an ingest set aside, in the order of its files.

        As CSV: all of them at once, as `ingest_csv --rejects` writes them.
        """
        ingest = find(ingest_id)
        if request.accepted_renderer.media_type == CSV:
            return rejects_file(ingest)
        after_file, after_record = asked.cursor or (0, 0)
        found = sql.rows(
            "ingest/rejects_page",
            ingest_id=ingest.pk,
            after_file=after_file,
            after_record=after_record,
            most=asked.page_size + 1,
        )
        return page_of(request, asked, found, REJECT, ["file_number", "record"])


def rejects_file(ingest):
    """Answer with the rows set aside, by way of the disk and not of the memory."""
    file = TemporaryFile()  # noqa: SIM115, the response closes it
    sql.copy_out("ingest/rejects", file, ingest_id=ingest.pk)
    file.seek(0)
    name = f"rejects_{ingest.started_at:%Y-%m-%d_%H%M%S}.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type=CSV)
