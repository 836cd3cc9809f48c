"""Pushed polls: a small ingest that runs within the request."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.response import Response
from rest_framework.views import APIView

from restaurant_monitor.access.limits import limited
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import whole_body
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.reading import NoParameters, query
from restaurant_monitor.http.tables import CSV
from stores.api import idempotency
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
from stores.editing import short_wait
from stores.ingest.csv_file import Refused
from stores.ingest.limits import ANY_ROWS
from stores.ingest.steps import ingest
from stores.models import LONGEST_REASON, Ingest, Reason
from stores.timeline.refresh import refresh_if_little

EXAMPLE = {
    "store_id": "7105291213975568516",
    "status": "inactive",
    "timestamp_utc": "2023-01-25 12:30:00 UTC",
    "reason": "platform",
}
REASON = {
    "type": "string",
    "nullable": True,
    "description": f"Why the store has this status: {', '.join(Reason.values)}, or any "
    f"text, which is cut after {LONGEST_REASON} characters. It changes no figure.",
}
ROW = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in FIELDS} | {"reason": REASON},
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


@needs(POST="stores.add_poll")
@limited(POST="pushes")
class Polls(APIView):
    @extend_schema(
        summary="Send polls",
        description="Push polls of any stores. They are loaded as `ingest_csv` loads a "
        "status file: in one transaction, with the same rules and counts. Invalid "
        "rows are rejected, however many they are. "
        f"At most {MOST_ROWS:,} rows and "
        f"{MOST_BYTES >> 20} MiB. JSON: one row or a list of rows. NDJSON: one row a "
        "line. CSV: with a header line.",
        parameters=[KEY_HEADER],
        request=BODIES,
        responses=answers(IngestAnswer, 413, 422, status=201),
    )
    @query(NoParameters)
    def post(self, request, params):
        media_type = request._request.content_type.lower()
        if media_type not in READERS:
            raise UnsupportedMediaType(media_type)
        key = idempotency.key_of(request)
        body = whole_body(request, MOST_BYTES)
        file = polls_file(media_type, body)
        fingerprint = idempotency.fingerprint("polls", media_type, body)
        with short_wait():
            record, headers = ingest_once(file, key, fingerprint)
        refresh_if_little()
        headers |= {"Location": address_of(request, record)}
        return Response(resource(request, record), status=201, headers=headers)


def ingest_once(file, key, fingerprint):
    """Ingest polls once for each key; return the Ingest and headers."""
    if found := idempotency.first_ingest(key, fingerprint):
        return found, dict(idempotency.REPLAYED)
    record = Ingest(max_rejects=ANY_ROWS, key=key, fingerprint=fingerprint)
    try:
        ingest({"status": file}, record=record)
    except Refused as error:
        raise ParseError(str(error)) from error
    return record, {}
