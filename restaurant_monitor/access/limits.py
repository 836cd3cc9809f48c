"""How many requests a user may send: so many reports, uploads and pushes in a time.

A view names the limit of a method with `limited`. All other methods that change
something have the limit of `changes`. Reads have none. LIMITS in the settings has the
limits. All keys and sessions of a user count together, in all processes. In open mode
there is no user, so nothing is counted.
"""

from collections import namedtuple
from datetime import UTC, datetime
from http import HTTPStatus
from math import ceil

from django.conf import settings
from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS
from rest_framework.throttling import BaseThrottle

import sql

CHANGES = "changes"

# `left` is negative if the request was too much. `seconds` is until the window ends.
Rest = namedtuple("Rest", ["left", "seconds"])


class LimitReached(APIException):
    """The user has sent as many requests as a limit allows. `wait` is in seconds."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, name, wait):
        quota, window = settings.LIMITS[name]
        super().__init__(
            f"a user may send {quota} {name} in {window.total_seconds():.0f} s; "
            f"try again in {wait} s"
        )
        self.wait = wait


def limited(**names):
    """Decorate a view with the name of the limit that each of its methods has."""

    def decorate(view):
        view.limits = names
        return view

    return decorate


class Limited(BaseThrottle):
    """Counts a request, and refuses it if it is too much for a limit.

    It is counted before the view begins a transaction. So a request that fails counts.
    """

    def allow_request(self, request, view):
        name = limit_of(request, view)
        if name is None:
            return True
        rest = count(request.user.pk, name, datetime.now(UTC))
        view.headers |= headers(name, rest)  # of the answer
        refuse_too_much(name, rest)
        return True


def count_on_page(user, name):
    """Count what a user sends on a page, together with what programs send for them.

    Raises LimitReached.
    """
    if has_limit(user, name):
        refuse_too_much(name, count(user.pk, name, datetime.now(UTC)))


def limit_of(request, view):
    """Return the name of the limit that a request has, or None."""
    if request.method in SAFE_METHODS:
        return None
    name = getattr(view, "limits", {}).get(request.method, CHANGES)
    return name if has_limit(request.user, name) else None


def has_limit(user, name):
    """Return if a limit holds for a user. Nobody in open mode has an id."""
    quota, _ = settings.LIMITS[name]
    return user.pk is not None and bool(quota)


def refuse_too_much(name, rest):
    if rest.left < 0:
        raise LimitReached(name, rest.seconds)


def count(user_id, name, now):
    """Count a request of a user; return what is left of the limit."""
    quota, window = settings.LIMITS[name]
    counted = sql.one(
        "access/count_request",
        user_id=user_id,
        limit_name=name,
        now=now,
        ends_at=now + window,
        latest=now + 2 * window,
    )
    seconds = ceil((counted.ends_at - now).total_seconds())
    return Rest(quota - counted.requests, max(seconds, 1))


def headers(name, rest):
    """Return the headers of draft-ietf-httpapi-ratelimit-headers-10."""
    quota, window = settings.LIMITS[name]
    return {
        "RateLimit-Policy": f'"{name}";q={quota};w={window.total_seconds():.0f}',
        "RateLimit": f'"{name}";r={max(rest.left, 0)};t={rest.seconds}',
    }
