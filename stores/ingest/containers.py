"""Tells from its first bytes what a file is: gzip, which is read, or no CSV file."""

import gzip

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# A zip with one of these in it is a workbook of Excel.
WORKBOOK = (b"[Content_Types].xml", b"xl/workbook.xml", b"xl/worksheets/")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
LOOKED_AT = 64  # characters of a text without a byte order mark

SAVE_AS_CSV = "save it as CSV in UTF-8"
OTHER_KINDS = {
    b"\xd0\xcf\x11\xe0": f"an Excel workbook (.xls): {SAVE_AS_CSV}",
    b"version https://git-lfs.": "a git-lfs pointer and not the file itself: run "
    "`git lfs pull`",
    GZIP: "gzip inside gzip: unpack it once",
    b"BZh": "bzip2: unpack it",
    b"\xfd7zXZ\0": "xz: unpack it",
    b"\x28\xb5\x2f\xfd": "zstd: unpack it",
    b"PAR1": f"Parquet: {SAVE_AS_CSV}",
}


class Unpacked:
    """A binary stream of a file's content. If the file is gzip, it is unpacked."""

    def __init__(self, raw):
        self._raw = raw
        self._file = None

    def read(self, size):
        if self._file is None:
            self._file = self._opened()
        return self._file.read(size)

    def _opened(self):
        start = self._raw.read(len(GZIP))
        whole = _Rejoined(start, self._raw)
        return gzip.GzipFile(fileobj=whole, mode="rb") if start == GZIP else whole


class _Rejoined:
    """A stream whose first bytes were read already. A pipe cannot go back."""

    def __init__(self, start, rest):
        self._start = start
        self._rest = rest

    def read(self, size):
        start, self._start = self._start[:size], self._start[size:]
        return start + self._rest.read(size - len(start))


def other_kind(start):
    """Return what a file seems to be and what to do, if it is no CSV file; else ''."""
    if start.startswith(ZIP):
        is_workbook = any(name in start for name in WORKBOOK)
        workbook = f"an Excel workbook (.xlsx): {SAVE_AS_CSV}"
        return workbook if is_workbook else "a zip: unpack it, and load the file in it"
    if is_utf_16(start):
        return f"text in UTF-16: {SAVE_AS_CSV}"
    kinds = (kind for first, kind in OTHER_KINDS.items() if start.startswith(first))
    return next(kinds, "")


def is_utf_16(start):
    """A byte order mark says so, or a NUL in every second byte and in no other."""
    halves = [start[: 2 * LOOKED_AT : 2], start[1 : 2 * LOOKED_AT : 2]]
    shares = [half.count(0) / max(1, len(half)) for half in halves]
    return start.startswith(UTF_16) or (len(start) > 2 and sorted(shares) == [0, 1])
