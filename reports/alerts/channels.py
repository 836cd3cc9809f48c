"""Sends one message over a channel.

Only staff who manage channels set addresses. So a webhook may lead anywhere, also into
the network of the worker.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from datetime import UTC, datetime
from http import HTTPStatus
from secrets import token_bytes
from smtplib import SMTPException
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from standardwebhooks import Webhook

from reports.alerts.models import AlertChannel, AlertMessage
from reports.workbook import CONTENT_TYPE as WORKBOOK

SECRET_BYTES = 32
SECRET_MARK = "whsec_"
# To connect, and between two bytes of the answer.
WEBHOOK_SECONDS = (5, 10)


class NotSent(Exception):
    """The channel did not take the message. The text says why."""


def send(channel, message):
    """Send an AlertMessage; raise NotSent."""
    SENDERS[channel.kind](channel, message)


def addresses_of(channel):
    return [text.strip() for text in channel.address.split(",") if text.strip()]


def send_mail(channel, message):
    """Send a mail. The Message-ID is the same at each attempt."""
    if not settings.EMAIL_HOST:
        raise NotSent("mail is not set up: set EMAIL_HOST")
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    headers = {
        "Message-ID": f"<{message.pk}@{host}>",
        "Auto-Submitted": "auto-generated",
    }
    to = addresses_of(channel)
    mail = EmailMultiAlternatives(message.subject, message.body, to=to, headers=headers)
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    if message.attachment:
        mail.attach(message.attachment_name, bytes(message.attachment), WORKBOOK)
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error


def send_webhook(channel, message):
    """Send JSON as Standard Webhooks says. The Webhook-Id is the same at each attempt.

    A redirection counts as a failure.
    """
    body = json.dumps(
        {
            "type": f"alert.{message.event}",
            "timestamp": message.created_at.isoformat(),
            "data": {"subject": message.subject} | message.data,
        }
    )
    headers = signed(channel.secret, str(message.pk), datetime.now(UTC), body)
    try:
        with requests.post(
            channel.address,
            body.encode(),
            headers=headers | {"Content-Type": "application/json"},
            timeout=WEBHOOK_SECONDS,
            allow_redirects=False,
            stream=True,  # the content of the answer is not read
        ) as answer:
            status = answer.status_code
    except requests.RequestException as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise NotSent(f"the webhook answered with the status {status}")


def signed(secret, message_id, now, body):
    """Return the headers of a message. The signature is of its id, `now` and body."""
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(secret).sign(message_id, now, body),
    }


def new_secret():
    return SECRET_MARK + b64encode(token_bytes(SECRET_BYTES)).decode()


def is_secret(text):
    """Return if a text is a secret of Standard Webhooks: 24 to 64 bytes."""
    try:
        decoded = b64decode(text.removeprefix(SECRET_MARK), validate=True)
    except NoBase64:
        return False
    return text.startswith(SECRET_MARK) and 24 <= len(decoded) <= 64


def send_apprise(channel, message):
    """Send over what apprise reaches. Most services have no key for repeats.

    The reason of a failure is only in the log: it may have a part of the URL.
    """
    service = service_of(channel.secret)
    if not service.notify(message.body, title=message.subject, body_format="text"):
        raise NotSent("the service did not take it; the log of the worker says why")


def service_of(url):
    """Return the service at a URL of apprise; raise NotSent if there is none."""
    from apprise import Apprise  # it takes its time, and few need it

    service = Apprise()
    if not service.add(url):
        raise NotSent("apprise knows no service with such a URL")
    return service


SENDERS = {
    AlertChannel.Kind.MAIL: send_mail,
    AlertChannel.Kind.WEBHOOK: send_webhook,
    AlertChannel.Kind.APPRISE: send_apprise,
}


def send_test(channel):
    """Send a message that says it is a test; raise NotSent. It is not tried again."""
    text = f"This is a test of the channel {channel.name}. No store is down."
    message = AlertMessage(
        channel=channel,
        event="test",
        subject="Test of Restaurant Monitor",
        body=text,
        data={"text": text},
    )
    send(channel, message)


# --- What a channel may be


def reasons_against(kind, address, secret):
    """Return why a channel cannot work: the reasons by `address` and `secret`.

    A webhook may still be without a secret: it gets one.
    """
    if kind == AlertChannel.Kind.MAIL:
        found = {"address": against_addresses(address)}
    elif kind == AlertChannel.Kind.WEBHOOK:
        found = {"address": against_url(address), "secret": against_secret(secret)}
    else:
        found = {"secret": against_service(secret)}
    return {name: reason for name, reason in found.items() if reason}


def against_addresses(text):
    found = addresses_of(AlertChannel(address=text))
    if not found:
        return "Give at least one address."
    try:
        for address in found:
            validate_email(address)
    except ValidationError as error:
        return error.message
    return None


def against_url(text):
    try:
        parts = urlsplit(text)
        is_valid = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        is_valid = False
    return None if is_valid else "This is no URL that begins with http:// or https://."


def against_secret(text):
    if not text or is_secret(text):
        return None
    return f"A secret is {SECRET_MARK} and then 24 to 64 bytes in base64."


def against_service(url):
    try:
        service_of(url)
    except NotSent as error:
        return f"{error}."
    return None
