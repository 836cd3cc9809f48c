"""ETags: tell whether an answer, or what clients edit, is still what a client read.

A tag has two parts. The first changes with what clients can edit, and decides If-Match:
a new poll must not get in the way of an edit. Both together change with every byte of
the answer, and decide If-None-Match.
"""

import json
from hashlib import sha256

from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from restaurant_monitor.http.errors import PreconditionFailed

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="An `ETag` of an earlier answer. If what can be edited has changed "
    "since, nothing is done and the answer is a 412.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="An `ETag` of an earlier answer. If the answer would be the same, it "
    "is a 304 without a body.",
)


def with_etag(request, response, edited):
    """Return a response with its ETag, or a 304 if the client has the same answer.

    `edited` is what clients can edit.
    """
    etag = f'"{digest(edited)}.{digest(response.data, request.accepted_media_type)}"'
    response["ETag"] = etag
    is_read = request.method in ("GET", "HEAD")
    if is_read and is_named(etag, request.headers.get("If-None-Match", "")):
        return Response(status=304, headers={"ETag": etag})
    return response


def is_named(etag, header):
    tags = parse_etags(header)
    return tags == ["*"] or etag in [tag.removeprefix("W/") for tag in tags]


def refuse_changed(request, edited):
    """Raise PreconditionFailed if the client read something else. See with_etag.

    Only a transaction that locks out other edits can trust this.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return
    tags = parse_etags(header)
    if tags != ["*"] and not any(t.startswith(f'"{digest(edited)}.') for t in tags):
        raise PreconditionFailed("this has changed since you read it: read it again")


def digest(*parts):
    text = json.dumps(parts, cls=JSONEncoder)
    return sha256(text.encode()).hexdigest()[:20]
