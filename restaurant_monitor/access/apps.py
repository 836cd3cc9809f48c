from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "restaurant_monitor.access"
    verbose_name = "Accounts"
    default_auto_field = "django.db.models.BigAutoField"
