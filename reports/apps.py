from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self):
        from reports import distribution
        from reports.alerts import health
        from reports.alerts.tasks import send_if_due
        from reports.scheduled.tasks import write_if_due
        from restaurant_monitor.jobs.watch import ticked
        from stores.health import more

        more.CHECKS |= {"cluster": distribution.is_whole, **health.CHECKS}
        more.FIGURES.append(health.figures)
        ticked.connect(write_if_due)
        ticked.connect(send_if_due)
