"""A page to Responsible that reached nobody, found by a node that died before it could tell Accountable."""

from servers.client import eventually
from servers.onus import alert
from servers.told import wait_for


def test_a_finder_that_died_is_stood_in_for(service, sink, database):
    onus = service()
    onus.send_alerts(alert())
    wait_for(sink, "/r", "opened")
    database.query(
        "INSERT INTO undeliverable_pages (incident_id, cause_at, reason, why, offered_at) "
        "SELECT id, opened_at, 'opened', 'hook-r: 404 Not Found', now() - interval '31 seconds' FROM incidents"
    )
    assert "404" in str(wait_for(sink, "/a", "undeliverable", timeout=20)[0])
    assert "undeliverable" in [entry["kind"] for entry in onus.only_incident()["timeline"]]
    assert onus.metrics().value("onus_undeliverable_pages_total") == 1
    eventually(lambda: database.query("SELECT settled FROM undeliverable_pages") == [(True,)], what="settled")
