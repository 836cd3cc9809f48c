"""What the tests of accounts know of the users in them."""

import json

PASSWORD = "a long passphrase"
OTHER_PASSWORD = "quite another phrase"
WRONG = "a wrong passphrase"


def send(client, method, address, body=None):
    """Send JSON to the API."""
    text = json.dumps(body or {})
    return getattr(client, method)(address, text, content_type="application/json")


def attempt(browser, username, password, **options):
    """Try to log in."""
    sent = {"username": username, "password": password}
    return browser.post("/login/", sent, **options)
