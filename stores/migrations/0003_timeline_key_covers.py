from django.db import migrations


class Migration(migrations.Migration):
    """The key of the timeline answers "of this store, from then on" by itself."""

    dependencies = [("stores", "0002_timeline_state")]

    operations = [
        migrations.RemoveIndex("period", "timeline_by_end"),
        migrations.RunSQL(
            """
            alter table timeline drop constraint timeline_pkey;
            alter table timeline add constraint timeline_pkey
            primary key (store_id, ends_at) include (starts_at, is_up)
            """,
            """
            alter table timeline drop constraint timeline_pkey;
            alter table timeline add constraint timeline_pkey
            primary key (store_id, ends_at)
            """,
        ),
    ]
