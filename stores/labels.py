"""Labels of stores, such as region:west: stores are chosen by them, and get them."""

import re
from argparse import ArgumentTypeError

from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef

import sql
from restaurant_monitor.access.audit import record, record_all
from stores import scope
from stores.editing import editing, editing_many
from stores.models import (
    CONTROL,
    LABEL_NAME,
    LONGEST_VALUE,
    MOST_LABELS,
    WHITE_SPACE,
    Store,
    StoreLabel,
)

MOST_OFFERED = 200


# --- Reading and choosing


class NoStores(Exception):
    """No store has the labels that a report is asked for."""


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


def ids_with_labels(labels, store_ids=None):
    """Return the ids of the stores that have labels, of those with ids if given.

    Raises NoStores.
    """
    stores = with_labels(Store.objects.order_by("pk"), labels)
    if store_ids is not None:
        stores = stores.filter(pk__in=store_ids)
    if found := list(stores.values_list("pk", flat=True)):
        return found
    nobody = "no store" if store_ids is None else "none of these stores"
    raise NoStores(f"{nobody} has {' and '.join(labels)}")


def offered_labels(viewer):
    """Return the first labels of the stores that a viewer sees, for forms.

    Each has `name`, `value` and the number of `stores`.
    """
    return sql.rows("stores/count_labels", viewer=viewer, limit=MOST_OFFERED)


def label_names(viewer):
    """Return the names of the labels of the stores that a viewer sees."""
    seen = scope.is_visible(viewer, "store_id")
    names = StoreLabel.objects.filter(seen).order_by("name")
    return list(names.values_list("name", flat=True).distinct())


def labels_of(store_id):
    """Return the labels of a store as a dict, by name."""
    found = StoreLabel.objects.filter(store=store_id).order_by("name")
    return dict(found.values_list("name", "value"))


# --- Editing


def refuse_label(name, value):
    """Raise ValidationError if this cannot be a label of a store."""
    if not re.fullmatch(LABEL_NAME, name, re.ASCII):
        raise ValidationError(
            "A name has at most 32 lowercase letters, digits and _, and begins with a "
            "letter."
        )
    if not 0 < len(value) <= LONGEST_VALUE:
        raise ValidationError(f"A value has 1 to {LONGEST_VALUE} characters.")
    if re.search(CONTROL, value):
        raise ValidationError("A value has no control character.")


def set_labels(store_id, labels):
    """Replace all labels of a store by a dict of values by name. Empty: clear them."""
    with editing(store_id):
        if labels == (before := labels_of(store_id)):
            return
        record("labels.changed", store_id, before, labels)
        StoreLabel.objects.filter(store=store_id).delete()
        StoreLabel.objects.bulk_create(
            StoreLabel(store_id=store_id, name=name, value=value)
            for name, value in sorted(labels.items())
        )


def set_label(store_ids, name, value):
    """Set one label of many stores, or remove it if the value is empty.

    Returns how many stores changed. Raises ValidationError if a store would have too
    many labels.
    """
    with editing_many():
        record_label(store_ids, name, value)
        if not value:
            named = StoreLabel.objects.filter(store__in=store_ids, name=name)
            return named.delete()[0]
        others = StoreLabel.objects.filter(store__in=store_ids).exclude(name=name)
        counts = others.values("store_id").annotate(others=Count("name"))
        for full in counts.filter(others__gte=MOST_LABELS).order_by("store_id")[:1]:
            raise ValidationError(
                f"The store {full['store_id']} has {MOST_LABELS} labels already."
            )
        return sql.run(
            "stores/set_label",
            store_ids=store_ids,
            label_name=name,
            label_value=value,
        )


def record_label(store_ids, name, value):
    """Add an entry to the audit log for each store whose label will change."""
    found = StoreLabel.objects.filter(store__in=store_ids, name=name)
    before = dict(found.values_list("store_id", "value"))
    record_all(
        "labels.changed",
        {i: ({name: before.get(i)}, {name: value or None}) for i in store_ids},
    )
