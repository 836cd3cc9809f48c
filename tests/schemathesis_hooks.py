"""Tells Schemathesis how to send NDJSON, and which requests to leave out."""

import schemathesis
from requests import Request

# gunicorn refuses a longer request line before it reaches the application.
LONGEST_REQUEST_LINE = 4094

schemathesis.serializer.alias("application/x-ndjson", "text/plain")


@schemathesis.hook
def filter_case(context, case):
    request = Request(
        "GET", f"http://service{case.formatted_path}", params=case.query
    ).prepare()
    return len(f"{case.method} {request.path_url} HTTP/1.1") <= LONGEST_REQUEST_LINE
