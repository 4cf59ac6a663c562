"""Silence and forgetting: R says nothing, or acknowledges and forgets."""

from servers import charts
from servers.client import eventually, never
from servers.onus import alert, resolved
from servers.told import reasons, wait_for


def kinds(onus):
    return [entry["kind"] for entry in onus.only_incident()["timeline"]]


def test_silent_responsible_pages_accountable(service, sink):
    onus = service(charts.chart(acknowledge_within="2s"))
    onus.send_alerts(alert())
    wait_for(sink, "/r", "opened")
    assert "escalated" not in reasons(sink, "/a")
    wait_for(sink, "/a", "escalated")
    wait_for(sink, "/r", "escalated")
    assert "escalated" in kinds(onus)


def test_acknowledged_in_time_pages_nobody_else(service, sink):
    onus = service(charts.chart(acknowledge_within="2s"))
    onus.send_alerts(alert())
    incident = onus.only_incident()
    assert onus.post(f"/v1/incidents/{incident['id']}/acknowledge", {}).status == 200
    never(lambda: "escalated" in reasons(sink, "/a"), 3.5, what="escalation after an acknowledgement")


def test_forgotten_acknowledgement_pages_again(service, sink):
    onus = service(charts.chart(acknowledge_within="0s", acknowledge_expires="3s"))
    onus.send_alerts(alert())
    incident = onus.only_incident()
    assert onus.post(f"/v1/incidents/{incident['id']}/acknowledge", {}).status == 200
    wait_for(sink, "/r", "acknowledgement_expired")
    assert onus.only_incident()["state"] == "triggered"
    assert "acknowledgement_expired" in kinds(onus)


def test_resolved_in_time_never_escalates(service, sink):
    onus = service(charts.chart(acknowledge_within="2s"))
    firing = alert()
    onus.send_alerts(firing)
    onus.send_alerts(resolved(firing))
    never(lambda: "escalated" in reasons(sink, "/a"), 3, what="escalation after the end")


def test_escalation_survives_a_restart(service, sink):
    onus = service(charts.chart(acknowledge_within="3s"))
    onus.send_alerts(alert())
    wait_for(sink, "/r", "opened")
    onus.stop()
    onus.start()
    wait_for(sink, "/a", "escalated")
    assert reasons(sink, "/r").count("opened") == 1


def test_not_mine_does_not_stop_the_clock(service, sink):
    onus = service(charts.chart(acknowledge_within="2s"))
    onus.send_alerts(alert())
    incident = onus.only_incident()
    reply = onus.post(f"/v1/incidents/{incident['id']}/contest", {"note": "this is the platform's"})
    assert reply.status == 200, reply.text
    wait_for(sink, "/a", "contested")
    eventually(lambda: onus.only_incident()["contested_by"], what="who contested")
