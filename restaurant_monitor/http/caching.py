"""Tells caches and clients how long an answer of the API may be used again."""

from django.utils.cache import patch_vary_headers

from restaurant_monitor.http.problems import is_of_api


def ask_again(get_response):
    """Middleware: no shared cache keeps an answer of the API, and no cache uses one
    without asking whether it is still true. The answer depends on Accept.
    """

    def middleware(request):
        response = get_response(request)
        if is_of_api(request):
            patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return middleware
