"""Reads the polls that are written as the public data writes them, many at once.

    3124804476107271123,active,2023-01-22 12:09:39.388884 UTC

Such a row is plain: it is valid by all rules, and SQL would read the same values. If
the file has reasons, the row's is empty. All other rows are odd. They may be valid
too, but only SQL judges that.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from stores.ingest.csv_file import CHUNK
from stores.models import FLOATING_POINT, LONGEST_ID

# A run is in memory: 21 bytes of each row, as much again to sort it, and 80 bytes of
# each id.
MOST_ROWS = 4 << 20
MOST_IDS = 1 << 18
PIECE = 1 << 14  # rows that become binary at once

BEYOND = bytes(LONGEST_ID)  # lets a field be read with more bytes than it has
PLAIN_ID = rf"(?!(?i:{FLOATING_POINT}))[0-9A-Za-z_][0-9A-Za-z_-]{{0,{LONGEST_ID - 1}}}"
is_plain_id = re.compile(PLAIN_ID.encode()).fullmatch
WORD = np.dtype("<u8")
MIX = np.arange(1, LONGEST_ID // 4, 2, WORD) * WORD.type(0x9E3779B97F4A7C15)
LOWER_CASE = np.uint8(0x20)  # the only bit in which the two cases of a letter differ
ACTIVE, INACTIVE = np.frombuffer(b"active  inactive", WORD)
# A timestamp without its zone. It may end early; then it goes on like this.
TIMESTAMP = np.frombuffer(b"0000-00-00 00:00:00.000000", np.uint8)[:, None]
IS_DIGIT = TIMESTAMP[:, 0] == ord("0")
IS_LENGTH = np.isin(np.arange(len(TIMESTAMP) + 2), [16, 19, *range(21, 27)])
UTC_MARK = np.frombuffer(b" UTC", "<u4")
EPOCH, LAST_INSTANT = date(1970, 1, 1), datetime(2100, 12, 31, 23, tzinfo=UTC)

# A row in PostgreSQL's binary format, up to the text of its last field, store_id.
BINARY = np.dtype(
    [
        ("fields", ">i2"),
        *(("size_1", ">i4"), ("observed_at", ">i8")),
        *(("size_2", ">i4"), ("is_active", "?")),
        *(("size_3", ">i4"), ("record", ">i8")),
        ("size_4", ">i4"),
    ]
)
FIELDS = ["observed_at", "is_active", "record", "store_id"]
POSTGRES_EPOCH = 946_684_800_000_000  # the year 2000, in microseconds since 1970
BEGIN, END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


class PlainPolls:
    """Reads a CsvFile up to a block that is not plain, or to its end.

    `columns` are those of the file, by the names of staging. `rows` is the number of
    rows that were read, and `plain` of those that are plain.
    """

    def __init__(self, file, columns):
        self._file, self._columns = file, columns
        self._last = int(min(datetime.now(UTC), LAST_INSTANT).timestamp()) * 1_000_000
        self.rows = self.plain = 0
        self._run = Run()

    def parts(self):
        """Read block after block; yield the odd lines of each, and a run or None.

        An odd line has its record, which is its number in the file, as one more field
        in front. A run is a file of plain rows for COPY.

        A block with a quote, a broken line or more odd rows than plain ones is not
        plain: the next `read` of the file returns it.
        """
        while data := self._file.read(CHUNK):
            odd_lines = self._odd_lines(data)
            if odd_lines is None:
                self._file.unread(data)
                break
            yield odd_lines, self._full_run()
        yield b"", self._sorted_run()

    def _odd_lines(self, data):
        """Add the plain rows of a block to the run; return its odd lines.

        Return None if the block is not plain.
        """
        block = is_text(data) and Block(data, self._file.separator, self._columns)
        if not block or not block.are_rows:
            return None
        numbers, has_id = self._run.ids.numbers(block)
        is_active, has_status = statuses(block)
        instants, exists = timestamps(block)
        is_plain = has_id & has_status & exists & (instants <= self._last)
        if "reason" in self._columns:
            is_plain &= block.field("reason")[1] == 0
        plain = np.flatnonzero(is_plain)
        if 2 * len(plain) < block.rows:
            return None
        records = np.arange(self.rows + 1, self.rows + block.rows + 1)
        columns = (numbers, instants, is_active, records)
        self._run.add(*(column[plain] for column in columns))
        self.rows, self.plain = self.rows + block.rows, self.plain + len(plain)
        return block.numbered(np.flatnonzero(~is_plain), records)

    def _full_run(self):
        return self._sorted_run() if self._run.is_full else None

    def _sorted_run(self):
        run, self._run = self._run, Run()
        return Stream(ahead(run.pieces()))


def is_text(data):
    """Return if COPY reads all these bytes as they are."""
    if b'"' in data or b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class Block:
    """Lines of a status file, of which none is in quotes.

    `are_rows` is false if a line has more fields than the file has columns, or fewer.
    """

    def __init__(self, data, separator, columns):
        self._data, self._separator, self._columns = data, separator, columns
        self._text = np.frombuffer(data + BEYOND, np.uint8)
        ends = np.flatnonzero(self._text == ord("\n"))
        marks = np.flatnonzero(self._text == ord(separator))
        self.rows = len(ends)
        self.are_rows = len(marks) == self.rows * (len(columns) - 1)
        if self.are_rows:
            befores = np.concatenate(([-1], ends[:-1]))
            self._edges = [befores, *marks.reshape(self.rows, -1).T, ends]
            self.are_rows = all((a < b).all() for a, b in pairwise(self._edges))

    def field(self, name):
        """Return where a field starts in each row, and its lengths."""
        number = self._columns.index(name)
        starts = self._edges[number] + 1
        return starts, self._edges[number + 1] - starts

    def bytes_at(self, starts, width):
        """Return an array of bytes for each start."""
        return sliding_window_view(self._text, width)[starts]

    def numbered(self, rows, records):
        """Return the lines of some rows, each with its record as one more field."""
        starts, ends = self._edges[0][rows] + 1, self._edges[-1][rows] + 1
        lines = zip(records[rows].tolist(), starts.tolist(), ends.tolist(), strict=True)
        mark = self._separator.encode()
        return b"".join(b"%d%b%b" % (n, mark, self._data[a:z]) for n, a, z in lines)


class Ids:
    """The different ids so far. Each has a number; 0 is the empty one."""

    def __init__(self):
        self.texts, self._are_plain = np.zeros(1, f"S{LONGEST_ID}"), np.zeros(1, bool)
        # In the order of the hashes.
        self._hashes, self._numbers = np.zeros(1, WORD), np.zeros(1, np.int32)

    def numbers(self, block):
        """Return the number of each row's id, and if the id is plain."""
        starts, lengths = block.field("store_id")
        width = min(-(-lengths.max() // 8) * 8 or 8, LONGEST_ID)
        found = block.bytes_at(starts, width)
        found *= np.arange(width) < lengths[:, None]
        texts, hashes = (
            found.view(f"S{width}")[:, 0],
            found.view(WORD) @ MIX[: width // 8],
        )
        places = self._places(hashes)
        if (is_new := self._hashes[places] != hashes).any():
            self._add(texts[is_new], hashes[is_new])
            places = self._places(hashes)
        numbers = self._numbers[places]
        # If two ids have the same hash, only the first of them is here.
        is_known = self.texts[numbers] == texts
        return numbers, is_known & self._are_plain[numbers] & (lengths <= LONGEST_ID)

    def ranks(self):
        """Return the place of each id in byte order."""
        ranks = np.empty(len(self.texts), np.min_scalar_type(len(self.texts)))
        ranks[np.argsort(self.texts)] = np.arange(len(self.texts))
        return ranks

    def _places(self, hashes):
        """Return the place of each hash. If it is not here, the place means nothing."""
        return np.searchsorted(self._hashes[1:], hashes, side="right")

    def _add(self, texts, hashes):
        hashes, first = np.unique(hashes, return_index=True)
        texts = texts[first].astype(self.texts.dtype)
        places = np.searchsorted(self._hashes, hashes)
        numbers = np.arange(len(self.texts), len(self.texts) + len(texts))
        self._hashes = np.insert(self._hashes, places, hashes)
        self._numbers = np.insert(self._numbers, places, numbers)
        are_plain = [is_plain_id(text) is not None for text in texts.tolist()]
        self._are_plain = np.append(self._are_plain, np.array(are_plain, bool))
        self.texts = np.append(self.texts, texts)


def statuses(block):
    """Return which rows say active, and which have a plain status."""
    starts, lengths = block.field("status")
    words = (block.bytes_at(starts, 8) | LOWER_CASE).view(WORD)[:, 0]
    is_inactive = (words == INACTIVE) & (lengths == 8)
    # What follows these six bytes is another field.
    is_active = ((words ^ ACTIVE) << 16 == 0) & (lengths == 6)
    return is_active, is_active | is_inactive


def timestamps(block):
    """Return the instants in microseconds since 1970, and which ones are plain."""
    starts, lengths = block.field("timestamp_utc")
    ends = starts + lengths
    is_utc = block.bytes_at(ends - 4, 4).view("<u4")[:, 0] == UTC_MARK
    is_z = block.bytes_at(ends - 1, 1)[:, 0] == ord("Z")
    lengths = np.clip(lengths - 4 * is_utc - is_z, 0, len(IS_LENGTH) - 1)
    # One array for each place in the text: they are as long as the block has rows.
    text = np.ascontiguousarray(block.bytes_at(starts, len(TIMESTAMP)).T)
    text = np.where(np.arange(len(TIMESTAMP))[:, None] < lengths, text, TIMESTAMP)
    digits = text[IS_DIGIT] - ord("0")
    text[10][text[10] == ord("T")] = ord(" ")
    has_form = (digits < 10).all(axis=0) & IS_LENGTH[lengths]
    has_form &= (text[~IS_DIGIT] == TIMESTAMP[~IS_DIGIT]).all(axis=0)
    hour, minute, second = (number(digits[at : at + 2]) for at in (8, 10, 12))
    days, which = np.unique(number(digits[:8]), return_inverse=True)
    days = np.array([day_of(day) for day in days.tolist()])[which]
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    exists = (days >= 0) & (hour < 24) & (minute < 60) & (second < 60)
    return seconds * 1_000_000 + number(digits[14:]), has_form & exists


def number(digits):
    """Return the numbers that have these digits, given in one array for each place."""
    value = digits[0].astype(np.int64)
    for digit in digits[1:]:
        value = value * 10 + digit
    return value


def day_of(number):
    """Return the days since 1970 of a date like 20230122; -1 if it does not exist."""
    try:
        return (date(number // 10_000, number // 100 % 100, number % 100) - EPOCH).days
    except ValueError:
        return -1


class Run:
    """Plain rows, until they are sorted and sent."""

    def __init__(self):
        self.ids, self.rows, self._parts = Ids(), 0, []

    @property
    def is_full(self):
        return self.rows > MOST_ROWS or len(self.ids.texts) > MOST_IDS

    def add(self, *columns):
        """Add rows: numbers of ids, instants, whether they are active, and records."""
        self._parts.append(columns)
        self.rows += len(columns[0])

    def pieces(self):
        """Yield the rows in PostgreSQL's binary format, in the order of the key.

        Of rows with the same store and instant, only the last is there.
        """
        yield BEGIN
        if self.rows:
            numbers, instants, *others = map(
                np.concatenate, zip(*self._parts, strict=True)
            )
            self._parts.clear()
            order = latest(self.ids.ranks()[numbers], instants)
            for start in range(0, len(order), PIECE):
                rows = order[start : start + PIECE]
                texts = self.ids.texts[numbers[rows]]
                yield binary(
                    texts, instants[rows], *(column[rows] for column in others)
                )
        yield END


def latest(ranks, instants):
    """Return rows in the order of rank and instant; of equal ones only the last."""
    order = np.lexsort((instants, ranks))
    ranks, instants = ranks[order], instants[order]
    comes_again = (ranks[1:] == ranks[:-1]) & (instants[1:] == instants[:-1])
    return np.delete(order, np.flatnonzero(comes_again))


def binary(texts, instants, is_active, records):
    """Return rows in PostgreSQL's binary format, with the fields of BINARY."""
    lengths = np.strings.str_len(texts)
    rows = np.zeros(len(texts), BINARY)
    rows["fields"], rows["size_1"], rows["size_2"], rows["size_3"] = 4, 8, 1, 8
    rows["observed_at"], rows["is_active"] = instants - POSTGRES_EPOCH, is_active
    rows["record"], rows["size_4"] = records, lengths
    texts = texts.astype(f"S{lengths.max()}")
    found = np.hstack([bytes_of(rows), bytes_of(texts)])
    is_used = np.ones(found.shape, bool)
    is_used[:, BINARY.itemsize :] = bytes_of(texts) != 0
    return found[is_used].tobytes()


def bytes_of(rows):
    return rows.view(np.uint8).reshape(len(rows), -1)


def ahead(items):
    """Yield items. Each is made in a thread while the one before is in use.

    So the next rows become binary while the server stores the last ones.
    """
    with ThreadPoolExecutor(1) as thread:
        items, no_more = iter(items), object()
        coming = thread.submit(next, items, no_more)
        while (item := coming.result()) is not no_more:
            coming = thread.submit(next, items, no_more)
            yield item


class Stream:
    """Pieces of bytes as a file that COPY reads."""

    def __init__(self, pieces):
        self._pieces = iter(pieces)

    def read(self, _size):
        return next(self._pieces, b"")
