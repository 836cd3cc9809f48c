"""Which permission a request to the API needs.

A view names it with `needs`, by method: a permission of Django, or ANY_USER. A method
for which it names none is refused.
"""

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission

ANY_USER = ""


def needs(**permissions):
    """Decorate a view with the permission that each of its methods needs."""

    def decorate(view):
        view.needs = permissions
        return view

    return decorate


class Needed(BasePermission):
    """Lets a request through if its user has the permission that its view needs."""

    def has_permission(self, request, view):
        user = request.user
        if not user.is_authenticated or not user.is_active:
            return False
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS" or method not in view.allowed_methods:
            return True  # it does nothing
        needed = getattr(view, "needs", {}).get(method)
        if needed is None:
            return False
        if needed and not user.has_perm(needed):
            raise PermissionDenied(f"this needs the permission {needed}")
        return True
