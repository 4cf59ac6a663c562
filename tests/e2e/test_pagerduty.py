"""PagerDuty both ways in: senders that believe we are PagerDuty (Events API v2), and PagerDuty telling us (Webhooks V3)."""

import json

import pytest
from servers.client import eventually, hmac_hex, never
from servers.told import reasons, wait_for

KEY = "abcdef0123456789abcdef0123456789"


@pytest.fixture
def events(service):
    onus = service(start=False, sources=[
        {"name": "pd-events", "format": "pagerduty-event", "routing_keys_file": "keys"},
        {"name": "pagerduty", "format": "pagerduty-webhook", "secret_file": "pd-secret"},
    ])
    onus.write("keys", KEY + "\n")
    onus.write("pd-secret", "the-new-secret\nthe-old-secret\n")
    return onus.start()


def trigger(key="disk-1", **changes):
    return {
        "routing_key": KEY, "event_action": "trigger", "dedup_key": key,
        "payload": {"summary": "Disk full on gpu-7", "source": "gpu-7", "severity": "critical",
                    "timestamp": "2026-01-02T03:04:05.000+0000", "component": "disk", "group": "gpu",
                    "class": "capacity", "custom_details": {"free": "1%"}},
        "client": "Monitor", "client_url": "https://monitor.example", **changes,
    }


def enqueue(onus, body):
    return onus.post("/v2/enqueue", body)


def test_trigger_acknowledge_resolve(events, sink):
    reply = enqueue(events, trigger())
    assert reply.status == 202
    assert reply.json == {"status": "success", "message": "Event processed", "dedup_key": "disk-1"}
    wait_for(sink, "/r", "opened")
    incident = events.only_incident()
    assert incident["title"] == "Disk full on gpu-7" and incident["severity"] == "critical"

    for action, state in (("acknowledge", "acknowledged"), ("resolve", "resolved")):
        reply = enqueue(events, {"routing_key": KEY, "event_action": action, "dedup_key": "disk-1"})
        assert (reply.status, reply.json["status"]) == (202, "success")
        assert events.only_incident()["state"] == state


def test_a_trigger_after_a_person_resolved_pages_again(events, sink):
    """A trigger of a resolved key is a new one, whatever it says; repeated while it is open, it is the same."""
    monday = trigger("backup", payload={"summary": "Backup failed on Monday", "source": "db1", "severity": "warning", "class": "backup",
                                        "timestamp": "2026-11-30T02:00:00Z"})
    tuesday = trigger("backup", payload={"summary": "Backup failed on Tuesday", "source": "db1", "severity": "critical", "class": "backup",
                                         "timestamp": "2026-12-01T02:00:00Z"})
    assert enqueue(events, monday).status == 202
    for times, again in enumerate((tuesday, tuesday, monday), 1):
        assert events.post(f"/v1/incidents/{events.only_incident()['id']}/resolve", {}).status == 200
        assert enqueue(events, again).status == enqueue(events, again).status == 202
        wait_for(sink, "/r", "reopened", times)
        assert events.only_incident()["state"] == "triggered"
    never(lambda: reasons(sink, "/r").count("reopened") > 3, 0.5, what="a page for a repetition")


def test_without_a_key_one_is_made(events):
    body = trigger()
    del body["dedup_key"]
    first, second = enqueue(events, body), enqueue(events, body)
    assert first.status == second.status == 202
    assert first.json["dedup_key"] and first.json["dedup_key"] != second.json["dedup_key"]


def test_the_end_of_nothing_is_accepted_and_dropped(events, sink):
    for action in ("acknowledge", "resolve"):
        assert enqueue(events, {"routing_key": KEY, "event_action": action, "dedup_key": "never"}).status == 202
    assert events.incidents() == []
    assert not sink.requests()


@pytest.mark.parametrize("change", [
    {"event_action": "explode"}, {"event_action": None}, {"payload": None}, {"payload": "text"},
    {"payload": {"source": "x", "severity": "critical"}}, {"payload": {"summary": "x", "source": "x", "severity": "bad"}},
    {"dedup_key": "k" * 256}, {"routing_key": 5}, {"event_action": "resolve", "dedup_key": None},
])
def test_invalid_event(events, change):
    body = {name: value for name, value in trigger(**change).items() if value is not None}
    reply = enqueue(events, body)
    assert reply.status == 400
    assert reply.json["status"] == "invalid event"
    assert reply.json["message"] == "Event object is invalid"
    assert reply.json["errors"] and all(isinstance(e, str) for e in reply.json["errors"])
    assert events.incidents() == []


