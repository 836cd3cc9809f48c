from django.urls import path

from restaurant_monitor.access.api.audit import AuditEntries

urlpatterns = [
    path("audit", AuditEntries.as_view({"get": "list"}), name="audit"),
]
