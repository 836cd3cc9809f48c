"""Where a request comes from."""

from ipaddress import ip_address

from django.conf import settings


def client_address(request):
    """Return the IP address of a client as text; None if it has none, as on a socket.

    Each proxy adds the address that it sees to X-Forwarded-For. So the client's is the
    one that the first of our PROXIES added. What is before it, the client has written.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < settings.PROXIES <= len(forwarded) and (
        address := well_formed(forwarded[-settings.PROXIES])
    ):
        return address
    return well_formed(request.META.get("REMOTE_ADDR", ""))


def well_formed(text):
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None
