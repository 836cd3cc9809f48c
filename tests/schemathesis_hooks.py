"""What Schemathesis has to know: how NDJSON goes over the wire."""

import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "text/plain")
