from django.apps import AppConfig


class CountersConfig(AppConfig):
    name = "restaurant_monitor.counters"
