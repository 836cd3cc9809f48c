"""The pages of ingests."""

import csv
import re
from io import StringIO

import pytest

from stores.models import Ingest
from tests.admin.pages import INGESTS, body, shown
from tests.support import engine
from tests.support.denver import DENVER
from tests.support.reference import HOUR, Data, parse_instant

pytestmark = pytest.mark.django_db


class TestIngests:
    @pytest.fixture
    def ingest(self):
        at = parse_instant("2023-01-23 17:14:00 UTC")
        engine.load(
            Data([("good", True, at), ("=bad", True, at)], [("good", 0, 0, HOUR)], [])
        )
        return Ingest.objects.get()

    def test_it_shows_files_counts_and_rejects(self, admin_client, ingest):
        assert "store_status.csv" in admin_client.get(INGESTS).text
        text = shown(admin_client.get(f"{INGESTS}{ingest.pk}/change/"))
        assert "hours 1 1 0 0 0 0 status 2 1 0 0 0 1" in text
        reason = "store_id that a spreadsheet would run as a formula"
        assert f"store_status.csv 2 {reason} =bad, active, 2023-01-23 17:14:00" in text

    def test_its_rejects_are_downloaded(self, admin_client, ingest):
        page = admin_client.get(f"{INGESTS}{ingest.pk}/change/")
        link = re.search(r'href="([^"]*/rejects/)"', page.text)[1]
        answer = admin_client.get(link)
        assert "attachment" in answer["Content-Disposition"]
        [row] = csv.DictReader(StringIO(body(answer)))
        assert row["record"] == "2"
        assert row["reason"] == "store_id that a spreadsheet would run as a formula"

    def test_it_says_how_many_rejects_are_not_kept(self, admin_client, ingest):
        page = f"{INGESTS}{ingest.pk}/change/"
        assert "not kept" not in shown(admin_client.get(page))
        ingest.rejected = 1_235
        ingest.save()
        text = shown(admin_client.get(page))
        assert "Download as CSV (1,234 more are counted but not kept)" in text

    def test_the_list_has_short_names_and_a_link_to_the_rejects(
        self, admin_client, ingest
    ):
        ingest.files = {"status": "/srv/exports/a.csv", "hours": "POST /api/polls"}
        ingest.save()
        page = admin_client.get(INGESTS)
        assert "POST /api/polls a.csv 1 (CSV)" in shown(page)
        assert 'title="/srv/exports/a.csv"' in page.text
        link = re.search(r'href="([^"]*/rejects/)"', page.text)[1]
        assert len(body(admin_client.get(link)).splitlines()) == 2

    def test_an_ingest_without_rejects_has_no_download(self, admin_client):
        engine.load(DENVER)
        page = admin_client.get(f"{INGESTS}{Ingest.objects.get().pk}/change/")
        assert "/rejects/" not in page.text

    def test_it_shows_the_state_of_an_upload(self, admin_client):
        files = {"hours": "weeks.csv"}
        queued = Ingest.objects.create(files=files)
        Ingest.objects.create(
            files=files, state="failed", error="weeks.csv, line 7: no"
        )
        assert "weeks.csv, line 7: no" in shown(admin_client.get(INGESTS))
        assert (
            "weeks.csv, line 7" not in admin_client.get(f"{INGESTS}?state=queued").text
        )
        page = shown(admin_client.get(f"{INGESTS}{queued.pk}/change/"))
        assert "State: queued" in page

    def test_it_shows_what_looks_wrong(self, admin_client, ingest):
        assert "Warnings: none" in shown(
            admin_client.get(f"{INGESTS}{ingest.pk}/change/")
        )
        ingest.warnings = [{"code": "rounded_ids", "text": "<Ids> look rounded."}]
        ingest.save()
        page = shown(admin_client.get(f"{INGESTS}{ingest.pk}/change/"))
        assert "Warnings: &lt;Ids&gt; look rounded." in page

    def test_rejects_of_an_unknown_ingest_are_not_found(self, admin_client, ingest):
        Ingest.objects.all().delete()
        assert admin_client.get(f"{INGESTS}{ingest.pk}/rejects/").status_code == 404

    def test_ingests_cannot_be_added_edited_or_deleted(self, admin_client, ingest):
        assert admin_client.post(f"{INGESTS}{ingest.pk}/change/").status_code == 403
        assert admin_client.post(f"{INGESTS}{ingest.pk}/delete/").status_code == 403
        assert admin_client.get(f"{INGESTS}add/").status_code == 403
