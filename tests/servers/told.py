"""What the sink was told, as the tests speak of it: whom (the path), why (the reason), and the link to act by."""

import re

from servers.client import eventually

LINK = re.compile(r"https?://[^\s\"'<>\\|]*?(/a/[A-Za-z0-9_.\-]+)")


def messages(sink, path):
    return [request.json for request in sink.requests(path)]


def reasons(sink, path):
    return [message["reason"] for message in messages(sink, path)]


def wait_for(sink, path, reason, count=1, timeout=10):
    """The messages to `path` with this reason, once there are `count`."""

    def enough():
        found = [message for message in messages(sink, path) if message["reason"] == reason]
        return found if len(found) >= count else None

    try:
        return eventually(enough, timeout, what=f"{count} × {reason} at {path}")
    except AssertionError as error:
        everything = [(request.path, request.text[:300]) for request in sink.requests()]
        raise AssertionError(f"{error}; the sink has {everything}") from None


def link_path(text):
    """The /a/{token} in a message."""
    found = LINK.search(text.replace("\\/", "/"))
    assert found, f"no link in {text!r}"
    return found.group(1)


def page_link(sink, path="/r"):
    """The link of the first page that `path` got."""
    request = eventually(lambda: sink.requests(path), what=f"a message at {path}")[0]
    return link_path(request.text)
