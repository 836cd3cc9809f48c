"""Who makes a change: known to all code that works for a request or a command."""

import os
import pwd
from collections import namedtuple
from contextlib import contextmanager
from contextvars import ContextVar

from restaurant_monitor.access.addresses import client_address

Actor = namedtuple("Actor", ["user_id", "username", "key", "address"])
NO_ACTOR = Actor(None, "", "", "")
WORKER = NO_ACTOR._replace(username="the worker")
CURRENT = ContextVar("actor", default=lambda: NO_ACTOR)


def current_actor():
    """Return the Actor that this code works for."""
    return CURRENT.get()()


def current_user_id():
    """Return the id of the user that this code works for; None if there is no user."""
    return current_actor().user_id


@contextmanager
def acting_as(actor):
    """While open, this is the current Actor."""
    token = CURRENT.set(lambda: actor)
    try:
        yield
    finally:
        CURRENT.reset(token)


def actor_for(user):
    """Return the Actor of work that was requested by a user, or by nobody we know."""
    if user is None:
        return WORKER
    return NO_ACTOR._replace(user_id=user.pk, username=user.get_username())


def command(name):
    """Return the Actor of a command: its name, and who runs it on this machine."""
    return NO_ACTOR._replace(username=f"manage.py {name} ({system_user()})")


def system_user():
    """Return the name of the user of this process. Unlike LOGNAME, it is certain."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container need not name its users
        return f"user {os.geteuid()}"


def note_actor(get_response):
    """Middleware: changes within a request are those of its user.

    The API finds out the user only in its views, so it is asked for when needed.
    """

    def middleware(request):
        token = CURRENT.set(lambda: actor_of(request))
        try:
            return get_response(request)
        finally:
            CURRENT.reset(token)

    return middleware


def actor_of(request):
    key = getattr(request, "auth", None)
    return Actor(
        request.user.pk,
        request.user.get_username(),
        key.prefix if key else "",
        client_address(request) or "",
    )
