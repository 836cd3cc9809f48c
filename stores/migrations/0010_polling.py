"""Probes, rounds of polling and their results; and who may see and change them."""

import uuid

import django.db.models.functions.text
import django.db.models.lookups
from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

READS = ["view_probe", "view_pollinground", "view_proberesult"]
ROLES = {"viewer": READS, "editor": [*READS, "change_probe"], "operator": READS}


def add_to_roles(apps, schema_editor):
    """Add the permissions to the roles, unless an admin has deleted a role."""
    # Django creates permissions only after all migrations.
    create_permissions(installed.get_app_config("stores"), verbosity=0, apps=apps)
    Group, Permission = (apps.get_model("auth", n) for n in ("Group", "Permission"))
    for name, codenames in ROLES.items():
        found = Permission.objects.filter(
            content_type__app_label="stores", codename__in=codenames
        )
        for group in Group.objects.filter(name=name):
            group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("stores", "0009_uptime_targets"),
        ("reports", "0003_roles"),  # it makes the roles
    ]

    operations = [
        migrations.CreateModel(
            name="PollingRound",
            fields=[
                (
                    "round_id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("running", "Running"),
                            ("complete", "Complete"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "probes",
                    models.IntegerField(default=0, help_text="How many it asked for."),
                ),
                ("active", models.IntegerField(default=0)),
                ("inactive", models.IntegerField(default=0)),
                (
                    "refused",
                    models.IntegerField(
                        default=0,
                        help_text="Results that say nothing about the store: no poll.",
                    ),
                ),
                (
                    "witnesses",
                    models.IntegerField(
                        default=0,
                        help_text="How many others it asked because nearly all had failed.",
                    ),
                ),
                (
                    "answering",
                    models.IntegerField(
                        default=0,
                        help_text="How many of these answered, so that the network is well.",
                    ),
                ),
                (
                    "error",
                    models.TextField(blank=True, help_text="Why it gave no polls."),
                ),
                (
                    "ingest_id",
                    models.UUIDField(help_text="The ingest of its polls.", null=True),
                ),
            ],
            options={
                "db_table": "polling_round",
                "ordering": ["-began_at", "round_id"],
                "default_permissions": ["view"],
                "indexes": [
                    models.Index(
                        fields=["-began_at", "round_id"], name="polling_round_by_time"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Probe",
            fields=[
                (
                    "store_id",
                    models.TextField(
                        db_collation="C", primary_key=True, serialize=False
                    ),
                ),
                (
                    "url",
                    models.TextField(help_text="The address to ask, http or https."),
                ),
                (
                    "status_codes",
                    models.TextField(
                        default="200-299",
                        help_text="The HTTP status codes that mean active, such as 200-299,404.",
                    ),
                ),
                (
                    "text",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="A text that the answer must have.",
                    ),
                ),
                (
                    "not_text",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="A text that the answer must not have.",
                    ),
                ),
                (
                    "json_path",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="The place of a value in an answer in JSON, such as /store/open (a JSON Pointer, RFC 6901).",
                    ),
                ),
                (
                    "json_value",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="This value, as JSON, such as true.",
                    ),
                ),
                (
                    "interval_minutes",
                    models.SmallIntegerField(
                        default=60, help_text="How often to ask, in minutes: 5 to 1440."
                    ),
                ),
            ],
            options={
                "db_table": "probe",
                "default_permissions": ["view", "change"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "url__regex",
                                "^https?://(\\[[0-9A-Fa-f:.]+\\]|[^]\\s/?#@:[\\\\]+)(:[0-9]{1,5})?([/?#]\\S*)?$",
                            )
                        ),
                        name="probe_url_is_an_address",
                        violation_error_message="url is not an http or https address without user name and password",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status_codes__regex",
                                "^[1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?){0,19}$",
                            )
                        ),
                        name="probe_status_codes_are_codes",
                        violation_error_message="status_codes is not like 200-299,404",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("json_path__regex", "^(/.*)?$")),
                        name="probe_json_path_is_a_pointer",
                        violation_error_message="json_path does not begin with /",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("json_path", ""), ("json_value", "")),
                            models.Q(
                                models.Q(("json_path", ""), _negated=True),
                                models.Q(("json_value", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="probe_json_path_has_a_value",
                        violation_error_message="json_path and json_value need each other",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("interval_minutes__range", (5, 1440))),
                        name="probe_interval_is_5_minutes_to_a_day",
                        violation_error_message="interval_minutes is not from 5 to 1440",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("url"), 1000
                            ),
                            models.Q(
                                ("url__regex", "[\\u0001-\\u001f\\u007f-\\u009f]"),
                                _negated=True,
                            ),
                        ),
                        name="probe_url_is_short_text",
                        violation_error_message="url has at most 1000 characters, and no control character",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("text"), 200
                            ),
                            models.Q(
                                ("text__regex", "[\\u0001-\\u001f\\u007f-\\u009f]"),
                                _negated=True,
                            ),
                        ),
                        name="probe_text_is_short_text",
                        violation_error_message="text has at most 200 characters, and no control character",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("not_text"), 200
                            ),
                            models.Q(
                                ("not_text__regex", "[\\u0001-\\u001f\\u007f-\\u009f]"),
                                _negated=True,
                            ),
                        ),
                        name="probe_not_text_is_short_text",
                        violation_error_message="not_text has at most 200 characters, and no control character",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("json_path"), 200
                            ),
                            models.Q(
                                (
                                    "json_path__regex",
                                    "[\\u0001-\\u001f\\u007f-\\u009f]",
                                ),
                                _negated=True,
                            ),
                        ),
                        name="probe_json_path_is_short_text",
                        violation_error_message="json_path has at most 200 characters, and no control character",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("json_value"),
                                200,
                            ),
                            models.Q(
                                (
                                    "json_value__regex",
                                    "[\\u0001-\\u001f\\u007f-\\u009f]",
                                ),
                                _negated=True,
                            ),
                        ),
                        name="probe_json_value_is_short_text",
                        violation_error_message="json_value has at most 200 characters, and no control character",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProbeResult",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "looked_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("store_id", models.TextField(db_collation="C")),
                ("looked_at", models.DateTimeField(help_text="When the answer came.")),
                ("round_id", models.UUIDField()),
                (
                    "is_active",
                    models.BooleanField(
                        help_text="Null: it says nothing about the store.", null=True
                    ),
                ),
                (
                    "reason",
                    models.TextField(help_text="Why it is not active. Empty if it is."),
                ),
                ("host", models.TextField(help_text="Of the probe's address.")),
                ("milliseconds", models.IntegerField(help_text="How long it took.")),
            ],
            options={
                "db_table": "probe_result",
                "default_permissions": ["view"],
                "indexes": [
                    models.Index(fields=["round_id"], name="probe_result_by_round")
                ],
            },
        ),
        migrations.RemoveIndex(
            model_name="ingest",
            name="ingest_of_files",
        ),
        migrations.AddIndex(
            model_name="ingest",
            index=models.Index(
                condition=models.Q(
                    models.Q(("files", {"status": "POST /api/polls"}), _negated=True),
                    models.Q(("files", {"status": "poll_stores"}), _negated=True),
                ),
                fields=["-requested_at", "-ingest_id"],
                name="ingest_of_files",
            ),
        ),
        migrations.RunPython(add_to_roles, migrations.RunPython.noop),
    ]
