"""Numbers that only grow, for the metrics."""

from django.db import models


class Counter(models.Model):
    """How often something happened, and the sum of its amounts.

    `kind` and `outcome` divide what the name counts: the kind of job or file, and how
    it ended.
    """

    pk = models.CompositePrimaryKey("name", "kind", "outcome")
    name = models.TextField()
    kind = models.TextField(default="")
    outcome = models.TextField(default="")
    times = models.BigIntegerField()
    total = models.FloatField(help_text="Seconds or rows, depending on the name.")

    class Meta:
        db_table = "counter"
