"""Reads a CSV file as a stream that PostgreSQL's COPY accepts.

COPY does not accept all that real files have: a byte order mark, CRLF or mixed line
ends, blank lines at the end, no final newline, a first line `sep=;`. The stream has
none of these. A file with a wrong structure is refused; the error names the line.
"""

import csv
import gzip
import os
import re
import zlib
from codecs import BOM_UTF8

from stores.ingest.containers import Unpacked, other_kind

CHUNK = 1 << 20
LONGEST_LINE = 1 << 20
LONGEST_ROW = 16 << 20  # a row has several lines if line ends are between quotes
SMALLER = "send it in parts, or load it with ingest_csv"
SEPARATORS = ",;\t"
SEPARATOR_LINE = re.compile(rb'"?sep=[^"]"?\s*', re.IGNORECASE)  # a hint for Excel
OTHER_SEPARATOR = re.compile(r"[|:^~]")
MOST_COLUMNS = 400  # a row of PostgreSQL has room for 450 long texts


class Refused(Exception):
    """A file that cannot be read. The message says where and why."""

    def __init__(self, name, reason, line=None):
        place = f"{name}, line {line}" if line else name
        super().__init__(f"{place}: {reason}")


class Unreadable(OSError):
    """A file that cannot be read now, for a reason that is not in it."""


class CsvFile:
    """A CSV file, plain or in gzip, open as a binary stream.

    Takes an open binary file and its path, and how many bytes it may have unpacked
    (None: any number). `columns` are the names in its header line,
    `name` is the path as text, `separator` is one of SEPARATORS. `read` returns the
    lines after the header.
    """

    def __init__(self, raw, path, most_bytes=None):
        # A path may have bytes that are not UTF-8.
        self.name = os.fsencode(path).decode(errors="replace")
        self.failure = None  # why `read` failed
        self.last_quote = None  # the line of the last quote
        self._open_row = 0  # how many bytes of an unfinished row were read
        self._is_csv = False  # as far as its first chunk shows
        self._file, self._bytes, self._most_bytes = Unpacked(raw), 0, most_bytes
        self._blocks, self._rest = self._whole_lines(), b""
        self.header_line, header = 1, self._next_line().removeprefix(BOM_UTF8)
        if SEPARATOR_LINE.fullmatch(header):
            self.header_line, header = 2, self._next_line()
        self.separator, self.columns = self._names(header)

    def read(self, _size):
        """Return the next lines as bytes; empty at the end of the file."""
        try:
            block, self._rest = self._rest or next(self._blocks, b""), b""
        except BaseException as failure:
            # COPY hides this error behind its own, which says less.
            self.failure = failure
            raise
        return block

    def unread(self, block):
        """Let the next `read` return a block that was read just now."""
        self._rest = block

    def refused(self, reason, line=None):
        """Return the error for this file, in its header line or another one."""
        return Refused(self.name, reason, line or self.header_line)

    def _next_line(self):
        line, _, self._rest = (self._rest or next(self._blocks, b"")).partition(b"\n")
        return line

    def _names(self, header):
        """Return the separator and the names of the columns."""
        try:
            line = header.decode()
            separator, names = split(line)
        except (UnicodeDecodeError, csv.Error) as error:
            raise self.refused(str(error)) from error
        if not line.strip():
            raise Refused(self.name, "the file or its first line is empty")
        if "\0" in line:
            raise self.refused("a NUL byte")
        if len(names) == 1:
            raise self.refused(only_one_column(names[0]))
        if len(names) > MOST_COLUMNS:
            raise self.refused(f"{len(names):,} columns")
        return separator, [name.strip() for name in names]

    def _whole_lines(self):
        """Yield blocks of lines that end in \\n, without blank lines at the end."""
        held, lines = b"", 0
        while chunk := self._chunk():
            self._refuse_other_kinds(chunk)
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
        chunk = self._unpacked_chunk()
        self._bytes += len(chunk)
        if self._most_bytes and self._bytes > self._most_bytes:
            reason = f"it unpacks to more than {self._most_bytes:,} bytes"
            raise Refused(self.name, f"{reason}: {SMALLER}")
        return chunk

    def _unpacked_chunk(self):
        try:
            return self._file.read(CHUNK)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise Refused(self.name, f"cannot be read: {error}") from error
        except OSError as error:
            raise Unreadable(f"{self.name}: cannot be read: {error}") from error

    def _refuse_other_kinds(self, chunk):
        """Look at the first chunk; it may be no CSV at all."""
        if not self._is_csv and (kind := other_kind(chunk)):
            raise Refused(self.name, f"this seems to be {kind}")
        self._is_csv = True

    def _look_at(self, block, lines):
        # If a quote is never closed, it is the last one in the file.
        if (at := block.rfind(b'"')) >= 0:
            self.last_quote = lines + block.count(b"\n", 0, at) + 1
        if at >= 0 or self._open_row:
            self._refuse_long_row(block)
        self._refuse_end_mark(block, lines)

    def _refuse_long_row(self, block):
        """PostgreSQL needs much memory for such a row, and may fail."""
        is_inside_quotes = (bool(self._open_row) + block.count(b'"')) % 2
        if not is_inside_quotes:
            self._open_row = 0
        elif self._open_row and not has_end_of_row(block):
            self._open_row += len(block)
        else:
            self._open_row = len(block) - block.rfind(b'"')
        if self._open_row > LONGEST_ROW:
            reason = "a row of more than 16 MiB, perhaps because a quote is not closed"
            raise Refused(self.name, reason, self.last_quote)

    def _refuse_end_mark(self, block, lines):
        if b"\\" not in block:  # this is much faster than to look for the whole line
            return
        # Up to PostgreSQL 17, COPY stops at such a line without an error.
        at = (b"\n" + block).find(b"\n\\.\n")
        if at >= 0:
            line = lines + block.count(b"\n", 0, at) + 1
            raise Refused(self.name, r"\. is not a row", line)


