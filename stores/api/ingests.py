"""Ingests: upload files, and see what was loaded and which rows were rejected."""

from collections import namedtuple
from contextlib import ExitStack
from functools import partial
from hashlib import file_digest

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan
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
from restaurant_monitor.access.limits import limited
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import (
    WholeMultiPart,
    close_files,
    refuse_large_form,
)
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.paging import Page, newest_jobs, page_of
from restaurant_monitor.http.reading import (
    NoParameters,
    Strict,
    TextField,
    query,
    read,
    read_id,
    refuse_duplicates,
)
from restaurant_monitor.http.tables import (
    CSV,
    FORMULA,
    Tables,
    cell,
    columns_of,
    csv_file,
    line,
)
from stores import scope
from stores.api import idempotency
from stores.ingest import limits, uploads
from stores.ingest.staging import FILE_NAMES, KINDS
from stores.ingest.steps import KEPT_OF_A_FILE
from stores.ingest.suspicion import CODES
from stores.models import Ingest, Reject

MOST_KEPT, MOST_KEPT_BYTES = KEPT_OF_A_FILE.values()
ANY = Q()
INGEST_ID = OpenApiParameter("ingest_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
KEY_HEADER = OpenApiParameter(
    idempotency.HEADER,
    location=OpenApiParameter.HEADER,
    description="1 to 200 printable ASCII characters of your choice. If you send a "
    "request again with the same key, it is not executed again: you get the first "
    "answer, with `Idempotent-Replayed: true`.",
)


# --- Requests


class IngestQuery(Page):
    state = serializers.ChoiceField(
        Ingest.State,
        required=False,
        default="",
        help_text="Only ingests in this state.",
    )


class Upload(Strict):
    """One or more files, each plain or in gzip, whatever its name is."""

    locals().update({kind: serializers.FileField(required=False) for kind in KINDS})
    max_rejects = TextField(
        required=False,
        allow_blank=True,  # read_limit refuses it; else it would count as not sent
        help_text="Load nothing if more rows of a file are rejected: a share of them "
        "or a number, such as `5%` or `200`. A share allows "
        f"{limits.FEW_ROWS} rows of any file. The default is `{limits.DEFAULT}`.",
    )
    strict = serializers.BooleanField(
        default=False,
        help_text="Load nothing if any row is rejected: `max_rejects` is 0.",
    )

    def validate_max_rejects(self, text):
        try:
            return limits.read_limit(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def validate(self, wanted):
        if not wanted.keys() & KINDS.keys():
            raise ValidationError(f"send at least one of these: {', '.join(KINDS)}")
        if wanted.pop("strict"):
            if "max_rejects" in wanted:
                raise ValidationError("send strict or max_rejects, not both")
            wanted["max_rejects"] = limits.NO_ROW
        return {"max_rejects": limits.DEFAULT} | wanted


# --- Responses


class CountsAnswer(serializers.Serializer):
    """read = new + changed + already_there + superseded + rejected."""

    read = serializers.IntegerField()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    already_there = serializers.IntegerField()
    superseded = serializers.IntegerField(
        help_text="Replaced by a later row of the file."
    )
    rejected = serializers.IntegerField()


class ReasonAnswer(serializers.Serializer):
    file = serializers.CharField(help_text="The kind of file.")
    reason = serializers.CharField()
    rejected = serializers.IntegerField()


class WarningAnswer(serializers.Serializer):
    """What looks wrong though the rows are valid. Nothing was left out for it."""

    code = serializers.ChoiceField(CODES)
    text = serializers.CharField()


class LinksAnswer(serializers.Serializer):
    self = serializers.URLField()
    rejects = serializers.URLField(
        required=False, help_text="The rejected rows, if there are any."
    )


class ProgressAnswer(serializers.Serializer):
    step = serializers.ChoiceField(["reading", "checking", "storing"])
    bytes_read = serializers.IntegerField(help_text="Of the files as they were sent.")
    bytes_total = serializers.IntegerField()


class IngestAnswer(serializers.Serializer):
    ingest_id = serializers.UUIDField()
    state = serializers.ChoiceField(Ingest.State)
    progress = ProgressAnswer(allow_null=True, help_text="Only while it is running.")
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    files = serializers.DictField(
        child=serializers.CharField(), help_text="The name of each file, by kind."
    )
    counts = serializers.DictField(child=CountsAnswer(), help_text="By kind of file.")
    hours_removed = serializers.IntegerField(
        help_text="Rows of business hours that a new week replaced."
    )
    labels_removed = serializers.IntegerField(
        help_text="Labels that the new labels of their store lack."
    )
    rejected = serializers.IntegerField(help_text="The number of rejected rows.")
    reasons = ReasonAnswer(many=True)
    warnings = WarningAnswer(many=True)
    attempts = serializers.IntegerField()
    error = serializers.CharField(
        allow_blank=True, help_text="Why the ingest, or its last attempt, failed."
    )
    request_id = serializers.CharField(
        allow_blank=True,
        help_text="The X-Request-ID of the request for it. Empty: a command made it.",
    )
    links = LinksAnswer()


@extend_schema_serializer(many=False)  # an object with the list in it
class IngestsAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = IngestAnswer(many=True)


class RejectAnswer(serializers.Serializer):
    file = serializers.CharField()
    record = serializers.IntegerField(help_text="The first row after the header is 1.")
    reason = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField(allow_null=True))


class RejectsAnswer(serializers.Serializer):
    not_kept = serializers.IntegerField(
        help_text="How many rejected rows are only counted: of a file, the first "
        f"{MOST_KEPT:,} are kept, and at most {MOST_KEPT_BYTES >> 20} MiB."
    )
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = RejectAnswer(many=True)


Resource = namedtuple("Resource", columns_of(IngestAnswer))


def resource(request, ingest):
    """Return an Ingest as a dict with the fields of the API."""
    return as_row(request, ingest)._asdict()


def as_row(request, ingest):
    links = {"self": address_of(request, ingest)}
    if ingest.rejected:
        links["rejects"] = address_of(request, ingest, "ingest_rejects")
    made = {
        "ingest_id": str(ingest.pk),
        "progress": progress_of(ingest),
        "files": in_order(KINDS, ingest.files),
        "counts": {
            kind: in_order(columns_of(CountsAnswer), counts)
            for kind, counts in in_order(KINDS, ingest.counts).items()
        },
        "reasons": [
            in_order(columns_of(ReasonAnswer), reason) for reason in ingest.reasons
        ],
        "warnings": [
            in_order(columns_of(WarningAnswer), warning) for warning in ingest.warnings
        ],
        "links": links,
    }
    stored = [name for name in Resource._fields if name not in made]
    return Resource(**made, **{name: getattr(ingest, name) for name in stored})


def progress_of(ingest):
    if ingest.state != Ingest.State.RUNNING:
        return None
    return {name: getattr(ingest, name) for name in columns_of(ProgressAnswer)}


def in_order(names, content):
    """Return a dict in the order of the names. The database keeps no order."""
    return {name: content[name] for name in names if name in content}


def address_of(request, ingest, name="ingest"):
    return reverse(name, args=[ingest.pk], request=request)


def find(user, ingest_id):
    """Return an Ingest that a user may see; raise ValidationError or NotFound."""
    ingest_id = read_id("ingest_id", ingest_id)
    for ingest in Ingest.objects.filter(scope.sees_job(user), pk=ingest_id):
        return ingest
    raise NotFound(f"there is no ingest {ingest_id}")


def ingests_page(request, params, user, condition=ANY):
    """Answer with one page of the ingests that a user may see, the newest first."""
    seen = Ingest.objects.filter(scope.sees_job(user), condition)
    found = newest_jobs(seen, params)
    rows = [as_row(request, ingest) for ingest in found]
    key = ["requested_at", "ingest_id"]
    return page_of(request, params, rows, Resource._fields, key)


# --- The endpoints


@needs(GET="stores.view_ingest", POST="stores.add_ingest")
@limited(POST="uploads")
class Ingests(ViewSet):
    parser_classes = (WholeMultiPart,)

    @extend_schema(summary="List ingests", responses=answers(IngestsAnswer))
    @query(IngestQuery)
    def list(self, request, params):
        """List ingests, the newest first."""
        return ingests_page(request, params, request.user)

    @extend_schema(
        summary="Upload files",
        parameters=[KEY_HEADER],
        request={"multipart/form-data": Upload},
        responses=answers(IngestAnswer, 411, 413, 422, status=202),
    )
    @query(NoParameters)
    def create(self, request, params):
        """Send one or more files. A worker loads them as `ingest_csv` does.

        The `Location` header has the address of the ingest, to poll for the result.
        """
        key = idempotency.key_of(request)
        refuse_large_form(request, settings.UPLOAD_BYTES)
        with ExitStack() as at_end:
            at_end.callback(close_files, request.FILES)
            ingest, headers = request_uploaded(request.data, key)
        headers |= {"Location": address_of(request, ingest), "Retry-After": "1"}
        return Response(resource(request, ingest), status=202, headers=headers)

    @extend_schema(
        summary="Get an ingest",
        parameters=[INGEST_ID],
        responses=answers(IngestAnswer, 404),
    )
    @query(NoParameters)
    def retrieve(self, request, params, ingest_id):
        """Get the state of an ingest, and what happened to its rows."""
        return Response(resource(request, find(request.user, ingest_id)))


def request_uploaded(data, key):
    """Read a form and queue its files; return the Ingest and headers."""
    refuse_duplicates(data or QueryDict())
    form = vars(read(Upload, data))
    max_rejects = form.pop("max_rejects")
    return request_once(form, max_rejects, key)


@transaction.atomic
def request_once(files, max_rejects, key):
    """Queue uploaded files once for each key; return the Ingest and headers."""
    fingerprint = fingerprint_of(files, max_rejects) if key else None
    if found := idempotency.first_ingest(key, fingerprint):
        return found, dict(idempotency.REPLAYED)
    fields = {"max_rejects": max_rejects, "key": key, "fingerprint": fingerprint}
    return uploads.request_ingest(files, **fields), {}


def fingerprint_of(files, max_rejects):
    parts = ["ingests", max_rejects]
    for kind, file in sorted(files.items()):
        file.seek(0)
        parts += [kind, file.name, file_digest(file.file, "sha256").digest()]
    return idempotency.fingerprint(*parts)


@needs(GET="stores.view_ingest")
class Rejects(Tables, APIView):
    @extend_schema(
        summary="List an ingest's rejected rows",
        parameters=[INGEST_ID],
        responses=answers(RejectsAnswer, 404, csv=True),
    )
    @query(Page)
    def get(self, request, params, ingest_id):
        """List the rejected rows of an ingest, in the order of its files.

        As CSV: all rows in one file, as `ingest_csv --rejects` writes it. If some
        rows are not kept, its last row says how many in the column `reason`.
        """
        ingest = find(request.user, ingest_id)
        if request.accepted_renderer.media_type == CSV:
            return rejects_file(ingest)
        after_file, after_record = params.cursor or (0, 0)
        return page_of(
            request,
            params,
            rejects_after(ingest, after_file, after_record)[: params.page_size + 1],
            columns_of(RejectAnswer),
            ["file_number", "record"],
            not_kept=ingest.rejects_not_kept(),
        )


def rejects_after(ingest, file_number, record):
    """Return the rejected rows after the given one, in the order of the files."""
    # A comparison of rows: the index begins there, however deep the page is.
    place = Tuple("file_number", "record")
    after = TupleGreaterThan(place, (file_number, record))
    found = Reject.objects.filter(after, ingest_id=ingest.pk)
    return found.order_by("file_number", "record").values_list(
        "file_number", *columns_of(RejectAnswer), named=True
    )


def rejects_file(ingest):
    """Return a response with a CSV file of the rejected rows of all files."""
    return csv_file(
        partial(
            sql.copy_out,
            "ingest/rejects",
            ingest_id=ingest.pk,
            rejected=ingest.rejected,
            formula=FORMULA,
        ),
        f"rejects_{ingest.requested_at:%Y-%m-%d_%H%M%S}.csv",
    )


def rejects_of_kind(ingest, kind):
    """Return a response with the rejected rows of one file, in its columns.

    The columns `rejected_because` and `record` come last. The file can be loaded: other
    columns than those of its kind are ignored.
    """
    number = [*KINDS].index(kind) + 1
    rows = rejects_after(ingest, number, 0).filter(file_number=number)
    return csv_file(
        partial(write_rejects, ingest.columns[kind], rows),
        FILE_NAMES[kind].replace(".csv", "_rejects.csv"),
    )


def write_rejects(columns, rows, file):
    lines = [[*columns, "rejected_because", "record"]]
    lines += [[*row.fields, row.reason, row.record] for row in rows]
    file.writelines(line(map(cell, values)).encode() for values in lines)
