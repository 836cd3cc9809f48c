from django.db import migrations


def create_the_row(apps, schema_editor):
    apps.get_model("stores", "TimelineState").objects.create(id=1)


class Migration(migrations.Migration):
    dependencies = [("stores", "0001_initial")]

    operations = [migrations.RunPython(create_the_row, migrations.RunPython.noop)]
