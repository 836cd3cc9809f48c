"""What Schemathesis has to know: how NDJSON is sent, and what never comes to us."""

import schemathesis
from requests import Request

# A longer request line is answered by gunicorn and never comes to the application.
LONGEST_REQUEST_LINE = 4094

schemathesis.serializer.alias("application/x-ndjson", "text/plain")


@schemathesis.hook
def filter_case(context, case):
    request = Request(
        "GET", f"http://service{case.formatted_path}", params=case.query
    ).prepare()
    return len(f"{case.method} {request.path_url} HTTP/1.1") <= LONGEST_REQUEST_LINE
