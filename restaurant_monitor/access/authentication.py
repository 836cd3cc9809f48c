"""How a request to the API says whose it is: by an API key, or by a session.

In open mode, a request without a key is everybody's.
"""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import (
    BaseAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed

from restaurant_monitor.access.keys import find_key
from restaurant_monitor.access.open import Anyone, is_open

INVALID = "this API key is not valid: it is unknown, has ended or was revoked"
OTHER_SCHEME = "send the API key as Authorization: Bearer rm_..."


class KeyAuthentication(BaseAuthentication):
    """The header `Authorization: Bearer` has an API key. Its user makes the request."""

    def authenticate(self, request):
        header = get_authorization_header(request).decode("latin-1")
        if not header:
            return None
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed(OTHER_SCHEME)
        key = find_key(text.strip())
        if key is None:
            raise AuthenticationFailed(INVALID)
        return key.user, key

    def authenticate_header(self, request):
        return 'Bearer realm="api"'


class OpenAuthentication(BaseAuthentication):
    """In open mode, every request from this machine may do everything."""

    def authenticate(self, request):
        return (Anyone(), None) if is_open(request) else None


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema):
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key. In open mode, none is needed.",
        }


class OpenScheme(OpenApiAuthenticationExtension):
    """Nothing is needed: the empty requirement of OpenAPI."""

    target_class = OpenAuthentication
    name = ()

    def get_security_requirement(self, auto_schema):
        return {}

    def get_security_definition(self, auto_schema):
        return ()
