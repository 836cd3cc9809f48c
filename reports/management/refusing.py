"""Says which option of a command has a value that is refused."""

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.management.base import CommandError


def refused(error, options):
    """Return the CommandError of a ValidationError that has the reasons by field.

    `options` has the options of fields whose option has another name.
    """
    lines = [
        f"{option_of(name, options)}{' '.join(messages)}"
        for name, messages in error.message_dict.items()
    ]
    return CommandError("; ".join(lines))


def option_of(name, options):
    if name == NON_FIELD_ERRORS:
        return ""
    option = options.get(name) or f"--{name.replace('_', '-')}"
    return f"{option}: "
