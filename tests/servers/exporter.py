"""A tiny Prometheus exporter with gauges that a test sets: what the real Prometheus scrapes and judges by its rules."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.exporter.text().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Exporter:
    def __init__(self):
        self._lock = threading.Lock()
        self._gauges = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.exporter = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def set(self, series, value):
        with self._lock:
            self._gauges[series] = value

    def text(self):
        with self._lock:
            return "".join(f"{series} {value}\n" for series, value in self._gauges.items())

    def close(self):
        self._server.shutdown()
        self._server.server_close()
