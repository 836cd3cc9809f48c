"""The Content-Security-Policy of every answer.

A page loads files only from this server, runs no inline script and no inline style,
and is in no frame. So a text that gets into a page as HTML can do little.
"""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def set_policy(get_response):
    """Middleware: add the policy to every answer."""

    def middleware(request):
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return middleware