def test_another_routing_key_is_refused(events):
    assert enqueue(events, trigger(routing_key="f" * 32)).status in (400, 403)
    assert events.incidents() == []


def test_too_large_an_event(events):
    body = trigger()
    body["payload"]["custom_details"] = {"text": "x" * 600_000}
    assert enqueue(events, body).status == 413
    assert enqueue(events, trigger()).status == 202


def webhook(kind="incident.triggered", **data):
    incident = {
        "id": "PGR0VU2", "type": "incident", "self": "https://api.pagerduty.com/incidents/PGR0VU2",
        "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2", "number": 2, "status": "triggered",
        "incident_key": "d3640fbd41094207a1c11e58e46b1662", "created_at": "2026-04-09T15:16:27Z",
        "title": "A little bump in the road", "service": {"id": "PF9KMXH", "summary": "fraud-detection"},
        "assignees": [], "escalation_policy": None, "teams": [], "priority": None, "urgency": "high",
        "conference_bridge": None, "resolve_reason": None, **data,
    }
    return {"event": {"id": "01" + kind[-8:].upper(), "event_type": kind, "resource_type": "incident",
                      "occurred_at": "2026-10-02T18:45:22.169Z", "agent": {"id": "PLH1HKV", "summary": "Tex"},
                      "client": None, "data": incident}}


def deliver(onus, body, secret="the-new-secret", identity=None, signature=None):
    raw = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "X-Webhook-Id": identity or body["event"]["id"],
               "X-PagerDuty-Signature": signature if signature is not None else "v1=" + hmac_hex(secret, raw)}
    return onus.post("/v1/sources/pagerduty", raw, {k: v for k, v in headers.items() if v})


def test_webhook_life(events, sink):
    assert deliver(events, webhook()).status in (200, 202)
    wait_for(sink, "/r", "opened")
    incident = events.only_incident()
    assert incident["title"] == "A little bump in the road"
    assert deliver(events, webhook("incident.acknowledged", status="acknowledged")).status in (200, 202)
    assert events.only_incident()["state"] == "acknowledged"
    assert deliver(events, webhook("incident.resolved", status="resolved")).status in (200, 202)
    assert events.only_incident()["state"] == "resolved"


def test_webhook_with_any_of_several_keys(events):
    raw = json.dumps(webhook()).encode()
    both = f"v1={hmac_hex('nobody', raw)},v1={hmac_hex('the-old-secret', raw)}"
    assert deliver(events, webhook(), signature=both).status in (200, 202)


@pytest.mark.parametrize("signature, status", [
    ("v1=" + "0" * 64, (403,)), ("v1=zz", (400,)), ("garbage", (400,)), ("", (400, 401, 403)),
])
def test_webhook_with_a_bad_signature(events, signature, status):
    assert deliver(events, webhook(), signature=signature).status in status
    assert events.incidents() == []


def test_webhook_repeated_is_harmless(events, sink):
    for _ in range(3):
        assert deliver(events, webhook(), identity="one-and-the-same").status in (200, 202)
    wait_for(sink, "/r", "opened")
    assert len(events.only_incident()["alerts"]) == 1
    assert len(sink.requests("/r")) == 1


def test_ping_and_unknown_types_are_accepted(events):
    ping = {"event": {"id": "1", "event_type": "pagey.ping", "resource_type": "pagey", "occurred_at":
                      "2026-10-02T18:45:22Z", "agent": None, "client": None,
                      "data": {"message": "Hello from your friend Pagey!", "type": "ping"}}}
    assert deliver(events, ping).status in (200, 202)
    for kind in ("incident.task.created", "service.updated", "incident.custom_field_values.updated", "new.thing"):
        assert deliver(events, webhook(kind)).status in (200, 202)
    assert events.incidents() == []


def test_nullable_members(events):
    body = webhook(service=None, title=None, html_url=None, urgency=None, created_at=None)
    assert deliver(events, body).status in (200, 202, 400)
    assert deliver(events, webhook(id="PNEXT")).status in (200, 202)


def test_notes_stand_on_the_timeline(events):
    deliver(events, webhook())
    note = webhook("incident.annotated")
    note["event"]["data"] = {"incident": {"id": "PGR0VU2", "type": "incident_reference"}, "id": "PN", "type":
                             "incident_note", "content": "rolled back to 41"}
    assert deliver(events, note).status in (200, 202)
    eventually(lambda: "rolled back to 41" in str(events.only_incident()["timeline"]), what="the note")
