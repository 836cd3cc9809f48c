"""Users, roles, grants, API keys and the audit log in the admin."""

from django.contrib import admin
from django.contrib.auth import admin as of_django  # noqa: F401, it registers its pages
from django.contrib.auth.models import Group, User

from restaurant_monitor.access.admin.audit import AuditEntryAdmin
from restaurant_monitor.access.admin.grants import GrantAdmin
from restaurant_monitor.access.admin.keys import ApiKeyAdmin
from restaurant_monitor.access.admin.users import AccountAdmin, RoleAdmin
from restaurant_monitor.access.models import ApiKey, AuditEntry, Grant

admin.site.unregister([Group, User])
admin.site.register(Group, RoleAdmin)
admin.site.register(User, AccountAdmin)
admin.site.register(Grant, GrantAdmin)
admin.site.register(ApiKey, ApiKeyAdmin)
admin.site.register(AuditEntry, AuditEntryAdmin)
