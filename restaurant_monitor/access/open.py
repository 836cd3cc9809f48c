"""Open mode: without accounts, whoever is on this machine may do everything.

The service is open only while it has its own database and no address but that of this
machine. See OPEN in the settings.
"""

from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Permission

# With one of these, or one that begins with X-Forwarded-, a proxy passes on somebody
# else.
FORWARDED = ("Forwarded", "Via", "X-Real-Ip")


class Anyone(AnonymousUser):
    """The user of all requests in open mode. It may do everything."""

    is_authenticated = is_active = True
    username = "open mode"  # in the audit log

    def has_perm(self, perm, obj=None):
        return True

    def get_all_permissions(self, obj=None):
        found = Permission.objects.values_list("content_type__app_label", "codename")
        return {f"{app}.{codename}" for app, codename in found}


def is_open(request):
    """Return if a request needs no account: in open mode, from this machine."""
    return (
        settings.OPEN
        and is_of_this_machine(request.META.get("REMOTE_ADDR", ""))
        and not any(map(is_of_a_proxy, request.headers))
    )


def is_of_a_proxy(header):
    return header in FORWARDED or header.startswith("X-Forwarded-")


def is_of_this_machine(address):
    try:
        return ip_address(address).is_loopback
    except ValueError:  # a socket has no address
        return False


def say_open(request):
    """A context processor: templates say that the service is open."""
    return {"is_open_mode": settings.OPEN}
