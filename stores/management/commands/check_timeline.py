"""manage.py check_timeline: test the invariants in sql/checks on the data at hand."""

from django.core.management.base import BaseCommand, CommandError

from stores import timeline


class Command(BaseCommand):
    help = (
        "Bring the timeline up to date and test everything that must hold of it, as "
        "sql/checks has it. With --from-scratch it is made anew first, which takes "
        "up new time zone rules of the database."
    )

    def add_arguments(self, parser):
        parser.add_argument("--from-scratch", action="store_true")

    def handle(self, from_scratch, **options):
        if from_scratch:
            timeline.mark_everything()
        try:
            timeline.refresh()
        except timeline.NoMoment as error:
            raise CommandError(str(error)) from error
        broken = timeline.check()
        for name, rows in broken.items():
            self.stdout.write(f"{name}: {len(rows):,} rows, such as {rows[0]}")
        if broken:
            raise CommandError("the timeline is not sound")
        self.stdout.write("Everything holds.")
