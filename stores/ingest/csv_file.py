"""Reads a CSV file as a stream that PostgreSQL's COPY accepts.

COPY does not accept all that real files have: a byte order mark, CRLF or mixed line
ends, blank lines at the end, no final newline. The stream has none of these. A file
with a wrong structure is refused; the error names the line.
"""

import csv
import gzip
import os
import zlib
from codecs import BOM_UTF8

CHUNK = 1 << 20
LONGEST_LINE = 1 << 20
MOST_COLUMNS = 400  # a row of PostgreSQL has room for 450 long texts


class Refused(Exception):
    """A file that cannot be read. The message says where and why."""

    def __init__(self, name, reason, line=None):
        place = f"{name}, line {line}" if line else name
        super().__init__(f"{place}: {reason}")


class CsvFile:
    """A CSV file, plain or in gzip, open as a binary stream.

    Takes an open binary file and its path. `columns` are the names in its header line,
    `name` is the path as text. `read` returns the lines after the header.
    """

    def __init__(self, raw, path):
        # A path may have bytes that are not UTF-8.
        self.name = os.fsencode(path).decode(errors="replace")
        self.refusal = None
        self.last_quote = None  # the line of the last quote
        self._file = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        self._blocks = self._whole_lines()
        header, _, self._rest = next(self._blocks, b"").partition(b"\n")
        self.columns = self._names(header)

    def read(self, _size):
        """Return the next lines as bytes; empty at the end of the file."""
        try:
            block, self._rest = self._rest or next(self._blocks, b""), b""
        except Refused as refusal:
            # COPY hides this error behind its own, which says less.
            self.refusal = refusal
            raise
        return block

    def _names(self, header):
        try:
            line = header.removeprefix(BOM_UTF8).decode()
            names = next(csv.reader([line], strict=True), [])
        except (UnicodeDecodeError, csv.Error) as error:
            raise Refused(self.name, str(error), line=1) from error
        if not line.strip():
            raise Refused(self.name, "the file or its first line is empty")
        if "\0" in line:
            raise Refused(self.name, "a NUL byte", line=1)
        if len(names) > MOST_COLUMNS:
            raise Refused(self.name, f"{len(names):,} columns", line=1)
        return [name.strip() for name in names]

    def _whole_lines(self):
        """Yield blocks of lines that end in \\n, without blank lines at the end."""
        held, lines = b"", 0
        while chunk := self._chunk():
            # Hold back the last line with text, which may continue, and the rest.
            block, held = _split_last_line(held + chunk)
            text = len(held.rstrip(b"\r\n"))
            if text > LONGEST_LINE:
                raise Refused(self.name, "longer than 1 MiB", line=lines + 1)
            held = held[: text + LONGEST_LINE]  # blank lines need no more
            if block:
                self._look_at(block, lines)
                lines += block.count(b"\n")
                yield block
        if last := _with_newlines(held).rstrip(b"\n"):
            self._look_at(last + b"\n", lines)
            yield last + b"\n"

    def _chunk(self):
        try:
            return self._file.read(CHUNK)
        except (OSError, EOFError, zlib.error) as error:
            raise Refused(self.name, f"cannot be read: {error}") from error

    def _look_at(self, block, lines):
        # If a quote is never closed, it is the last one in the file.
        if (at := block.rfind(b'"')) >= 0:
            self.last_quote = lines + block.count(b"\n", 0, at) + 1
        self._refuse_end_mark(block, lines)

    def _refuse_end_mark(self, block, lines):
        # Up to PostgreSQL 17, COPY stops at such a line without an error.
        at = (b"\n" + block).find(b"\n\\.\n")
        if at >= 0:
            line = lines + block.count(b"\n", 0, at) + 1
            raise Refused(self.name, r"\. is not a row", line)


def _with_newlines(text):
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _split_last_line(text):
    """Split before the last line that has text. A last \\r may become \\r\\n."""
    may_go_on = text[-1:] if text.endswith(b"\r") else b""
    text = _with_newlines(text.removesuffix(b"\r"))
    cut = text.rfind(b"\n", 0, len(text.rstrip(b"\n"))) + 1
    return text[:cut], text[cut:] + may_go_on
