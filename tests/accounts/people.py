"""What the tests of accounts know of the users in them."""

import json

PASSWORD = "a long passphrase"
OTHER_PASSWORD = "quite another phrase"
WRONG = "a wrong passphrase"


def send(client, method, address, body=None):
    """Send JSON to the API."""
    text = "" if body is None else json.dumps(body)
    return client.generic(method.upper(), address, text, "application/json")


def attempt(browser, username, password, **options):
    """Try to log in."""
    sent = {"username": username, "password": password}
    return browser.post("/login/", sent, **options)
