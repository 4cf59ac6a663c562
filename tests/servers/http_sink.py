"""An HTTP receiver that records what it is sent and misbehaves as it is told.

Owns the recording and the misbehaviour; what a message must say is the tests' business. Each path has a script: a list
of behaviours, one per request, the last of which goes on for ever. The difficulty: a hanging receiver must let go of its
connections when the test ends, so every wait is on an event that close() sets.

    sink = HttpSink(); sink.script("/slack", status(500), ok()); sink.url("/slack"); sink.requests("/slack")
"""

import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Recorded:
    """One request, as it came."""

    method: str
    path: str
    headers: dict
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return self.headers.get(name.lower(), "")


def answer(code, body=b"ok", headers=()):
    """A behaviour that answers, always in the same way."""

    def behave(handler):
        handler.send_response(code)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def ok():
    return answer(200)


def status(code):
    return answer(code, b"no")


def too_many(retry_after):
    return answer(429, b"slow down", [("Retry-After", str(retry_after))])


def lie():
    """Slack's Web API says no with status 200."""
    return answer(200, b'{"ok":false,"error":"channel_not_found"}', [("Content-Type", "application/json")])


def slack_ok(ts="1700000000.000100", channel="C0123456"):
    body = json.dumps({"ok": True, "ts": ts, "channel": channel}).encode()
    return answer(200, body, [("Content-Type", "application/json")])


def hang():
    """Never answers; lets go when the sink closes."""

    def behave(handler):
        handler.server.closing.wait()
        handler.close_connection = True

    return behave


def slow(seconds):
    def behave(handler):
        handler.server.closing.wait(seconds)
        ok()(handler)

    return behave


def reset():
    """Cuts the connection with RST after the request was read."""

    def behave(handler):
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True

    return behave


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body in one segment

    def _handle(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        behave = self.server.sink.record(Recorded(self.command, self.path, headers, body))
        try:
            behave(self)
        except OSError:
            self.close_connection = True

    do_POST = do_PUT = do_GET = _handle

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request, client_address):
        pass  # the peer left; its own test says so if that matters


class HttpSink:
    def __init__(self, port=0):
        self._lock = threading.Lock()
        self._recorded = []
        self._scripts = {}
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.sink = self
        self._server.closing = threading.Event()
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def script(self, path, *behaviours):
        with self._lock:
            self._scripts[path] = list(behaviours)

    def record(self, request):
        with self._lock:
            self._recorded.append(request)
            script = self._scripts.get(request.path)
            if not script:
                return ok()
            return script.pop(0) if len(script) > 1 else script[0]

    def requests(self, path=None):
        with self._lock:
            return [r for r in self._recorded if path is None or r.path == path]

    def clear(self):
        with self._lock:
            self._recorded.clear()

    def close(self):
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()
