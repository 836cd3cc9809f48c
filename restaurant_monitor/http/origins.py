"""Refuses requests that change something and come from another web site.

A browser sends a form or a script of any page to any address that it reaches, also to
one in the operator's own network. It says where the request comes from. Programs that
are no browsers say nothing, and are let through.
"""

from django.conf import settings
from django.core.exceptions import PermissionDenied

from restaurant_monitor.http.problems import forbidden

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
ELSEWHERE = PermissionDenied("this request comes from another web site")
OWN_SITES = (None, "same-origin", "none")  # none: the user typed the address


def refuse_other_sites(get_response):
    """Middleware: answer a change from another origin with a 403."""

    def middleware(request):
        if request.method not in SAFE_METHODS and is_from_elsewhere(request):
            return forbidden(request, ELSEWHERE)
        return get_response(request)

    return middleware


def is_from_elsewhere(request):
    origin = request.headers.get("Origin")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return False
    own = f"{request.scheme}://{request.get_host()}"
    site = request.headers.get("Sec-Fetch-Site")
    return site not in OWN_SITES or origin not in (None, own)
