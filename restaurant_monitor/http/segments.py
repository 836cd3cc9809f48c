"""Texts, such as the ids of stores, as segments of a path.

Percent-encoding does not bring every text through: browsers and proxies resolve `.` and
`..`, and servers decode `%2F` before they split the path. Such a text gets an escaped
form: `=`, then the text with `~` and two hexadecimal digits for each byte of UTF-8 that
is no letter, digit, hyphen or underscore. So `a/b` is `=a~2Fb`. The texts must not
begin with `=`, so that nobody can mistake one form for the other.
"""

import re
from urllib.parse import quote, unquote

MARK = "="
NEEDS_ESCAPES = re.compile(r"[/\\%?#;]|^\.{1,2}$")
ESCAPED = re.compile(rf"{MARK}(?:[^~/]|~[0-9A-F]{{2}})+")
ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)


def as_segment(text):
    """Return a text as a segment of a path, before percent-encoding."""
    return escaped(text) if NEEDS_ESCAPES.search(text) else text


def escaped(text):
    encoded = quote(text, safe="").replace(".", "%2E").replace("~", "%7E")
    return MARK + encoded.replace("%", "~")


def encoded_segment(text):
    """Return a text as a segment of an address."""
    return quote(as_segment(text), safe=f"{MARK}~")


class SegmentConverter:
    """The path converter `segment`. A slash in a plain segment is a part of the text.

    Where an address fits several routes, an escaped segment is never cut in two.
    """

    regex = ".+"

    def to_python(self, segment):
        if not segment.startswith(MARK):
            return segment
        if not ESCAPED.fullmatch(segment):
            raise ValueError(segment)  # this route does not match
        return unquote(segment[1:].replace("~", "%"), errors="strict")

    def to_url(self, text):
        return as_segment(text)


def keep_encoded_slashes(environ, root):
    """Escape the segments below `root` that have a slash, encoded as `%2F`.

    A WSGI server decodes the path, after which that slash looks like one between
    segments. gunicorn has the path as it was sent in RAW_URI.
    """
    path = environ.get("RAW_URI", "").partition("?")[0]
    if path.startswith(root) and ENCODED_SLASH.search(path):
        segments = [as_sent(segment) for segment in path.split("/")]
        environ["PATH_INFO"] = "/".join(segments)


def as_sent(segment):
    if ENCODED_SLASH.search(segment):
        return escaped(unquote(segment))
    return unquote(segment, encoding="latin-1")  # as WSGI has it
