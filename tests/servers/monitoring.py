"""Debian's real Prometheus and Alertmanager, as a team would run them: scrape, judge by a rule, notify.

Owns their settings and processes; short intervals, so that a rule fires and ends within seconds.
"""

import json
import os
import signal
import subprocess

from servers.client import call, eventually
from servers.onus import free_port


class Daemon:
    """A process with an HTTP address that is ready when `probe` answers 200."""

    def __init__(self, directory, name, command, port, probe):
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        self._log_path = os.path.join(directory, f"{name}.log")
        with open(self._log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory)
        try:
            eventually(lambda: self._answers(probe), 30, what=f"{name} ready")
        except AssertionError as error:
            self.close()
            raise AssertionError(f"{error}\n{self.log}") from None

    def _answers(self, probe):
        assert self.process.poll() is None, self.log
        try:
            return call("GET", self.url + probe, timeout=5).status == 200
        except OSError:
            return False

    @property
    def log(self):
        with open(self._log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def alertmanager(directory, webhook_url=None, group_by=("alertname", "model"), routes=(), extra=()):
    """Without a URL it has a receiver that tells nobody."""
    directory = str(directory)
    os.makedirs(directory, exist_ok=True)
    receiver = {"name": "onus"}
    if webhook_url:
        receiver["webhook_configs"] = [{"url": webhook_url, "send_resolved": True, "max_alerts": 0}]
    config = {
        "route": {"receiver": "onus", "group_by": list(group_by), "group_wait": "0s", "group_interval": "1s",
                  "repeat_interval": "4h", "routes": list(routes)},
        "receivers": [receiver],
    }
    path = os.path.join(directory, "alertmanager.yml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    port = free_port()
    command = ["prometheus-alertmanager", f"--config.file={path}", f"--storage.path={directory}/am-data",
               f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error", *extra]
    return Daemon(directory, "alertmanager", command, port, "/-/ready")


def prometheus(directory, target_port, rules, alertmanagers):
    directory = str(directory)
    os.makedirs(directory, exist_ok=True)
    config = {
        "global": {"scrape_interval": "500ms", "evaluation_interval": "500ms"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [{"job_name": "models", "static_configs": [{"targets": [f"127.0.0.1:{target_port}"]}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [address]}]} for address in alertmanagers]},
    }
    for name, content in (("prometheus.yml", config), ("rules.yml", {"groups": [{"name": "ml", "rules": rules}]})):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            json.dump(content, file)
    port = free_port()
    command = ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/tsdb",
               f"--web.listen-address=127.0.0.1:{port}", "--rules.alert.resend-delay=1s"]
    return Daemon(directory, "prometheus", command, port, "/-/ready")
