"""Debian's real Prometheus and Alertmanager: a rule fires, the right people are paged; it ends, and they are told.

Both ways at once, to two services: Prometheus → Alertmanager → webhook, and Prometheus → Onus's /api/v2/alerts.
"""

import pytest
from servers import charts
from servers.client import call, eventually
from servers.exporter import Exporter
from servers.monitoring import alertmanager, prometheus
from servers.onus import timestamp
from servers.told import messages, reasons, wait_for

RULES = [{
    "alert": "PredictionDriftDetected", "expr": "model_drift_psi > 0.25",
    "labels": {"severity": "critical", "environment": "production"},
    "annotations": {"summary": "PSI of {{ $labels.model }} is {{ $value }}", "runbook_url": "https://runbooks.example/psi"},
}]


@pytest.fixture
def exporter():
    made = Exporter()
    made.set('model_drift_psi{model="fraud-detection"}', 0.1)
    yield made
    made.close()


@pytest.fixture
def world(service, tmp_path, cluster, sink, exporter):
    """Two services with databases of their own, and both real daemons."""
    other_database = cluster.create_database()
    behind = service(name="behind")
    straight = service(name="straight", sources=[{"name": "prometheus", "format": "prometheus"}], channels={
        f"hook-{letter}": charts.hook(sink, f"/straight-{letter}") for letter in "raci"},
        database=other_database.conninfo)
    started = [alertmanager(tmp_path / "am", behind.url + "/v1/sources/am")]
    started.append(prometheus(tmp_path / "prom", exporter.port, RULES,
                              [started[0].address, f"127.0.0.1:{straight.port}"]))
    yield behind, straight
    for daemon in reversed(started):
        daemon.close()
    behind.stop()
    straight.stop()
    other_database.drop()


def test_a_rule_fires_and_ends(world, sink, exporter):
    behind, straight = world
    exporter.set('model_drift_psi{model="fraud-detection"}', 0.4)
    for path in ("/r", "/straight-r", "/a", "/straight-a", "/i", "/straight-i"):
        wait_for(sink, path, "opened", timeout=40)
    for onus in world:
        incident = onus.only_incident()
        assert incident["service"] == "fraud-detection" and incident["state"] == "triggered"
        labels = incident["alerts"][0]["labels"]
        assert labels["alertname"] == "PredictionDriftDetected" and labels["environment"] == "production"
    assert "PSI of fraud-detection is 0.4" in str(messages(sink, "/r")) + str(behind.only_incident())
    one, other = (onus.only_incident()["alerts"][0] for onus in world)
    assert one["key"] == other["key"], "one fingerprint, whichever way it came"

    exporter.set('model_drift_psi{model="fraud-detection"}', 0.1)
    for path in ("/r", "/straight-r", "/i", "/straight-i", "/c", "/straight-c"):
        wait_for(sink, path, "postmortem" if path.endswith("c") else "resolved", timeout=40)
    for onus in world:
        assert onus.only_incident()["state"] == "resolved"
    assert reasons(sink, "/r").count("opened") == 1 and reasons(sink, "/straight-r").count("opened") == 1


def test_an_alert_that_alertmanager_ended_by_mistake_pages_again(service, tmp_path, sink):
    """Prometheus was cut off for a while: Alertmanager ends the alert, then says that it fires, since the same time."""
    onus = service()
    daemon = alertmanager(tmp_path / "am", onus.url + "/v1/sources/am")
    one = {"labels": {"alertname": "SameStart", "severity": "critical"}, "startsAt": timestamp(600)}
    try:
        for times in range(3):
            assert call("POST", daemon.url + "/api/v2/alerts", [one]).status == 200
            wait_for(sink, "/r", "reopened" if times else "opened", max(times, 1), timeout=20)
            assert call("POST", daemon.url + "/api/v2/alerts", [{**one, "endsAt": timestamp()}]).status == 200
            eventually(lambda: onus.only_incident()["state"] == "resolved", 20, what="ended")
        assert call("POST", daemon.url + "/api/v2/alerts", [one]).status == 200
        eventually(lambda: onus.only_incident()["state"] == "triggered", 20, what="open while Alertmanager says active")
        active = call("GET", daemon.url + "/api/v2/alerts").json
        assert [a["startsAt"][:19] for a in active] == [one["startsAt"][:19]]
        assert len(onus.incident(onus.only_incident()["id"])["alerts"]) >= 1
    finally:
        daemon.close()


def test_alertmanager_hears_no_error(service, tmp_path, sink):
    """Alertmanager's own counters: nothing that it sent us failed."""
    onus = service()
    daemon = alertmanager(tmp_path / "am", onus.url + "/v1/sources/am")
    try:
        alerts = [{"labels": {"alertname": f"Real{n}", "severity": "critical", "model": "m"}} for n in range(30)]
        assert call("POST", daemon.url + "/api/v2/alerts", alerts).status == 200
        eventually(lambda: len(onus.incidents("?limit=200")) == 30, 20, what="30 incidents")
        metrics = call("GET", daemon.url + "/metrics").text
        failed = [line for line in metrics.splitlines()
                  if line.startswith("alertmanager_notifications_failed_total") and 'integration="webhook"' in line]
        assert failed and all(line.endswith(" 0") for line in failed), failed
    finally:
        daemon.close()
