"""Sets labels of stores, and chooses stores by labels in plain Python."""

from stores.models import StoreLabel


def label(**labels_of_stores):
    """Set the labels of stores: up={"region": "west"}."""
    StoreLabel.objects.bulk_create(
        StoreLabel(store_id=store_id, name=name, value=value)
        for store_id, labels in labels_of_stores.items()
        for name, value in labels.items()
    )


def chosen(labels_of_stores, wanted):
    """Return the ids of the stores that have one wanted value of each wanted name."""
    names = {name for name, _ in wanted}
    return sorted(
        store_id
        for store_id, labels in labels_of_stores.items()
        if all((name, labels.get(name)) in wanted for name in names)
    )
