"""What the worker does."""

from stores import uploads


def ingest_upload(ingest_id):
    """Load the files of an Ingest."""
    uploads.attempt_in_turn(ingest_id)
