"""Labels of stores: the parameter `label` of lists."""

from argparse import ArgumentTypeError

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from stores.labels import MOST_LABELS, read_label


class LabelField(serializers.CharField):
    """A label such as region:west."""

    def to_internal_value(self, data):
        try:
            return read_label(super().to_internal_value(data))
        except ArgumentTypeError as error:
            raise ValidationError(str(error)) from error


class Labelled(serializers.Serializer):
    """The parameter of a list from which stores can be chosen by their labels."""

    label = serializers.ListField(
        source="labels",
        child=LabelField(),
        required=False,
        default=None,
        max_length=MOST_LABELS,
        help_text="Only stores with this label, such as `region:west`. It can be given "
        "several times: of several values of one name a store needs any, of different "
        "names it needs all.",
    )
