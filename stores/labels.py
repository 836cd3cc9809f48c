"""Labels of stores, such as region:west: stores are chosen by them."""

import re
from argparse import ArgumentTypeError

from django.db.models import Exists, OuterRef

from stores.models import LABEL_NAME, WHITE_SPACE, StoreLabel

MOST_LABELS = 50  # of a store, and in one choice


def read_label(text):
    """Return a label as `name:value`, the name in lower case.

    Raises ArgumentTypeError.
    """
    name, _, value = (part.strip(WHITE_SPACE) for part in text.partition(":"))
    if not re.fullmatch(LABEL_NAME, name, re.ASCII | re.IGNORECASE) or not value:
        raise ArgumentTypeError(
            f"{text!a} is not a label: give a name and a value, such as region:west"
        )
    return f"{name.lower()}:{value}"


def with_labels(stores, labels):
    """Return the Stores of a queryset that have labels, each `name:value`.

    Of several values of one name a store needs any; of different names it needs all.
    This is what the parameter `labels` means in the files of `sql/`.
    """
    wanted = {}
    for label in labels:
        name, _, value = label.partition(":")
        wanted.setdefault(name, []).append(value)
    for name, values in wanted.items():
        has_one = StoreLabel.objects.filter(
            store=OuterRef("pk"), name=name, value__in=values
        )
        stores = stores.filter(Exists(has_one))
    return stores
