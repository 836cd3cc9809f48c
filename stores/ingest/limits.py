"""How many rows of a file may be rejected before the whole ingest is refused.

A limit is text, as a person writes it: `5%` of the rows of each file, or `200` rows of
each file. A file with more rejected rows is probably a wrong file.
"""

import re
from decimal import Decimal

DEFAULT = "1%"
NO_ROW = "0"
ANY_ROWS = "100%"
# A share of a small file is less than a few rows, and a few bad rows are no wrong file.
FEW_ROWS = 10
FORMS = "a share such as 5%, at most 100%, or a number of rows such as 200"
WAY_OUT = "give another one with max_rejects or --max-rejects, such as 5% or 200"
ROWS = re.compile("[0-9]{1,12}")
SHARE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?%")


def read_limit(text):
    """Return a limit as it is stored. Raises ValueError, which lists the forms."""
    limit = text.strip().replace(" %", "%")
    if ROWS.fullmatch(limit) or (SHARE.fullmatch(limit) and number_in(limit) <= 100):
        return limit
    raise ValueError(f"{text!r} is not a limit of rejected rows: give {FORMS}")


def number_in(limit):
    return Decimal(limit.removesuffix("%"))


def most_rejects(limit, rows):
    """Return how many of a file's rows may be rejected; this may be a fraction.

    A share allows at least FEW_ROWS, but 0% allows none.
    """
    number = number_in(limit)
    if limit.endswith("%") and number:
        return max(Decimal(FEW_ROWS), number * rows / 100)
    return number


def excess(limit, counts, names):
    """Return why rejected rows exceed a limit, as text; empty if they do not.

    `counts` has `read` and `rejected` of each kind of file, `names` the files' names.
    """
    over = [
        f"{names[kind]}: {count.rejected:,} of {count.read:,} rows are rejected"
        for kind, count in counts.items()
        if count.rejected > most_rejects(limit, count.read)
    ]
    if over and not number_in(limit):
        total = sum(count.rejected for count in counts.values())
        return f"{total:,} rows are invalid"
    if over:
        return f"{'; '.join(over)}; the limit is {described(limit)} ({WAY_OUT})"
    return ""


def described(limit):
    return f"{limit} of a file's rows" if "%" in limit else f"{limit} rows of a file"
