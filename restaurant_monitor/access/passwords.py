"""Checks passwords, of only few people at once.

The check takes a third of a second of a processor, so that nobody can guess fast. A
flood of logins must not take the threads of all others.
"""

from django.contrib.auth.backends import ModelBackend

from restaurant_monitor.http.places import Places

PLACES = Places(2, patience=0, what="a login")


class PasswordBackend(ModelBackend):
    """Django's own. It raises Busy if too many passwords are being checked."""

    def authenticate(self, request, **credentials):
        with PLACES.one():
            return super().authenticate(request, **credentials)
