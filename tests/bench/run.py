"""Measures Onus beside Debian's Alertmanager, both on this machine, load generator and sink included.

Owns the rows of the table, the order of the runs (they alternate, so that neither side always has the warmer machine)
and the medians. Nothing is asserted: the table shows each figure, the ratio and what the ratio should reach.

Onus commits every alert to a PostgreSQL of its own (--local, fsync on) before it answers; Alertmanager holds alerts in
memory. Every run starts a fresh service, and a fresh database with it.
"""

import argparse
import array
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from servers import charts, monitoring
from servers.client import call
from servers.onus import Onus

HERE = os.path.dirname(os.path.abspath(__file__))
CONNECTIONS = 256
SINK_MAX = 2_000_000
DISTURBED_SHARE, DISTURBED_TRIES = 0.08, 4  # of all cores, by processes that are not ours
DISTURBED = []  # runs that counted although others disturbed them


# ── the two bodies: the same alert, each in the shape that the side is sent by its usual sender ──

LABELS = {"alertname": "BenchLatency", "severity": "critical", "environment": "production",
          "service": "service-##########", "instance": "bench-@@@@@@@@@@", "job": "model-server",
          "namespace": "ml-serving", "region": "eu-west-1"}
ANNOTATIONS = {"summary": "P99 latency of the model is above its objective",
               "description": "P99 latency has been above 250 ms for 5 minutes.",
               "runbook_url": "https://runbooks.example/latency"}


def webhook_body(labels):
    one = {"status": "firing", "labels": labels, "annotations": ANNOTATIONS, "startsAt": "2026-01-02T03:04:05.678Z",
           "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus.example/graph?g0.expr=x",
           "fingerprint": "0123456789abcdef"}
    return {"version": "4", "groupKey": '{}:{alertname="BenchLatency"}', "truncatedAlerts": 0, "receiver": "onus",
            "status": "firing", "groupLabels": {"alertname": "BenchLatency"}, "commonLabels": labels,
            "commonAnnotations": ANNOTATIONS, "externalURL": "http://alertmanager.example", "alerts": [one]}


def posted_body(labels):
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    return [{"labels": labels, "annotations": ANNOTATIONS, "startsAt": "2026-01-02T03:04:05.678Z", "endsAt": end,
             "generatorURL": "http://prometheus.example/graph?g0.expr=x"}]


# ── tools ──


