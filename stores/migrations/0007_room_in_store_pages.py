"""Leaves room in the pages of the table of stores.

Each hour's polls update `last_seen_at` of nearly all stores. With room in its page, the
new version of a row needs no new entries in the indexes.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stores", "0006_rejected_columns")]

    operations = [
        migrations.RunSQL(
            "alter table store set (fillfactor = 60)",
            "alter table store reset (fillfactor)",
        )
    ]
