"""Refuses a database that another version of the code has migrated.

Code of another version would miss columns, or write rows that mean something else.
"""

from functools import cache

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from restaurant_monitor.access.actors import acting_as, command

WHAT_TO_DO = "see Upgrading in docs/operations.md"


class OtherVersion(Exception):
    """The database has fewer or other migrations than the code. The message says so."""


class DataCommand(BaseCommand):
    """A command that refuses a database of another version before it does anything.

    The audit log has its name with what it changes.
    """

    requires_migrations_checks = True

    def execute(self, *args, **options):
        """Run the command. What it changes is its own doing, in the audit log."""
        name = self.__module__.rpartition(".")[2]
        with acting_as(command(name)):
            return super().execute(*args, **options)

    def check_migrations(self):
        try:
            refuse_other_version()
        except (OperationalError, InterfaceError) as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"no database: {reason}") from error
        except OtherVersion as error:
            raise CommandError(str(error)) from error


def refuse_other_version():
    """Raise OtherVersion unless the database has exactly the code's migrations."""
    applied = {*MigrationRecorder(connection).applied_migrations()}
    if unknown := applied - known_migrations():
        raise OtherVersion(
            f"the database belongs to a newer version, which has {named(unknown)}: "
            f"install that version, {WHAT_TO_DO}"
        )
    if missing := known_migrations() - applied:
        raise OtherVersion(
            f"the database belongs to an older version, without {named(missing)}: "
            f"run manage.py migrate, {WHAT_TO_DO}"
        )


@cache
def known_migrations():
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def named(migrations):
    """Return the name of the first of these migrations, and how many more there are."""
    first = ".".join(min(migrations))
    more = len(migrations) - 1
    return f"{first} and {more} more migrations" if more else f"the migration {first}"
