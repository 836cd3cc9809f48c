from django.db import migrations, models


class Migration(migrations.Migration):
    """The newest poll of each store is kept with it, so that lists can be sorted."""

    dependencies = [("stores", "0007_uploads")]

    operations = [
        migrations.AddField(
            "store",
            "last_seen_at",
            models.DateTimeField(
                editable=False,
                help_text="The instant of its newest poll, be it pruned since.",
                null=True,
            ),
        ),
        migrations.RunSQL(
            """
            update store as s
            set last_seen_at = (
                select p.observed_at
                from poll as p
                where p.store_id = s.store_id
                order by p.observed_at desc
                limit 1
            )
            """,
            migrations.RunSQL.noop,
        ),
    ]
