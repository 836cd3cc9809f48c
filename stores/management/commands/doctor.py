"""manage.py doctor: say what is wrong with an installation, and what to do."""

from django.core.management.base import BaseCommand, CommandError

from stores.health import checks, installation, more

WORDS = {True: "ok", False: "problem", None: "unknown"}


class Command(BaseCommand):
    help = (
        "Check the installation: the database and its settings, free disk, clocks, "
        "migrations, the worker, and the data. Each check is a line. The exit code is "
        "1 if there is a problem. Run it with the variables of the service."
    )
    requires_system_checks = ()  # it must work if something is wrong

    def handle(self, **options):
        wanted = installation.ALL | more.CHECKS
        made = list(checks.run(wanted))
        for found in made:
            self.show(found.is_ok, found.name, advice(found))
        needed = "database" if made[-1].text == checks.NO_DATABASE else "tables"
        for name in list(wanted)[len(made) :]:
            self.show(None, name, f"this needs the {needed}")
        if problems := sum(found.is_ok is False for found in made):
            raise CommandError(f"{count(problems)} found")

    def show(self, is_ok, name, text):
        self.stdout.write(f"{WORDS[is_ok]:<8} {name}: {' '.join(text.split())}")


def advice(found):
    """Return the text of a Finding, with what to do if the database is away."""
    if found.text != checks.NO_DATABASE:
        return found.text
    return (
        f"{found.text} ({found.reason}). Start PostgreSQL, or correct DATABASE_URL in "
        "the environment."
    )


def count(problems):
    return "1 problem was" if problems == 1 else f"{problems} problems were"
