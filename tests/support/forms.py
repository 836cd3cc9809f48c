"""Reads the form of a page, as a browser would send it."""

from html.parser import HTMLParser


def form_on(page):
    """Return the fields of the last form of a page with what they contain."""
    reader = FormReader()
    reader.feed(page.text)
    return reader.fields


class FormReader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.fields, self.textarea = {}, None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.fields = {}
        elif tag == "textarea":
            self.textarea, self.fields[attrs["name"]] = attrs["name"], ""
        elif tag == "input" and (attrs["type"] != "checkbox" or "checked" in attrs):
            self.fields[attrs["name"]] = attrs.get("value", "")

    def handle_endtag(self, tag):
        if tag == "textarea":
            # A browser leaves out the first line end of the tag, and sends others so.
            text = self.fields[self.textarea].replace("\r\n", "\n")
            text = text.removeprefix("\n")
            self.fields[self.textarea] = text.replace("\n", "\r\n")
            self.textarea = None

    def handle_data(self, data):
        if self.textarea:
            self.fields[self.textarea] += data
