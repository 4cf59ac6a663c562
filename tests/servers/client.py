"""A small HTTP client for tests, raw sockets included, and waiting for something to become true."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Reply:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return self.headers.get(name.lower(), "")


def call(method, url, body=None, headers=None, timeout=30):
    """One request on a connection of its own. `body`: bytes, text, or anything that JSON can say."""
    parts = urlsplit(url)
    headers = dict(headers or {})
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    if isinstance(body, str):
        body = body.encode("utf-8")
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        target = parts.path + ("?" + parts.query if parts.query else "")
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, headers, answer.read())
    finally:
        connection.close()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def hmac_hex(key, data):
    return hmac.new(key.encode(), data if isinstance(data, bytes) else data.encode(), hashlib.sha256).hexdigest()


def raw(port, data, timeout=10, shut=False):
    """Sends bytes as they are and reads until the peer closes or falls silent. b"" when it just closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        try:
            sock.sendall(data)
            if shut:
                sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all was sent; the answer may still be there
        return read_answer(sock)


def read_answer(sock):
    """One response, or what arrived before the end."""
    received = b""
    try:
        while not _complete(received):
            piece = sock.recv(65536)
            if not piece:
                break
            received += piece
    except OSError:
        pass
    return received


def _complete(received):
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator:
        return False
    length = re.search(rb"(?i)\r\ncontent-length:\s*(\d+)", head)
    return length is not None and len(body) >= int(length.group(1))


def raw_status(received):
    match = re.match(rb"HTTP/1\.[01] (\d{3})", received)
    return int(match.group(1)) if match else 0


def eventually(probe, timeout=10, every=0.02, what="it"):
    """The first true value of probe(). Failing in time fails the test, with what was seen last."""
    deadline = time.monotonic() + timeout
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not become true within {timeout} s; last seen: {value!r}")
        time.sleep(every)


def never(probe, seconds, every=0.05, what="it"):
    """Fails when probe() becomes true within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = probe()
        assert not value, f"{what} must not happen: {value!r}"
        time.sleep(every)
