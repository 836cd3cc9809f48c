"""Who may open a page."""

from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django_htmx.http import HttpResponseClientRefresh

from restaurant_monitor.access.open import Anyone, is_open


def page(*needed):
    """Decorate the view of a page with the permissions that it needs.

    Without a login, the login comes first. In open mode, none is needed. An open page
    that asks for a part of itself without a login is loaded again as a whole.
    """

    def decorate(view):
        @wraps(view)
        def checked(request, *args, **options):
            if is_open(request) and not request.user.is_superuser:
                request.user = Anyone()
            if not request.user.is_authenticated:
                if request.htmx:
                    return HttpResponseClientRefresh()
                return redirect_to_login(request.get_full_path())
            for permission in needed:
                if not request.user.has_perm(permission):
                    raise PermissionDenied(f"this needs the permission {permission}")
            return view(request, *args, **options)

        return checked

    return decorate
