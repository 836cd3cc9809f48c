"""The audit log in the admin."""

from django.contrib import admin

from restaurant_monitor.access.admin.audit import AuditEntryAdmin
from restaurant_monitor.access.models import AuditEntry

admin.site.register(AuditEntry, AuditEntryAdmin)
