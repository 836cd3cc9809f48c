"""The labels that forms offer."""

import sql
from stores import scope

MOST = 200


def offered_labels(user):
    """Return labels, as name:value, of stores that the user may see."""
    found = sql.rows("stores/count_labels", viewer=scope.viewer(user), limit=MOST)
    return [f"{label.name}:{label.value}" for label in found]
