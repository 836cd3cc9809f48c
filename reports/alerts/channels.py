"""Sends one message over a channel.

Addresses are set only by staff who manage the channels, so a webhook may lead anywhere.
"""

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

from reports.alerts.models import AlertChannel


class NotSent(Exception):
    """The channel did not take the message. The text says why."""


def send(channel, message):
    """Send an AlertMessage; raise NotSent."""
    SENDERS[channel.kind](channel, message)


def addresses_of(channel):
    return [text.strip() for text in channel.address.split(",") if text.strip()]


def send_mail(channel, message):
    """Send plain text. The Message-ID is the same at each attempt."""
    if not settings.EMAIL_HOST:
        raise NotSent("mail is not set up: set EMAIL_HOST")
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    headers = {
        "Message-ID": f"<{message.pk}@{host}>",
        "Auto-Submitted": "auto-generated",
    }
    to = addresses_of(channel)
    mail = EmailMessage(message.subject, message.body, to=to, headers=headers)
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error


SENDERS = {AlertChannel.Kind.MAIL: send_mail}
