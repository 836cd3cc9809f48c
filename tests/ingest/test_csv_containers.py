"""Files that are no CSV in UTF-8: the message says what each seems to be."""

import gzip
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from tests.ingest.csv_bytes import HEADER, PLAIN

pytestmark = pytest.mark.django_db
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    b"size 12345\n"
)
SEPARATE = ": separate the columns with commas, semicolons or tabs"


def zipped(**members):
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


WORKBOOK = {"xl/worksheets/sheet1.xml": "<worksheet/>", "[Content_Types].xml": "<x/>"}
OTHER_KINDS = {
    "UTF-16": (
        PLAIN.decode().encode("utf-16"),
        ": this seems to be text in UTF-16: save it as CSV in UTF-8",
    ),
    "UTF-16, the other way round": (
        b"\xfe\xff" + PLAIN.decode().encode("utf-16-be"),
        ": this seems to be text in UTF-16: save it as CSV in UTF-8",
    ),
    "UTF-16 without a byte order mark": (
        PLAIN.decode().encode("utf-16-le"),
        ": this seems to be text in UTF-16: save it as CSV in UTF-8",
    ),
    "a zip": (
        zipped(**{"store_status.csv": PLAIN}),
        ": this seems to be a zip: unpack it, and load the file in it",
    ),
    "an empty zip": (
        zipped(),
        ": this seems to be a zip: unpack it, and load the file in it",
    ),
    "an .xlsx": (
        zipped(**WORKBOOK),
        ": this seems to be an Excel workbook (.xlsx): save it as CSV in UTF-8",
    ),
    "an .xls": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
        ": this seems to be an Excel workbook (.xls): save it as CSV in UTF-8",
    ),
    "a git-lfs pointer": (
        POINTER,
        ": this seems to be a git-lfs pointer and not the file itself: run "
        "`git lfs pull`",
    ),
    "gzip inside gzip": (
        gzip.compress(gzip.compress(PLAIN)),
        ": this seems to be gzip inside gzip: unpack it once",
    ),
    "a zip inside gzip": (
        gzip.compress(zipped(**{"store_status.csv": PLAIN})),
        ": this seems to be a zip: unpack it, and load the file in it",
    ),
    "columns between bars": (
        PLAIN.replace(b",", b"|"),
        f", line 1: this seems to be separated by |{SEPARATE}",
    ),
    "columns between bars, after a line sep=": (
        b"sep=|\n" + PLAIN.replace(b",", b"|"),
        f", line 2: this seems to be separated by |{SEPARATE}",
    ),
    "columns between blanks": (
        HEADER.replace(b",", b"  "),
        f", line 1: this has only one column{SEPARATE}",
    ),
    "one column": (b"store_id\nA\n", f", line 1: this has only one column{SEPARATE}"),
}


@pytest.mark.parametrize(
    ("data", "reason"), OTHER_KINDS.values(), ids=OTHER_KINDS.keys()
)
def test_refuses_what_is_no_csv_and_says_what_it_seems_to_be(
    refusal, tmp_path, data, reason
):
    assert refusal(data) == f"{tmp_path}/file.csv{reason}; nothing was changed"
