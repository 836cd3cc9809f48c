"""Reads which stores a page is asked for."""

from dataclasses import dataclass, field

from rest_framework import serializers

from stores.api.labels import Labelled
from stores.api.stores import STATUSES
from stores.models import LONGEST_ID


class Query(Labelled):
    status = serializers.ChoiceField(STATUSES, allow_blank=True, default="")
    search = serializers.CharField(allow_blank=True, max_length=200, default="")
    after = serializers.CharField(allow_blank=True, max_length=LONGEST_ID, default="")


@dataclass
class Asked:
    """The stores that a page is asked for.

    `labels` has texts such as "region:west", or is None for all stores. `after` is the
    id after which a list of found stores begins. `wrong` says why the address was not
    understood. Then all stores are meant.
    """

    labels: list[str] | None = None
    status: str = ""
    search: str = ""
    after: str = ""
    wrong: list[str] = field(default_factory=list)

    @property
    def without_each(self):
        """Return each label, and the others, which remain if it is removed."""
        labels = self.labels or []
        return [(one, [other for other in labels if other != one]) for one in labels]


def read_asked(request):
    """Read an address. A form sends its empty fields too: they ask for nothing."""
    sent = request.GET
    labels = list(dict.fromkeys(text for text in sent.getlist("label") if text.strip()))
    asked = {name: sent[name] for name in ("status", "search", "after") if name in sent}
    query = Query(data=asked | ({"label": labels} if labels else {}))
    if query.is_valid():
        return Asked(**query.validated_data)
    return Asked(wrong=[*texts_of(query.errors)])


def texts_of(errors):
    """Yield the texts of the errors of a serializer."""
    for error in errors.values() if isinstance(errors, dict) else errors:
        if isinstance(error, str):
            yield error
        else:
            yield from texts_of(error)