class Sink:
    def __init__(self, out, work):
        self.stamps_path = os.path.join(work, "sink-stamps")
        self.process = subprocess.Popen([os.path.join(out, "sink"), str(SINK_MAX), self.stamps_path],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.url = f"http://127.0.0.1:{self.port}/"

    def counts(self):
        return call("GET", self.url).json

    def wait(self, distinct, timeout=180):
        deadline = time.monotonic() + timeout
        while (seen := self.counts())["distinct"] < distinct:
            if time.monotonic() > deadline:
                raise SystemExit(f"only {seen['distinct']} of {distinct} arrived")
            time.sleep(0.02)
        return seen

    def stamps(self):
        self.close()
        return read_stamps(self.stamps_path)

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def read_stamps(path):
    stamps = array.array("q")
    with open(path, "rb") as file:
        stamps.frombytes(file.read())
    return stamps


class Side:
    """One service with what it needs, thrown away at the end."""

    def __init__(self, options, sink=None):
        self.options = options
        self.work = tempfile.mkdtemp(prefix="onus-bench-")
        os.chmod(self.work, 0o755)
        self.sink = Sink(options.out, self.work) if sink else None

    def load(self, labels, count, **more):
        path = os.path.join(self.work, "body.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.body(labels), file)
        command = [os.path.join(self.options.out, "load"), "--port", str(self.port), "--path", self.path, "--body", path,
                   "--count", str(count)]
        for name, value in {"connections": CONNECTIONS, "modulo": 100, **more}.items():
            command += [f"--{name}", str(value)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.stdout:
            raise SystemExit(f"{self.name}: {done.stderr}")
        result = json.loads(done.stdout)
        if result["bad"]:
            print(f"  {self.name}: {result['bad']} of {count} were refused", file=sys.stderr)
        return result

    def close(self):
        self.stop()
        if self.sink:
            self.sink.close()
        shutil.rmtree(self.work, ignore_errors=True)


# With a sink both sides tell one receiver of each alert: the one who does the work and answers for it.
ONE_RECEIVER = {"A/R": "engineer", "responsible": None, "accountable": None}


class OnusSide(Side):
    name, path = "Onus", "/v1/sources/am"
    body = staticmethod(webhook_body)

    def __init__(self, options, sink=None, chart=None, **row):
        super().__init__(options, sink)
        settings = {
            "loopback_role": "admin", "sources": [{"name": "am", "format": "alertmanager"}],
            "channels": {"hook-r": {"kind": "record"}, "hook-a": {"kind": "record"}, "hook-c": {"kind": "record"},
                         "hook-i": {"kind": "record"}},
        }
        if self.sink:
            settings["channels"]["hook-r"] = {"kind": "webhook", "url": self.sink.url, "allow_private": True}
        people = ONE_RECEIVER if self.sink else {}
        text = chart or charts.chart(consulted=None, informed=None, **people, **row)
        self.onus = Onus(os.path.join(self.work, "onus"), settings, text, local=os.path.join(self.work, "data"))
        self.onus.start()
        self.port = self.onus.port

    def rss_mib(self):
        return self.onus.rss_kib() / 1024

    def stop(self):
        self.onus.stop(timeout=120)


class AlertmanagerSide(Side):
    name, path = "Alertmanager", "/api/v2/alerts"
    body = staticmethod(posted_body)

    def __init__(self, options, sink=None, group_by=("alertname", "service"), routes=()):
        super().__init__(options, sink)
        self.daemon = monitoring.alertmanager(self.work, self.sink.url if self.sink else None, group_by, routes)
        self.port = self.daemon.port

    def rss_mib(self):
        return self.daemon.rss_kib() / 1024

    def stop(self):
        self.daemon.close()


EACH = ["..."]


def busy_seconds():
    """CPU time that the whole machine has used."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq = map(int, file.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def own_seconds():
    """CPU time of this program and of what it started and has seen end, databases included."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def once(make, measure):
    """One run on a machine that does nothing else: a run that others disturbed is done again; the least disturbed counts."""
    tries = []
    for _ in range(DISTURBED_TRIES):
        wait_for_idle()
        busy, own, began = busy_seconds(), own_seconds(), time.monotonic()
        side = make()
        try:
            figure = measure(side)
        finally:
            side.close()
        others = (busy_seconds() - busy - own_seconds() + own) / (time.monotonic() - began) / os.cpu_count()
        tries.append((others, figure))
        if others < DISTURBED_SHARE:
            return figure
        print(f"    {side.name}: {figure:,.1f}, but others took {others:.0%} of the machine", flush=True)
    DISTURBED.append(side.name)
    return min(tries)[1]


def wait_for_idle(at_most=120):
    until = time.monotonic() + at_most
    while time.monotonic() < until:
        busy = busy_seconds()
        time.sleep(0.5)
        if (busy_seconds() - busy) / 0.5 / os.cpu_count() < 0.05:
            return


def alternate(options, onus, alertmanager, measure):
    """The medians of several runs, the sides taking turns to begin."""
    figures = {OnusSide: [], AlertmanagerSide: []}
    for run in range(options.runs):
        pair = [(OnusSide, onus), (AlertmanagerSide, alertmanager)]
        for side, make in pair if run % 2 == 0 else reversed(pair):
            figures[side].append(once(make, measure))
            print(f"    {side.name}: {figures[side][-1]:,.1f}", flush=True)
    return statistics.median(figures[OnusSide]), statistics.median(figures[AlertmanagerSide])


# ── rows ──

NEW_ALERTS, BURST = 60_000, 20_000  # the storm of the first rows; a short one, with everything that a fresh service does once


def paged_per_second(side, count, labels=LABELS, **more):
    """From the first request to the last page at the sink."""
    began = side.load(labels, count, **more)["started_ns"]
    return count / ((side.sink.wait(count)["last_ns"] - began) / 1e9)


def row_new(options):
    """New alerts, 100 groups; nobody is paged beyond the groups' first."""
    return alternate(options, lambda: OnusSide(options, group_by=["service"]), lambda: AlertmanagerSide(options),
                     lambda side: side.load(LABELS, NEW_ALERTS)["per_second"])


def row_new_incidents(options):
    """New alerts, each an incident of its own with messages in the outbox."""
    return alternate(options, lambda: OnusSide(options, group_by=EACH), lambda: AlertmanagerSide(options, group_by=EACH),
                     lambda side: side.load(LABELS, 40_000)["per_second"])


def row_paged(options, count=NEW_ALERTS):
    """Each alert an incident of its own: on both sides somebody is told of every one. Alertmanager slows down with the
    number of its groups, so the count matters: it is the first row's."""
    return alternate(options, lambda: OnusSide(options, True, group_by=EACH),
                     lambda: AlertmanagerSide(options, True, EACH), lambda side: paged_per_second(side, count))


def row_burst(options):
    return row_paged(options, BURST)


def row_resent(options):
    labels = {**LABELS, "instance": "bench-##########"}

    def measure(side):
        side.load(labels, 1_000, modulo=1_000)
        return side.load(labels, 150_000, modulo=1_000)["per_second"]

    return alternate(options, lambda: OnusSide(options, group_by=["service"]), lambda: AlertmanagerSide(options), measure)


def row_latency(options, rate=500, seconds=10):
    def measure(side):
        due_path, count = os.path.join(side.work, "due"), rate * seconds
        side.load(LABELS, 2_000, **{"from": 1_000_000})  # warm
        side.load(LABELS, count, rate=rate, stamps=due_path)
        side.sink.wait(count + 2_000)
        arrived, due = side.sink.stamps(), read_stamps(due_path)
        return sorted(arrived[n] - due[n] for n in range(count))[count * 99 // 100] / 1e6

    return alternate(options, lambda: OnusSide(options, True, group_by=EACH),
                     lambda: AlertmanagerSide(options, True, EACH), measure)


def chart_of(rows):
    made = [charts.activity(f"row-{n:010d}", [[f"alertname = row-{n:010d}"]], group_by=EACH, consulted=None,
                            informed=None, **ONE_RECEIVER) for n in range(rows)]
    return charts.chart(*made)


def routes_of(rows):
    return [{"matchers": [f'alertname="row-{n:010d}"'], "receiver": "onus"} for n in range(rows)]


def row_chart(options, side=OnusSide):
    """One side against itself: many rows against ten."""
    def make(rows):
        if side is OnusSide:
            return OnusSide(options, True, chart_of(rows))
        return AlertmanagerSide(options, True, EACH, routes_of(rows))

    labels, figures, count = {**LABELS, "alertname": "row-##########"}, {10: [], 10_000: []}, 10_000
    for run in range(options.runs):
        for rows in (10, 10_000) if run % 2 == 0 else (10_000, 10):
            figures[rows].append(once(lambda r=rows: make(r), lambda s, r=rows: paged_per_second(
                s, count, labels, modulo=r)))
            print(f"    {side.name}, {rows} rows: {figures[rows][-1]:,.1f}", flush=True)
    return statistics.median(figures[10_000]), statistics.median(figures[10])


def row_memory(options, count=100_000):
    def measure(side):
        before = side.rss_mib()
        side.load(LABELS, count)
        side.sink.wait(count, 600)
        time.sleep(3)
        print(f"    {side.name}: {before:,.1f} MiB before", flush=True)
        return side.rss_mib()

    onus = once(lambda: OnusSide(options, True, group_by=EACH), measure)
    return onus, once(lambda: AlertmanagerSide(options, True, EACH), measure)


# name, figure, unit, measure, what the ratio should reach (as text), how the ratio is made
ROWS = [
    ("new", "durable single-alert webhooks, new alerts, against in-memory POST", "/s", row_new, "≥ 1.5"),
    ("incidents", "the same, each alert an incident of its own with messages kept", "/s", row_new_incidents, ""),
    ("paged", "new alerts, every page delivered to a sink", "/s", row_paged, "≥ 2.5"),
    ("burst", "the same, the first 20,000 alerts of a fresh service", "/s", row_burst, ""),
    ("resent", "re-sent unchanged alerts", "/s", row_resent, "≥ 3"),
    ("latency", "webhook → page at the sink at 500/s, p99", "ms", row_latency, "≤ 2"),
    ("memory", "resident memory with 100,000 open, paged alerts (the database apart)", "MiB", row_memory, "≤ 150 MiB"),
]
CHART_ROWS = [
    ("chart", "Onus: a 10,000-row chart against a 10-row chart, pages at the sink", "/s", OnusSide, "≥ 0.9"),
    ("routes", "Alertmanager: 10,000 routes against 10, pages at the sink", "/s", AlertmanagerSide, ""),
]


def table(results):
    lines = ["| figure | Onus | Alertmanager | ratio | should be |", "|---|---|---|---|---|"]
    for figure, unit, left, right, goal in results:
        lines.append(f"| {figure} | {left:,.1f} {unit} | {right:,.1f} {unit} | {left / right:.2f} | {goal} |")
    return "\n".join(lines)


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} cores, {model}; load generator, sink and database included"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", help="all when none is named")
    parser.add_argument("--out", required=True)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    results, own = [], []
    for name, figure, unit, measure, goal in ROWS:
        if not options.rows or name in options.rows:
            print(f"  {figure}", flush=True)
            results.append((figure, unit, *measure(options), goal))
    for name, figure, unit, side, goal in CHART_ROWS:
        if not options.rows or name in options.rows:
            print(f"  {figure}", flush=True)
            own.append((figure, unit, *row_chart(options, side), goal))
    text = machine() + "\n\n" + table(results)
    if DISTURBED:
        text += f"\n\n{len(DISTURBED)} runs were disturbed by other processes: take the figures with care."
    if own:
        text += "\n\n" + table(own).replace("| Onus | Alertmanager |", "| 10,000 | 10 |")
    print("\n" + text)
    with open(os.path.join(options.out, "bench.md"), "w", encoding="utf-8") as file:
        file.write(text + "\n")


if __name__ == "__main__":
    main()
