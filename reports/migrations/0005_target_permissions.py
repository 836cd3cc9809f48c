"""Whoever edits stores may also set targets for them."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations


def let_editors_set_targets(apps, schema_editor):
    # Django creates permissions only after all migrations.
    create_permissions(installed.get_app_config("stores"), verbosity=0, apps=apps)
    Group, Permission = (apps.get_model("auth", n) for n in ("Group", "Permission"))
    found = Permission.objects.get(
        content_type__app_label="stores", codename="change_uptimetarget"
    )
    # An admin may have deleted or renamed the role.
    for group in Group.objects.filter(name="editor"):
        group.permissions.add(found)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0004_labels"),
        ("stores", "0009_uptime_targets"),
    ]

    operations = [
        migrations.RunPython(let_editors_set_targets, migrations.RunPython.noop)
    ]
