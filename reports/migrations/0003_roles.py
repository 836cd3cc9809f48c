"""The roles: groups of Django with permissions. An admin may change them later."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

READS = [
    "stores.view_store",
    "stores.view_storelabel",
    "stores.view_businesshours",
    "stores.view_specialhours",
    "stores.view_unsettled",
    "stores.view_poll",
    "stores.view_period",
    "stores.view_outage",
    "stores.view_ingest",
    "reports.view_report",
    "reports.view_reportrow",
]
ROLES = {
    "viewer": READS,
    "poller": ["stores.add_poll"],
    "editor": [
        *READS,
        "stores.change_store",
        "stores.change_storelabel",
        "stores.change_businesshours",
        "stores.change_specialhours",
    ],
    "operator": [
        *READS,
        "stores.add_store",
        "stores.delete_store",
        "stores.add_ingest",
        "reports.add_report",
        "reports.delete_report",
    ],
    "admin": [
        "auth.view_user",
        "auth.add_user",
        "auth.change_user",
        "auth.view_group",
        "access.view_grant",
        "access.add_grant",
        "access.change_grant",
        "access.delete_grant",
        "access.view_apikey",
        "access.add_apikey",
        "access.change_apikey",
    ],
    "all stores": ["access.see_all"],
}


def make_roles(apps, schema_editor):
    # Django creates permissions only after all migrations.
    for label in ("auth", "access", "stores", "reports"):
        create_permissions(installed.get_app_config(label), verbosity=0, apps=apps)
    Group, Permission = (apps.get_model("auth", n) for n in ("Group", "Permission"))
    for name, permissions in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        for permission in permissions:
            label, codename = permission.split(".")
            found = Permission.objects.get(
                content_type__app_label=label, codename=codename
            )
            group.permissions.add(found)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("reports", "0002_access"),
        ("stores", "0003_access"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
