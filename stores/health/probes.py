"""The addresses for probes: /livez, /readyz and /metrics."""

import logging
from http import HTTPStatus

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from restaurant_monitor.http import problems
from stores.health import checks
from stores.health.metrics import Collector

SAFE_METHODS = ["GET", "HEAD"]
READY = {
    "database": checks.database,
    "migrations": checks.migrations,
    "worker": checks.worker,
    "oldest_job": checks.oldest_job,
    "newest_poll": checks.newest_poll,
}
REGISTRY = CollectorRegistry()
REGISTRY.register(Collector())

logger = logging.getLogger(__name__)


def answer_probes(get_response):
    """Middleware: answer the addresses of probes, whatever host name they use.

    Programs probe a container by its address, which is not in ALLOWED_HOSTS.
    """

    def middleware(request):
        view = VIEWS.get(request.path_info)
        if view is None:
            return get_response(request)
        if request.method not in SAFE_METHODS:
            return HttpResponseNotAllowed(SAFE_METHODS)
        return view(request)

    return middleware


def live(request):
    """The web server answers. This needs no database."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready(request):
    """Whether all that the service needs is there; 503 names what is not."""
    found = list(checks.run(READY))
    content = {
        "checks": {one.name: {"ok": one.is_ok, "detail": one.text} for one in found}
    }
    failed = [one for one in found if not one.is_ok]
    if not failed:
        return JsonResponse(content)
    detail = "; ".join(f"{one.name}: {one.text}" for one in failed)
    logger.warning("not ready: %s %s", detail, failed[0].reason)
    return problems.answer(HTTPStatus.SERVICE_UNAVAILABLE, detail, content)


def metrics(request):
    """The figures for Prometheus, for whoever has the token."""
    if not settings.METRICS_TOKEN:
        detail = "nobody may read the metrics: set METRICS_TOKEN to a secret text"
        return problems.answer(HTTPStatus.FORBIDDEN, detail)
    sent = request.headers.get("Authorization", "")
    if not constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}"):
        detail = "send the header Authorization: Bearer, followed by METRICS_TOKEN"
        answer = problems.answer(HTTPStatus.UNAUTHORIZED, detail)
        answer["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return answer
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(REGISTRY), content_type=content_type)


VIEWS = {"/livez": live, "/readyz": ready, "/metrics": metrics}
