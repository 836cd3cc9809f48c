"""manage.py ingest_probes: set the probes of stores from a CSV file."""

from pathlib import Path

from django.core.management.base import CommandError
from django.db import DatabaseError

import sql
from restaurant_monitor.versions import DataCommand
from stores.ingest.csv_file import CsvFile, Refused
from stores.polling.loading import RowsRejected, load_probes

NOTHING = "nothing was changed"


class Command(DataCommand):
    help = (
        "Set the probes of stores: a CSV file with the columns store_id and url, and "
        "any of status_codes, text, not_text, json_path, json_value and "
        "interval_minutes. An empty url removes the probe of a store. If a row is "
        "invalid, nothing is loaded."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="plain or in gzip")

    def handle(self, file, **options):
        try:
            with file.open("rb") as raw:
                loaded = load_probes(CsvFile(raw, file))
        except RowsRejected as error:
            for line in error.lines:
                self.stderr.write(line)
            raise CommandError(f"{error}; {NOTHING}") from error
        except (Refused, OSError) as error:
            raise CommandError(f"{error}; {NOTHING}") from error
        except DatabaseError as error:
            reason = f"the database failed: {sql.reason(error)}"
            raise CommandError(f"{reason}; {NOTHING}") from error
        self.stdout.write(f"Set {loaded.set:,} probes and removed {loaded.removed:,}.")
