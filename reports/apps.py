from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self):
        from django_q.signals import post_execute

        from reports.tasks import note_life

        # Sent by the last process on a message's way, after its acknowledgement.
        post_execute.connect(note_life)
