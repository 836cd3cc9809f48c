"""The row of the evaluation, and what the roles may do with alerts."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

SEES = ["reports.view_alert"]
ANSWERS = [*SEES, "reports.change_alert"]
ROLES = {
    "viewer": SEES,
    "editor": ANSWERS,
    "operator": [
        *ANSWERS,
        "reports.view_alertrule",
        "reports.add_alertrule",
        "reports.change_alertrule",
        "reports.delete_alertrule",
        "reports.view_alertmessage",
        "reports.change_alertmessage",
    ],
    "admin": [
        "reports.view_alertchannel",
        "reports.add_alertchannel",
        "reports.change_alertchannel",
        "reports.delete_alertchannel",
    ],
}


def make_state(apps, schema_editor):
    apps.get_model("reports", "AlertState").objects.get_or_create(id=1)


def add_to_roles(apps, schema_editor):
    # Django creates permissions only after all migrations.
    create_permissions(installed.get_app_config("reports"), verbosity=0, apps=apps)
    Group, Permission = (apps.get_model("auth", n) for n in ("Group", "Permission"))
    for name, permissions in ROLES.items():
        # Whoever deleted or renamed a role does not want it back.
        for group in Group.objects.filter(name=name):
            for permission in permissions:
                label, codename = permission.split(".")
                found = Permission.objects.get(
                    content_type__app_label=label, codename=codename
                )
                group.permissions.add(found)


class Migration(migrations.Migration):
    dependencies = [("reports", "0006_alerts")]

    operations = [
        migrations.RunPython(make_state, migrations.RunPython.noop),
        migrations.RunPython(add_to_roles, migrations.RunPython.noop),
    ]
