"""The addresses of users, grants, API keys and the audit log in the API."""

from django.urls import path

from restaurant_monitor.access.api.audit import AuditEntries
from restaurant_monitor.access.api.grants import Grants
from restaurant_monitor.access.api.keys import Keys
from restaurant_monitor.access.api.me import Me
from restaurant_monitor.access.api.users import Users

collection = {"get": "list", "post": "create"}
one_user = {"get": "retrieve", "patch": "partial_update"}
single = {"get": "retrieve", "delete": "destroy"}

urlpatterns = [
    path("audit", AuditEntries.as_view({"get": "list"}), name="audit"),
    path("me", Me.as_view(), name="me"),
    path("users", Users.as_view(collection), name="users"),
    path("users/<int:user_id>", Users.as_view(one_user), name="user"),
    path("grants", Grants.as_view(collection), name="grants"),
    path("grants/<grant_id>", Grants.as_view(single), name="grant"),
    path("keys", Keys.as_view(collection), name="keys"),
    path("keys/<key_id>", Keys.as_view(single), name="key"),
]
