from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "restaurant_monitor.jobs"

    def ready(self):
        from django_q.signals import post_execute

        from restaurant_monitor.jobs.tasks import record_heartbeat

        # The last process that handles a message sends this, after its acknowledgement.
        post_execute.connect(record_heartbeat)
