"""The API's documentation: its OpenAPI description, and the page that shows it."""

from http import HTTPStatus
from pathlib import Path

import yaml
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from drf_spectacular.views import SpectacularSwaggerSplitView

from restaurant_monitor.http.problems import CONTENT_TYPE, Problem
from restaurant_monitor.http.tables import CSV

COUNTED = {"post", "put", "patch", "delete"}
LIMIT_HEADERS = {
    "RateLimit": {
        "description": "What is left of the limit: `r` requests, for `t` seconds.",
        "schema": {"type": "string"},
        "example": '"pushes";r=599;t=60',
    },
    "RateLimit-Policy": {
        "description": "The limit of the user: `q` requests in `w` seconds.",
        "schema": {"type": "string"},
        "example": '"pushes";q=600;w=60',
    },
    "Retry-After": {
        "description": "After how many seconds to try again.",
        "schema": {"type": "integer"},
    },
}
TOO_MANY = {
    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    "description": HTTPStatus.TOO_MANY_REQUESTS.phrase,
}

EXAMPLES = yaml.safe_load(Path(__file__).with_name("examples.yaml").read_text())


def answers(serializer, *problems, status=200, csv=False):
    """Describe the answers of an endpoint."""
    described = {(status, "application/json"): serializer}
    if csv:
        described[(status, CSV)] = OpenApiTypes.STR
    return described | refusals(*problems, 400, 406, 415)


def refusals(*numbers):
    """Describe the problems that an endpoint may answer with."""
    return {
        (number, CONTENT_TYPE): OpenApiResponse(
            Problem, description=HTTPStatus(number).phrase
        )
        for number in (*numbers, 401, 403, 503)  # of any endpoint
    }


def with_examples(result, generator, request, public):
    """Add the examples to the description. A hook of drf-spectacular."""
    for name, example in EXAMPLES["schemas"].items():
        result["components"]["schemas"][name]["example"] = example
    for methods in result["paths"].values():
        for operation in methods.values():
            add_examples(operation)
    return result


def with_limits(result, generator, request, public):
    """Add the limits of users to what changes something. A hook of drf-spectacular."""
    result["components"]["headers"] = LIMIT_HEADERS
    for methods in result["paths"].values():
        for method in methods.keys() & COUNTED:
            add_limits(methods[method]["responses"])
    return result


def add_limits(responses):
    responses.setdefault("429", TOO_MANY)
    for status in responses.keys() - {"401", "403"}:  # these are not counted
        names = (
            [*LIMIT_HEADERS] if status == "429" else ["RateLimit", "RateLimit-Policy"]
        )
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        responses[status] = responses[status] | {"headers": headers}


def add_examples(operation):
    name = operation["operationId"]
    for media_type, example in EXAMPLES["bodies"].get(name, {}).items():
        operation["requestBody"]["content"][media_type]["example"] = example
    if name in EXAMPLES["csv"]:
        operation["responses"]["200"]["content"][CSV]["example"] = EXAMPLES["csv"][name]


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI. The application serves its files itself."""

    template_name = "docs.html"
    metadata_class = None  # OPTIONS has nothing to show on a page