def has_end_of_row(block):
    """Return if a block that begins between quotes has a line end outside of them."""
    return any(b"\n" in outside for outside in block.split(b'"')[1::2])


def plain(name):
    """Return the name of a column as it is compared with others."""
    return "".join(name.replace("_", " ").lower().split())


def split(line):
    """Return the separator of a header line, and the names of the columns.

    That is the separator which splits off `store_id`, as every kind of file has it.
    Otherwise it is the one that gives most names. Raises csv.Error if none of
    SEPARATORS can split the line.
    """
    found, errors = {}, []
    for separator in SEPARATORS:
        try:
            names = next(csv.reader([line], delimiter=separator, strict=True), [])
            found[separator] = names
        except csv.Error as error:
            errors.append(error)
    separator, names = max(found.items(), key=fitness, default=(None, []))
    if errors and len(names) < 2:
        raise errors[0]
    return separator, names


def fitness(split_line):
    _, names = split_line
    return "storeid" in map(plain, names), len(names)


def only_one_column(name):
    """Return what is wrong with a header line of one name, and what to do."""
    other = OTHER_SEPARATOR.search(name)
    problem = f"seems to be separated by {other[0]}" if other else "has only one column"
    return f"this {problem}: separate the columns with commas, semicolons or tabs"


def _with_newlines(text):
    if b"\r" not in text:  # this is much faster than to replace nothing
        return text
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _split_last_line(text):
    """Split before the last line that has text. A last \\r may become \\r\\n."""
    may_go_on = text[-1:] if text.endswith(b"\r") else b""
    text = _with_newlines(text.removesuffix(b"\r"))
    cut = text.rfind(b"\n", 0, len(text.rstrip(b"\n"))) + 1
    return text[:cut], text[cut:] + may_go_on
