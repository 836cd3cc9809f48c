"""Polls, pushed by programs: a small ingest, here and now."""

from contextlib import contextmanager

from django.db import OperationalError, transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from psycopg2.errors import LockNotAvailable
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.response import Response
from rest_framework.views import APIView

import sql
from restaurant_monitor.api import (
    CSV,
    Busy,
    Nothing,
    answers,
    query,
    whole_body,
)
from stores import idempotency
from stores.api.ingests import KEY_HEADER, IngestAnswer, address_of, resource
from stores.api.poll_bodies import (
    FIELDS,
    JSON,
    MOST_BYTES,
    MOST_ROWS,
    NDJSON,
    READERS,
    polls_file,
)
from stores.csv_file import Refused
from stores.ingest import ingest
from stores.models import Ingest

WAIT_MILLISECONDS = 20_000
EXAMPLE = {
    "store_id": "7105291213975568516",
    "status": "active",
    "timestamp_utc": "2023-01-26 00:30:00 UTC",
}
ROW = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in FIELDS},
    "required": FIELDS,
    "additionalProperties": False,
    "example": EXAMPLE,
}
ROWS = {"type": "array", "items": ROW, "minItems": 1, "maxItems": MOST_ROWS}
BODIES = {
    JSON: {"oneOf": [ROW, ROWS]},
    NDJSON: OpenApiTypes.STR,
    CSV: OpenApiTypes.STR,
}


class Polls(APIView):
    @extend_schema(
        description="Take polls of any stores, as `ingest_csv` takes a status file: in "
        "one transaction, with the same rules and the same counts. Rows that cannot be "
        f"right are set aside. At most {MOST_ROWS:,} rows and {MOST_BYTES >> 20} MiB. "
        "JSON has one row or a list of them, NDJSON a row a line, CSV a header line.",
        parameters=[KEY_HEADER],
        request=BODIES,
        responses=answers(IngestAnswer, 413, 422, 503, status=201),
    )
    @query(Nothing)
    def post(self, request, asked):
        media_type = request._request.content_type.lower()
        if media_type not in READERS:
            raise UnsupportedMediaType(media_type)
        key = idempotency.key_of(request)
        body = whole_body(request, MOST_BYTES)
        file = polls_file(media_type, body)
        fingerprint = idempotency.fingerprint("polls", media_type, body)
        with waiting_shortly():
            record, headers = taken(file, key, fingerprint)
        headers |= {"Location": address_of(request, record)}
        return Response(resource(request, record), status=201, headers=headers)


@contextmanager
def waiting_shortly():
    """Open a transaction that waits for another ingest, but not till it times out."""
    try:
        with transaction.atomic():
            sql.run("ingest/wait_at_most", milliseconds=WAIT_MILLISECONDS)
            yield
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise Busy("an ingest is under way; try again when it has ended") from error


def taken(file, key, fingerprint):
    """Ingest polls, unless that was done under this key; return the Ingest."""
    if found := idempotency.first_ingest(key, fingerprint):
        return found, dict(idempotency.REPLAYED)
    record = Ingest(key=key, fingerprint=fingerprint)
    try:
        ingest({"status": file}, record=record)
    except Refused as error:
        raise ParseError(str(error)) from error
    return record, {}
