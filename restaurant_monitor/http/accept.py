"""Which media type a client prefers: the header Accept (RFC 9110, section 12.5.1)."""

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation

MOST_PARTS = 64


class ByQuality(DefaultContentNegotiation):
    """Chooses the renderer of the highest quality. Quality 0 means never.

    Among equals it prefers a type that Accept names, such as text/csv and not */*, and
    then the first renderer.
    """

    def select_renderer(self, request, renderers, format_suffix=None):
        found = [(accepted(request, r.media_type), r) for r in renderers]
        found = [(kind, r) for kind, r in found if kind and kind.quality > 0]
        if not found:
            raise NotAcceptable(available_renderers=renderers)
        _, renderer = max(
            found, key=lambda pair: (pair[0].quality, pair[0].specificity)
        )
        return renderer, renderer.media_type


def accepts(request, media_type):
    kind = accepted(request, media_type)
    return kind is not None and kind.quality > 0


def accepted(request, media_type):
    """Return the part of Accept that counts for a media type: the most specific one.

    Returns None if there is none. Parameters of a type, such as a charset, do not
    matter.
    """
    parts = (request.headers.get("Accept") or "*/*").split(",")[:MOST_PARTS]
    kinds = [kind for kind in map(MediaType, parts) if includes(kind, media_type)]
    return max(kinds, key=lambda kind: kind.specificity, default=None)


def includes(kind, media_type):
    main, _, sub = media_type.partition("/")
    return kind.main_type in ("*", main) and kind.sub_type in ("*", sub)
