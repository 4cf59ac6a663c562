"""The service under test: starts `onus serve` in a directory of its own, and stops it.

Owns settings and chart files, the process and its log. The address is a port that was free a moment ago: the tests need
to know it before the service starts, since links name it.
"""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

from servers.client import call, eventually

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("ONUS", os.path.join(ROOT, "build", "onus")))


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def sanitizer_options():
    """With a small quarantine, so that the bounds of memory hold under AddressSanitizer too."""
    return ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=16"]))


def run_onus(*arguments, stdin=None, env=None, timeout=60):
    """A subcommand that ends by itself."""
    return subprocess.run(
        [BINARY, *arguments], input=stdin, capture_output=True, text=True, timeout=timeout, check=False,
        env={**os.environ, **(env or {})},
    )


class Onus:
    def __init__(self, directory, settings, chart, database=None, local=None):
        self.directory = str(directory)
        os.makedirs(self.directory, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = database
        self.local = str(local) if local else None
        self.process = None
        self._log = []
        self._reader = None
        self.chart_path = os.path.join(self.directory, "raci.yaml")
        self.settings_path = os.path.join(self.directory, "onus.yaml")
        self.settings = settings
        self.write_chart(chart)
        self.write_settings()

    # ── files ──

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def write_settings(self):
        """JSON is YAML: the settings of a test are a plain dict. Text stands for itself."""
        if isinstance(self.settings, str):
            self.write("onus.yaml", self.settings)
            return
        settings = {"listen": f"127.0.0.1:{self.port}", "public_url": self.url, "chart": "raci.yaml"}
        if self.database:
            settings["database"] = self.database
        settings.update(self.settings)
        if "secrets" not in settings:
            self.write("link.key", "0123456789abcdef0123456789abcdef0123456789abcdef\n")
            settings["secrets"] = {"link_key_file": "link.key"}
        self.write("onus.yaml", json.dumps(settings, indent=2) + "\n")

    def write_chart(self, text):
        with open(self.chart_path, "w", encoding="utf-8") as file:
            file.write(text)

    def replace_chart(self, text):
        """As editors do: a new file, renamed over the old one."""
        with open(self.chart_path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.chart_path + ".new", self.chart_path)

    # ── life ──

    def start(self, wait=True, env=None):
        command = [BINARY, "serve", "--config", self.settings_path]
        if self.local:
            command += ["--local", self.local]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, "ASAN_OPTIONS": sanitizer_options(), **(env or {})},
        )
        self._reader = threading.Thread(target=self._read_log, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        if wait:
            self.wait_ready()
        return self

    def _read_log(self, stream):
        for line in stream:
            self._log.append(line.decode("utf-8", "replace"))

    def wait_ready(self, timeout=60):
        def ready():
            assert self.process.poll() is None, f"onus ended with {self.process.returncode}:\n{self.log}"
            try:
                return self.get("/-/ready", timeout=5).status == 200
            except OSError:
                return False

        try:
            eventually(ready, timeout, what="/-/ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\nlog:\n{self.log}") from None

    @property
    def log(self):
        return "".join(self._log)

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, timeout=30):
        """Graceful; must end with 0."""
        if not self.is_running():
            return
        self.signal(signal.SIGTERM)
        code = self.process.wait(timeout)
        self._reader.join(5)
        assert code == 0, f"onus ended with {code}:\n{self.log}"

    def kill(self):
        if self.is_running():
            self.process.kill()
            self.process.wait()
            self._reader.join(5)

    def rss_kib(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1))

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    # ── talking to it ──

    def get(self, path, headers=None, timeout=30):
        return call("GET", self.url + path, headers=headers, timeout=timeout)

    def post(self, path, body=b"", headers=None, timeout=30):
        return call("POST", self.url + path, body, headers, timeout)

    def send_alerts(self, *alerts, source="am"):
        reply = self.post(f"/v1/sources/{source}", webhook(*alerts))
        assert reply.status == 200, (reply.status, reply.text)
        return reply

    def incidents(self, query=""):
        reply = self.get("/v1/incidents" + query)
        assert reply.status == 200, (reply.status, reply.text)
        return reply.json["incidents"]

    def incident(self, number):
        reply = self.get(f"/v1/incidents/{number}")
        assert reply.status == 200, (reply.status, reply.text)
        return reply.json

    def only_incident(self):
        found = self.incidents()
        assert len(found) == 1, found
        return self.incident(found[0]["id"])

    def metrics(self):
        return Metrics(self.get("/metrics").text)

    def token(self, name, role):
        """Makes an API token by the command line, as an operator would."""
        where = ["--local", self.local] if self.local else []
        done = run_onus("token", "add", name, "--role", role, "--config", self.settings_path, *where)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]


class Metrics:
    """Samples of one scrape."""

    def __init__(self, text):
        self.text = text

    def value(self, name, **labels):
        """The sum over all samples of `name` that bear these labels; None when there is none."""
        found = [value for sample, value in self._samples() if self._is(sample, name, labels)]
        return sum(found) if found else None

    def _samples(self):
        for line in self.text.splitlines():
            if line and not line.startswith("#"):
                sample, _, value = line.rpartition(" ")
                yield sample, float(value)

    @staticmethod
    def _is(sample, name, labels):
        bare, _, rest = sample.partition("{")
        return bare == name and all(f'{key}="{value}"' in rest for key, value in labels.items())


def webhook(*alerts, status=None, receiver="onus", version="4"):
    """Alertmanager's webhook body around alerts made by alert()."""
    firing = any(a["status"] == "firing" for a in alerts)
    return {
        "version": version, "groupKey": "{}:{}", "truncatedAlerts": 0, "receiver": receiver,
        "status": status or ("firing" if firing else "resolved"), "groupLabels": {}, "commonLabels": {},
        "commonAnnotations": {}, "externalURL": "http://alertmanager.example", "alerts": list(alerts),
    }


def timestamp(seconds_ago=0.0):
    moment = time.time() - seconds_ago
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return f"{whole}.{int(moment % 1 * 1000):03d}Z"


def alert(name="HighLatency", status="firing", starts_at=None, ends_at=None, annotations=None, **labels):
    labels = {"alertname": name, "severity": "critical", **labels}
    return {
        "status": status, "labels": labels,
        "annotations": annotations if annotations is not None else {"summary": f"{name} is on"},
        "startsAt": starts_at or timestamp(60),
        "endsAt": (ends_at or timestamp()) if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph", "fingerprint": "",
    }


def resolved(firing, ends_at=None):
    return {**firing, "status": "resolved", "endsAt": ends_at or timestamp()}
