"""Ingests: files are uploaded; what was loaded, and the rows that were set aside."""

from collections import namedtuple
from functools import partial
from hashlib import file_digest

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
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
    Strict,
    Tables,
    WholeMultiPart,
    answers,
    csv_file,
    page_of,
    query,
    read,
    read_id,
    refuse_large_form,
    refuse_twice,
)
from stores import idempotency, uploads
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


class Upload(Strict):
    """Any of the files, each plain or, if its name ends so, in .gz."""

    locals().update({kind: serializers.FileField(required=False) for kind in COLUMNS})
    strict = serializers.BooleanField(
        default=False, help_text="Refuse all if any row is set aside."
    )

    def validate(self, wanted):
        if not wanted.keys() & COLUMNS.keys():
            raise ValidationError(f"send one of these at least: {', '.join(COLUMNS)}")
        return wanted


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


class ProgressAnswer(serializers.Serializer):
    step = serializers.ChoiceField(["reading", "checking", "storing"])
    bytes_read = serializers.IntegerField(help_text="Of the files as they were sent.")
    bytes_total = serializers.IntegerField()


class IngestAnswer(serializers.Serializer):
    ingest_id = serializers.UUIDField()
    state = serializers.ChoiceField(Ingest.State)
    progress = ProgressAnswer(allow_null=True, help_text="Of one that is running.")
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
    attempts = serializers.IntegerField()
    error = serializers.CharField(
        allow_blank=True, help_text="Why it failed, or an attempt did."
    )
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
PROGRESS = list(ProgressAnswer().fields)
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
        "progress": progress_of(ingest),
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


def progress_of(ingest):
    if ingest.state != Ingest.State.RUNNING:
        return None
    return {name: getattr(ingest, name) for name in PROGRESS}


def in_order(names, content):
    """Return a dict in the order of the names: the database keeps none."""
    return {name: content[name] for name in names if name in content}


def address_of(request, ingest, name="ingest"):
    return reverse(name, args=[ingest.pk], request=request)


def find(ingest_id):
    """Find the Ingest of an address; say what is wrong with the id otherwise."""
    ingest_id = read_id("ingest_id", ingest_id)
    for ingest in Ingest.objects.filter(pk=ingest_id):
        return ingest
    raise NotFound(f"there is no ingest {ingest_id}")


# --- The endpoints


class Ingests(ViewSet):
    parser_classes = (WholeMultiPart,)

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

    @extend_schema(
        parameters=[KEY_HEADER],
        request={"multipart/form-data": Upload},
        responses=answers(IngestAnswer, 411, 413, 422, status=202),
    )
    @query(Nothing)
    def create(self, request, asked):
        """Upload files for a worker to load, as `ingest_csv` does.

        The answer tells where to ask what became of them.
        """
        key = idempotency.key_of(request)
        refuse_large_form(request, settings.UPLOAD_BYTES)
        refuse_twice(request.data or QueryDict())
        form = vars(read(Upload, request.data))
        is_strict = form.pop("strict")
        ingest, headers = requested(form, is_strict, key)
        headers |= {"Location": address_of(request, ingest), "Retry-After": "1"}
        return Response(resource(request, ingest), status=202, headers=headers)

    @extend_schema(parameters=[INGEST_ID], responses=answers(IngestAnswer, 404))
    @query(Nothing)
    def retrieve(self, request, asked, ingest_id):
        """Tell how an ingest stands, and what became of its rows."""
        return Response(resource(request, find(ingest_id)))


@transaction.atomic
def requested(files, is_strict, key):
    """Keep uploaded files, unless that was done under this key; return the Ingest."""
    fingerprint = fingerprint_of(files, is_strict) if key else None
    if found := idempotency.first_ingest(key, fingerprint):
        return found, dict(idempotency.REPLAYED)
    fields = {"is_strict": is_strict, "key": key, "fingerprint": fingerprint}
    return uploads.request_ingest(files, **fields), {}


def fingerprint_of(files, is_strict):
    parts = ["ingests", str(is_strict)]
    for kind, file in sorted(files.items()):
        file.seek(0)
        parts += [kind, file.name, file_digest(file.file, "sha256").digest()]
    return idempotency.fingerprint(*parts)


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
    """Answer with the rows that were set aside."""
    return csv_file(
        partial(sql.copy_out, "ingest/rejects", ingest_id=ingest.pk),
        f"rejects_{ingest.requested_at:%Y-%m-%d_%H%M%S}.csv",
    )
