"""The API's documentation: its description, and the page that shows it."""

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView

# The page loads nothing from elsewhere and runs nothing that stands in the page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI, whose files the application serves itself."""

    template_name = "docs.html"

    @extend_schema(exclude=True)
    def get(self, request, *args, **options):
        response = super().get(request, *args, **options)
        response["Content-Security-Policy"] = POLICY
        return response
