import os

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

from restaurant_monitor.http.segments import keep_encoded_slashes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restaurant_monitor.settings")


class Request(WSGIRequest):
    """A request whose query and forms are in UTF-8, and whose ids keep their slashes.

    Django uses the charset of the Content-Type before a view can refuse it, and fails
    if that is not a charset of text, such as hex.
    """

    encoding = property(lambda self: None, lambda self, charset: None)

    def __init__(self, environ):
        keep_encoded_slashes(environ, "/api/stores/")
        super().__init__(environ)


def limit_connections():
    """Limit the statements of this process and their waits for locks.

    Only requests have limits. A worker limits its jobs itself, and a command takes as
    long as it takes.
    """
    options = settings.DATABASES["default"]["OPTIONS"]
    options["options"] += (
        f" -c statement_timeout={settings.REQUEST_SECONDS}s"
        f" -c lock_timeout={settings.LOCK_SECONDS}s"
    )


application = get_wsgi_application()
application.request_class = Request
limit_connections()
