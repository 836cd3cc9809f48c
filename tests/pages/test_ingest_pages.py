"""The pages of files: uploaded, watched, and told in words."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from restaurant_monitor.jobs.models import Heartbeat
from restaurant_monitor.jobs.tasks import attempt
from stores.models import Chunk, Ingest, Poll, Store
from stores.pages import ingests
from tests.admin.pages import body, shown
from tests.api.pushing import push
from tests.api.test_uploads import as_file, status_file
from tests.pages.asking import link_called, logged_in, opened, rows_of, text_of
from tests.support import engine
from tests.support.accounts import user_with
from tests.support.browser import needs_chromium
from tests.support.browser import opened as opened_in_browser
from tests.support.denver import DENVER
from tests.support.pushes import A9, A10, as_csv

pytestmark = pytest.mark.django_db
PAGE = "/ingests/"
UNUSED = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def address(ingest, *rest):
    return f"{PAGE}{ingest.pk}/{'/'.join(rest)}"


def upload(client=None, **parts):
    """Send the form as a browser does: with the fields that are empty."""
    return (client or Client()).post(PAGE, {"max_rejects": ""} | parts)


def loaded(client=None, **parts):
    """Upload files and load them as the worker does; return the ingest."""
    answer = upload(client, **parts)
    assert answer.status_code == 302, shown(answer)
    [ingest_id] = answer.url.strip("/").split("/")[1:]
    attempt("stores.Ingest", ingest_id)
    return Ingest.objects.get(pk=ingest_id)


def bad(number):
    return A9 | {"store_id": f"={number}"}


# --- Uploads


def test_an_upload_is_queued_and_leads_to_its_page():
    answer = upload(status=status_file(A9))
    ingest = Ingest.objects.get()
    assert answer.url == address(ingest)
    assert (ingest.state, ingest.max_rejects) == ("queued", "1%")
    assert ingest.files == {"status": "store_status.csv"}
    assert bytes(Chunk.objects.get().data) == as_csv(A9).encode()


def test_an_upload_keeps_its_limit():
    upload(status=status_file(A9), max_rejects="5 %")
    assert Ingest.objects.get().max_rejects == "5%"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({}, "send at least one of these: status, hours"),
        ({"max_rejects": "many"}, "not a limit of rejected rows"),
        ({"status": "no file"}, "status: The submitted data was not a file"),
        ({"colour": "red"}, "colour: unknown"),
    ],
)
def test_a_bad_form_is_refused_with_the_reason(parts, reason):
    if "max_rejects" in parts:
        parts = parts | {"status": status_file(A9)}
    answer = upload(**parts)
    assert answer.status_code == 400
    assert reason in shown(answer)
    assert 'type="file"' in answer.text
    assert not Ingest.objects.exists()


def test_a_form_that_is_too_large_is_refused_before_it_is_read(settings):
    settings.UPLOAD_BYTES = 100
    answer = upload(status=status_file(A9))
    assert answer.status_code == 413
    assert "a body may have at most 100 bytes" in shown(answer)
    assert not Ingest.objects.exists()


def test_a_file_may_be_larger_than_other_forms(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 200  # bytes
    assert upload(status=status_file(*[A9] * 10)).status_code == 302


def test_an_upload_that_is_cut_off_is_refused():
    """Of the form, the last bytes are missing: a row of a file may be among them."""
    head = 'Content-Disposition: form-data; name="status"; filename="a.csv"'
    whole = f"--x\r\n{head}\r\n\r\n{as_csv(A9, A10)}".encode()
    answer = Client().generic(
        "POST",
        PAGE,
        whole,
        "multipart/form-data; boundary=x",
        **{"wsgi.input": BytesIO(whole[:-20])},
    )
    assert answer.status_code == 400
    assert "the body ended before its Content-Length" in shown(answer)
    assert not Ingest.objects.exists()


def test_an_upload_needs_the_token(settings):
    settings.OPEN = False
    client = Client(enforce_csrf_checks=True)
    client.force_login(user_with("operator", "all stores"))
    assert upload(client, status=status_file(A9)).status_code == 403
    assert not Ingest.objects.exists()
    token = client.get(PAGE).context["csrf_token"]
    answer = upload(client, status=status_file(A9), csrfmiddlewaretoken=token)
    assert answer.url == address(Ingest.objects.get())


def test_an_upload_needs_the_permission(settings):
    client = logged_in(settings, "viewer", "all stores")
    assert upload(client, status=status_file(A9)).status_code == 403
    assert "Upload" not in shown(opened(PAGE, client))
    answer = upload(status=status_file(A9))
    assert answer.url == f"/login/?next={PAGE}"
    assert not Ingest.objects.exists()


def test_uploads_on_the_page_count_for_the_limit_of_uploads(settings):
    settings.LIMITS = settings.LIMITS | {"uploads": (1, timedelta(hours=1))}
    client = logged_in(settings, "operator", "all stores")
    assert upload(client, status=status_file(A9)).status_code == 302
    refused = upload(client, status=status_file(A9))
    assert refused.status_code == 429
    assert "a user may send 1 uploads" in shown(refused)
    assert Ingest.objects.count() == 1


def test_an_upload_changes_only_stores_that_the_user_sees(settings):
    engine.load(DENVER)
    client = logged_in(settings, "operator", stores=["denver"])
    zones = "store_id,timezone_str\ndenver,Europe/Paris\nlate,Europe/Paris\n"
    ingest = loaded(client, timezones=as_file("zones.csv", zones))
    assert Store.objects.get(pk="denver").timezone == "Europe/Paris"
    assert Store.objects.get(pk="late").timezone == "UTC"
    text = text_of(address(ingest), client)
    assert "Of 2 time zones, 1 changed and 1 was set aside." in text
    assert "Time zones, 1 row: store that is not yours" in text


# --- The page of an upload


def test_an_upload_is_watched_until_it_ends():
    upload(status=status_file(A9))
    ingest = Ingest.objects.get()
    page = opened(address(ingest))
    assert "… queued" in shown(page)
    assert '<meta http-equiv="refresh" content="2">' in page.text
    assert "No worker is running, so this waits." in shown(page)
    assert "No worker is running" in shown(opened(PAGE))
    Heartbeat.objects.create(seen_at=datetime.now(UTC))
    assert "No worker is running" not in shown(opened(address(ingest)))
    assert "No worker is running" not in shown(opened(PAGE))
    Ingest.objects.update(state="running", step="reading", bytes_read=1 << 20)
    Ingest.objects.update(bytes_total=4 << 20)
    page = opened(address(ingest))
    assert "1.0 MB of 4.0 MB read" in shown(page).replace("\xa0", " ")
    assert '<progress id="progress" max="4194304" value="1048576">' in page.text
    attempt("stores.Ingest", str(ingest.pk))


def test_the_page_says_in_words_what_happened_to_the_rows():
    loaded(status=status_file(A9, A10))
    again = loaded(status=status_file(A9, A9 | {"status": "inactive"}, A10, bad(2)))
    page = opened(address(again))
    assert (
        "Of 4 polls, 1 changed, 1 was already there, 1 was replaced by a later row of "
        "the file and 1 was set aside." in shown(page)
    )
    assert "http-equiv" not in page.text
    assert Poll.objects.count() == 2


def test_large_numbers_have_commas():
    counts = dict.fromkeys(["changed", "already_there", "superseded", "rejected"], 0)
    ingest = Ingest.objects.create(
        state="complete",
        files={"status": "s.csv", "hours": "h.csv"},
        counts={
            "status": counts | {"read": 1234567, "new": 1234567},
            "hours": counts | {"read": 1, "new": 1},
        },
        hours_removed=2000,
        warnings=[{"code": "rounded_ids", "text": "A tool <rounded> the ids."}],
    )
    page = opened(address(ingest))
    text = shown(page)
    assert "1,234,567 polls were new." in text
    assert "1 row of business hours was new." in text
    assert "New weeks replaced 2,000 rows of business hours." in text
    assert "Rows No row was set aside. Warnings ⚠ 1 warning, see below." in text
    assert "⚠ A tool &lt;rounded&gt; the ids." in text
    assert "set aside</h2>" not in page.text


def test_the_first_lines_say_who_asked_and_how_it_ended(settings):
    client = logged_in(settings, "operator", "all stores")
    ingest = loaded(client, status=status_file(A9, A10, bad(1)))
    started = ingest.finished_at - timedelta(seconds=42)
    Ingest.objects.update(started_at=started)
    text = text_of(address(ingest), client)
    assert "✓ complete in 42 s Requested" in text
    assert f"UTC by {ingest.requested_by.username} Rows 1 of 3 was set aside." in text
    assert "Warnings No warnings. Polls store_status.csv" in text
    assert "Polls, 1 row: " in text


def test_without_a_user_a_command_or_open_mode_asked():
    ingest = loaded(status=status_file(A9))
    assert "UTC by a command, or in open mode" in text_of(address(ingest))


def test_the_rows_that_were_set_aside_are_shown_with_the_reasons():
    rows = [A9, *map(bad, range(25))]
    ingest = loaded(status=status_file(*rows), max_rejects="100%")
    page = opened(address(ingest))
    shown_rows = rows_of(page)[1:]
    assert len(shown_rows) == 20
    assert shown_rows[0].startswith("store_status.csv 2 ")
    assert shown_rows[0].endswith(f"=0, active, {A9['timestamp_utc']}")
    answer = Client().get(link_called("Download these rows as CSV", page))
    assert len(body(answer).splitlines()) == 26


def test_an_upload_whose_page_is_shown_has_no_error_of_the_page():
    ingest = loaded(status=status_file(A9, bad(1)), max_rejects="100%")
    page = opened(address(ingest))
    assert "Polls, 1 row: " in shown(page)
    assert 'role="alert"' not in page.text
    assert "{" not in shown(page)


def test_an_upload_with_too_many_bad_rows_says_that_nothing_was_loaded():
    ingest = loaded(status=status_file(A9, *map(bad, range(11))))
    text = text_of(address(ingest))
    assert "✗ failed" in text
    assert "11 of 12 rows are rejected" in text
    assert "This would have happened. Nothing was loaded." in text
    assert not Store.objects.exists()


# --- Rows that were set aside, loaded again


def to_mend(ingest, kind):
    """The file of the rows of a kind that were set aside."""
    answer = Client().get(address(ingest, "rejects", f"{kind}.csv"))
    assert answer.status_code == 200
    return body(answer)


def test_rows_that_were_set_aside_are_corrected_and_loaded_by_the_page():
    """The columns of the file are kept in their order, also one that is ignored."""
    ingest = loaded(
        status=as_file(
            "week 4.csv",
            "Timestamp,note,Store ID,status\n"
            "2023-01-24 09:00:00 UTC,,A,active\n"
            '2023-01-24 10:00:00 UTC,"a, b",A,asleep\n'
            "2023-01-24 11:00:00 UTC,,A,\n",
        ),
        max_rejects="100%",
    )
    page = opened(address(ingest))
    link = link_called("Download the rows of “Polls” as a file", page)
    assert link == address(ingest, "rejects", "status.csv")
    file = to_mend(ingest, "status")
    reason = "status that is neither active nor inactive"
    assert file == (
        "Timestamp,note,Store ID,status,rejected_because,record\n"
        f'2023-01-24 10:00:00 UTC,"a, b",A,asleep,{reason},2\n'
        f"2023-01-24 11:00:00 UTC,,A,,{reason},3\n"
    )
    mended = file.replace("asleep", "inactive").replace(",,A,,", ",,A,active,")
    again = loaded(status=as_file("store_status_rejects.csv", mended))
    assert text_of(address(again)).count("2 polls were new.") == 1
    assert Poll.objects.filter(store="A").count() == 3


def test_polls_with_reasons_are_loaded_again_with_their_reasons():
    text = (
        "store_id,status,timestamp_utc,Reason\n"
        "A,asleep,2023-01-24 09:00:00,no_couriers\n"
        "A,active,2023-01-24 10:00:00,\n"
    )
    ingest = loaded(status=as_file("status.csv", text), max_rejects="100%")
    mended = to_mend(ingest, "status").replace("asleep", "inactive")
    loaded(status=as_file("mended.csv", mended))
    polls = Poll.objects.order_by("observed_at").values_list("is_active", "reason")
    assert list(polls) == [(False, "no_couriers"), (True, None)]


def test_names_and_zones_are_loaded_again_by_their_rows():
    names = f"store_id,display_name\nA,{'x' * 201}\nB,=1+1\n=C,Bella\n"
    zones = "store_id,timezone_str\nA,Mars\nB,UTC\n"
    ingest = loaded(
        names=as_file("names.csv", names), timezones=as_file("zones.csv", zones)
    )
    assert to_mend(ingest, "timezones").splitlines()[1].startswith("A,Mars,")
    # A spreadsheet must not run the id.
    assert to_mend(ingest, "names").splitlines()[2].startswith("'=C,Bella,")
    text = text_of(address(ingest))
    assert "Download the rows of “Names” as a file" in text
    assert "Download the rows of “Time zones” as a file" in text
    assert "an apostrophe before a text that begins with =" in text


def test_a_part_of_a_week_is_not_offered_to_be_loaded_alone():
    """A file of hours replaces the weeks of its stores: the rest would be lost."""
    header = "store_id,day,start_time_local,end_time_local\n"
    hours = f"{header}A,0,09:00,12:00\nA,1,9,12:00\n"
    ingest = loaded(hours=as_file("week.csv", hours))
    page = opened(address(ingest))
    assert "Download the rows of “Business hours”" not in page.text
    assert (
        "load the whole file here. It replaces the whole week of each store that it "
        "names, so all their rows must be in it." in shown(page)
    )
    assert 'name="hours" type="file"' in page.text


def test_of_an_upload_that_failed_the_whole_file_is_asked_for():
    ingest = loaded(status=status_file(A9, *map(bad, range(11))))
    text = text_of(address(ingest))
    assert "load the whole file here. Nothing of it was loaded." in text
    assert "Download the rows of “Polls” as a file" not in text


def test_only_who_may_upload_is_asked_to(settings):
    ingest = loaded(status=status_file(A9, bad(1)))
    client = logged_in(settings, "viewer", "all stores")
    assert "Load them again" not in text_of(address(ingest), client)


def test_a_file_without_such_rows_is_not_found():
    ingest = loaded(status=status_file(A9, bad(1)))
    for kind in ("hours", "nothing"):
        wrong = address(ingest, "rejects", f"{kind}.csv")
        assert Client().get(wrong).status_code == 404


# --- The list


def test_the_list_has_the_newest_first():
    loaded(status=status_file(A9, bad(1)))
    upload(hours=as_file("week.csv", "store_id\n"))
    page = opened(PAGE)
    first, second = rows_of(page)[1:]
    assert "… queued week.csv 0 none" in first
    assert "✓ complete store_status.csv 2 1 none" in second
    assert len(rows_of(opened(PAGE, state="complete"))) == 2
    assert "No files were loaded yet" in text_of(PAGE, state="failed")
    second = Client().get(link_called("Next page", opened(PAGE, page_size=1)))
    assert "store_status.csv" in shown(second)


def test_the_list_has_names_without_their_folders():
    Ingest.objects.create(files={"status": "/srv/a b/polls.csv", "names": "n.csv"})
    page = opened(PAGE)
    assert "queued polls.csv , n.csv 0 none" in rows_of(page)[1]
    assert 'title="/srv/a b/polls.csv"' in page.text


def test_users_see_only_their_own_uploads(settings):
    other = loaded(status=status_file(A9, bad(1)))
    client = logged_in(settings, "operator", stores=["1"])
    upload(client, hours=as_file("mine.csv", "store_id\n"))
    page = opened(PAGE, client)
    assert len(rows_of(page)) == 2
    assert "mine.csv" in page.text
    for rest in ("", "rejects.csv", "rejects/status.csv"):
        assert client.get(address(other, rest)).status_code == 404


def test_pushed_polls_do_not_hide_the_files():
    push(APIClient(), [A9, A10])
    loaded(status=status_file(A9))
    push(APIClient(), [A10, bad(1)])
    assert [what(row) for row in rows_of(opened(PAGE))[1:]] == ["store_status.csv 1 0"]
    pushed = "polls sent by the API"
    rows = rows_of(opened(PAGE, shown="pushes"))[1:]
    assert [what(row) for row in rows] == [f"{pushed} 2 1", f"{pushed} 2 0"]
    assert len(rows_of(opened(PAGE, shown="all"))) == 4
    page = opened(PAGE, shown="pushes", page_size=1)
    assert f"{pushed} 2 0" in text_of(link_called("Next page", page))
    link = link_called("failed", page)
    assert "No polls were sent by the API yet that are failed." in text_of(link)


def what(row):
    return row.partition("complete ")[2].removesuffix(" none")


def test_the_page_of_a_push_says_so():
    push(APIClient(), [A9, bad(1)])
    page = opened(address(Ingest.objects.get()))
    assert "<h1>Pushed polls of" in page.text
    assert "Download the rows of “Polls” as a file" in page.text


def test_what_is_shown_must_be_known():
    answer = Client().get(PAGE, {"shown": "everything"})
    assert answer.status_code == 400
    assert "shown:" in shown(answer)


@pytest.mark.parametrize("rest", ["", "rejects.csv", "rejects/status.csv"])
def test_an_unknown_upload_is_not_found(rest):
    page = Client().get(f"{PAGE}{UNUSED}/{rest}")
    assert page.status_code == 404
    assert f"there is no ingest {UNUSED}" in shown(page)


def test_the_number_of_queries_does_not_depend_on_the_rows():
    ingest = loaded(status=status_file(A9, *map(bad, range(5))))
    Ingest.objects.bulk_create(Ingest(files={}) for _ in range(20))
    for page in (PAGE, address(ingest)):
        with CaptureQueriesContext(connection) as queries:
            opened(page)
        assert len(queries) <= 5


# --- Files that are dropped

DROP = """([files, place]) => {
    const data = new DataTransfer();
    files.forEach((name) => data.items.add(new File(["x"], name)));
    const options = {dataTransfer: data, bubbles: true, cancelable: true};
    const target = document.querySelector(place);
    target.dispatchEvent(new DragEvent("dragover", options));
    target.dispatchEvent(new DragEvent("drop", options));
    return Object.fromEntries([...document.querySelectorAll("form.drop [type=file]")]
        .filter((field) => field.files.length)
        .map((field) => [field.name, field.files[0].name]));
}"""


@needs_chromium
@pytest.mark.parametrize(
    ("files", "place", "expected", "said"),
    [
        (
            ["Menu_hours (1).csv", "store_status.csv.gz", "x.csv"],
            "form.drop",
            {"hours": "Menu_hours (1).csv", "status": "store_status.csv.gz"},
            "x.csv is not known by its name",
        ),
        (["x.csv"], "#file-labels", {"labels": "x.csv"}, "x.csv: Labels."),
        (["x.csv"], "#max-rejects", {}, "x.csv is not known by its name"),
    ],
)
def test_dropped_files_go_to_their_fields(files, place, expected, said):
    html = opened(PAGE).text
    with opened_in_browser(html, width=1280) as page:
        assert page.evaluate(DROP, [files, place]) == expected
        assert said in page.text_content("#dropped")


def test_without_the_script_a_file_is_dropped_on_its_field():
    text = text_of(PAGE)
    assert "Choose files, or drop each on its field." in text
    assert "Drop the file here. It has the columns store_id, display_name." in text


# --- The sample data

BUTTON = "Load the sample data"


def test_an_empty_database_offers_the_sample_data():
    assert BUTTON in text_of(PAGE)
    answer = Client().post(f"{PAGE}sample/")
    ingest = Ingest.objects.get()
    assert answer.url == address(ingest)
    attempt("stores.Ingest", str(ingest.pk))
    assert Store.objects.exists()
    assert BUTTON not in text_of(PAGE)
    assert Client().post(f"{PAGE}sample/").status_code == 409
    assert Ingest.objects.count() == 1


def test_only_open_mode_offers_the_sample_data(settings):
    client = logged_in(settings, "operator", "all stores")
    assert BUTTON not in text_of(PAGE, client)
    assert client.post(f"{PAGE}sample/").status_code == 409
    assert not Ingest.objects.exists()


def test_where_no_sample_data_is_installed_none_is_offered(monkeypatch, tmp_path):
    monkeypatch.setattr(ingests, "SAMPLE", tmp_path)
    assert BUTTON not in text_of(PAGE)
