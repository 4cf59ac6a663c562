"""One incident's life: joining, rising, ending, coming back; and deliveries that are late, repeated or out of order."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

from servers import charts
from servers.client import eventually, never, read_answer
from servers.onus import alert, resolved, timestamp, webhook
from servers.told import reasons, wait_for


def kinds(onus, incident):
    return [entry["kind"] for entry in onus.incident(incident["id"])["timeline"]]


def test_each_letter_hears_its_own(onus, sink):
    firing = alert(model="fraud-detection")
    onus.send_alerts(firing)
    page = wait_for(sink, "/r", "opened")[0]
    assert page["letter"] == "responsible"
    assert wait_for(sink, "/a", "opened")[0]["letter"] == "accountable"
    assert wait_for(sink, "/i", "opened")[0]["letter"] == "informed"
    assert not sink.requests("/c"), "science questions on a production failure come later"
    onus.send_alerts(resolved(firing))
    for path in ("/r", "/a", "/i"):
        wait_for(sink, path, "resolved")
    assert wait_for(sink, "/c", "postmortem")[0]["letter"] == "consulted"


def test_consulted_is_asked_at_once_outside_production_failures(service, sink):
    onus = service(charts.chart(loop="science"))
    onus.send_alerts(alert())
    assert wait_for(sink, "/c", "opened")[0]["letter"] == "consulted"


def test_repeats_tell_nobody_twice(onus, sink):
    firing = alert()
    for _ in range(20):
        onus.send_alerts(firing)
    wait_for(sink, "/r", "opened")
    never(lambda: len(sink.requests("/r")) > 1, 0.7, what="a second page")
    incident = onus.only_incident()
    assert len(incident["alerts"]) == 1
    assert kinds(onus, incident).count("opened") == 1


def test_one_that_joins_pages_only_when_worse(onus, sink):
    onus.send_alerts(alert("Drift", severity="warning", model="m", instance="1"))
    wait_for(sink, "/r", "opened")
    onus.send_alerts(alert("Drift", severity="warning", model="m", instance="2"))
    incident = onus.only_incident()
    assert len(incident["alerts"]) == 2 and "joined" in kinds(onus, incident)
    never(lambda: len(sink.requests("/r")) > 1, 0.5, what="a page for an equal alert")
    onus.send_alerts(alert("Drift", severity="critical", model="m", instance="3"))
    wait_for(sink, "/r", "severity_raised")
    assert onus.only_incident()["severity"] == "critical"
    onus.send_alerts(alert("Drift", severity="critical", model="m", instance="4"))
    never(lambda: reasons(sink, "/r").count("severity_raised") > 1, 0.5, what="a second raise")


def test_a_worse_alert_ends_an_acknowledgement(onus, sink):
    onus.send_alerts(alert("Drift", severity="warning", model="m", instance="1"))
    onus.post(f"/v1/incidents/{onus.only_incident()['id']}/acknowledge", {})
    onus.send_alerts(alert("Drift", severity="critical", model="m", instance="2"))
    wait_for(sink, "/r", "severity_raised")
    assert onus.only_incident()["state"] == "triggered"


def test_over_when_all_its_alerts_are(onus, sink):
    one, other = alert("Drift", model="m", instance="1"), alert("Drift", model="m", instance="2")
    onus.send_alerts(one, other)
    onus.send_alerts(resolved(one))
    assert onus.only_incident()["state"] == "triggered"
    onus.send_alerts(resolved(other))
    assert onus.only_incident()["state"] == "resolved"
    wait_for(sink, "/i", "resolved")
    assert reasons(sink, "/i").count("resolved") == 1


def test_back_soon_is_the_same_incident_and_says_so(onus, sink):
    first = alert(starts_at=timestamp(300))
    onus.send_alerts(first)
    onus.send_alerts(resolved(first, timestamp(200)))
    before = onus.only_incident()
    onus.send_alerts(alert(starts_at=timestamp(10)))
    again = onus.only_incident()
    assert again["id"] == before["id"] and again["state"] == "triggered"
    assert "reopened" in kinds(onus, again)
    wait_for(sink, "/r", "reopened")


def test_back_late_is_a_new_incident(service, sink):
    onus = service(charts.chart(reopen_after="1s"))
    first = alert(starts_at=timestamp(300))
    onus.send_alerts(first)
    onus.send_alerts(resolved(first))
    eventually(lambda: onus.only_incident()["state"] == "resolved", what="over")
    never(lambda: False, 1.5)
    onus.send_alerts(alert(starts_at=timestamp(0)))
    assert len(onus.incidents()) == 2
    wait_for(sink, "/r", "opened", 2)


def outcomes(onus, name):
    line = next(line for line in onus.get("/metrics").text.splitlines()
                if line.startswith(f'onus_events_total{{outcome="{name}"}}'))
    return int(line.split()[-1])


def test_a_request_that_was_under_way_when_the_end_was_answered_is_late(onus, sink):
    firing = alert(starts_at=timestamp(120))
    onus.send_alerts(firing)
    body = json.dumps(webhook(firing)).encode()
    head = (f"POST /v1/sources/am HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", onus.port)) as slow:
        slow.sendall(head + body[:20])
        never(lambda: False, 0.3)
        onus.send_alerts(resolved(firing, timestamp(60)))
        slow.sendall(body[20:])
        assert read_answer(slow).startswith(b"HTTP/1.1 200")
    incident = onus.only_incident()
    assert incident["state"] == "resolved" and "late" in kinds(onus, incident) and outcomes(onus, "late") == 1
    onus.send_alerts(firing)
    assert onus.only_incident()["state"] == "triggered", "said once more"
    wait_for(sink, "/r", "reopened")


def test_an_older_start_is_late_once(onus, sink):
    onus.send_alerts(alert(starts_at=timestamp(120)))
    onus.send_alerts(resolved(alert(starts_at=timestamp(120)), timestamp(60)))
    older = alert(starts_at=timestamp(180))
    onus.send_alerts(older)
    assert onus.only_incident()["state"] == "resolved" and outcomes(onus, "late") == 1
    onus.send_alerts(older)
    wait_for(sink, "/r", "reopened")


def test_what_was_ended_by_mistake_and_fires_with_the_same_start_pages(onus, sink):
    """The source says again what it said before the end: no shortcut takes it for a repetition."""
    firing = alert(starts_at=timestamp(120))
    for times in range(3):
        onus.send_alerts(firing)
        wait_for(sink, "/r", "reopened" if times else "opened", max(times, 1))
        onus.send_alerts(resolved(firing, timestamp(60)))
        assert onus.only_incident()["state"] == "resolved"


def test_a_storm_of_repeats_and_ends_in_parallel(onus, sink):
    firing = [alert("Storm", instance=str(number), model="m") for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: onus.send_alerts(firing[n % 20]), range(200)))
        list(pool.map(lambda n: onus.send_alerts(resolved(firing[n % 20])), range(60)))
    incident = onus.only_incident()
    assert incident["state"] == "resolved" and len(incident["alerts"]) == 20
    eventually(lambda: "resolved" in reasons(sink, "/i"), what="the end is told")
    assert reasons(sink, "/r").count("opened") == 1


def test_grouping_is_stated_in_the_chart(service):
    rows = [
        charts.activity("by-service", [["kind = a"]], group_by=["service"]),
        charts.activity("each", [["kind = b"]], group_by=["..."]),
        charts.activity("rest"),
    ]
    onus = service(charts.chart(*rows))
    for kind in "abc":
        for number in range(3):
            onus.send_alerts(alert(f"{kind}{number // 2}", kind=kind, model="m", instance=str(number)))
    count = {}
    for incident in onus.incidents():
        count[incident["activity"]] = count.get(incident["activity"], 0) + 1
    assert count == {"by-service": 1, "each": 3, "rest": 2}


def test_what_no_row_claims_is_unowned_but_never_dropped(service, sink):
    onus = service(charts.chart(charts.activity("narrow", [["alertname = OnlyThis"]])))
    onus.send_alerts(alert("SomethingElse"))
    wait_for(sink, "/r", "opened")
    wait_for(sink, "/a", "opened")
    incident = onus.only_incident()
    assert incident["activity"] == "unowned" and incident["loop"] == "system"
    assert onus.metrics().value("onus_events_unowned_total") == 1


def test_everything_survives_restarts(service, sink):
    onus = service()
    one, other = alert("Drift", model="m", instance="1"), alert("Drift", model="m", instance="2")
    onus.send_alerts(one)
    onus.post(f"/v1/incidents/{onus.only_incident()['id']}/acknowledge", {"note": "looking"})
    for step in (lambda: onus.send_alerts(one), lambda: onus.send_alerts(other), lambda: onus.send_alerts(
            resolved(one)), lambda: onus.send_alerts(resolved(other))):
        onus.stop()
        onus.start()
        step()
    incident = onus.only_incident()
    assert incident["state"] == "resolved" and len(incident["alerts"]) == 2
    assert reasons(sink, "/r").count("opened") == 1
    assert [k for k in kinds(onus, incident) if k in ("opened", "joined", "acknowledged", "resolved")] == [
        "opened", "acknowledged", "joined", "resolved"]


def test_an_incident_that_a_person_resolved_stays_so_while_its_alert_repeats(onus, sink):
    firing = alert()
    onus.send_alerts(firing)
    onus.post(f"/v1/incidents/{onus.only_incident()['id']}/resolve", {"note": "false alarm"})
    for _ in range(3):
        onus.send_alerts(firing)
    assert onus.only_incident()["state"] == "resolved"
    assert json.dumps(reasons(sink, "/r")).count("opened") == 1
