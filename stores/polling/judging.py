"""What an answer says about a store: active, or the reason why it is not."""

import json
import re

MOST_BYTES = 1 << 20  # read of a body
INDEX = re.compile("[0-9]{1,9}")
STATUS = "status {}"
TEXT_MISSING, TEXT_FOUND = "text missing", "text found"
JSON_DIFFERS, BODY_NOT_READABLE = "json differs", "body not readable"


def is_wanted(probe, status):
    """Return if a status code of HTTP is one that means active."""
    return any(min(ends) <= status <= max(ends) for ends in ranges(probe.status_codes))


def ranges(status_codes):
    """Return lists of the first and last code of `200-299,404`."""
    return [[int(end) for end in part.split("-")] for part in status_codes.split(",")]


def needs_body(probe):
    return bool(probe.text or probe.not_text or probe.json_path)


def reason_in(probe, body, charset):
    """Return why a body, of which at most MOST_BYTES were read, is not as wanted.

    Empty if it is as wanted.
    """
    try:
        text = body.decode(charset, errors="replace")
    except (LookupError, ValueError):  # no charset, or one that cannot replace
        return BODY_NOT_READABLE
    if probe.text and probe.text not in text:
        return TEXT_MISSING
    if probe.not_text and probe.not_text in text:
        return TEXT_FOUND
    return reason_in_json(probe, body) if probe.json_path else ""


def reason_in_json(probe, body):
    try:
        found = value_at(json.loads(body), probe.json_path)
    except (LookupError, TypeError):
        return JSON_DIFFERS
    except (ValueError, RecursionError):
        return BODY_NOT_READABLE
    return "" if same(found, json.loads(probe.json_value)) else JSON_DIFFERS


def value_at(value, path):
    """Return the value at a JSON Pointer (RFC 6901); raise LookupError or TypeError."""
    for part in path[1:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        # Of a list, only 0, 1, 2 and so on are names: the others find nothing.
        is_index = isinstance(value, list) and INDEX.fullmatch(name)
        value = value[int(name) if is_index else name]
    return value


def same(one, other):
    """Return if two values of JSON are the same. To Python, true is 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)
