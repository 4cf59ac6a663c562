"""Who is on call is paged, and whoever is on call when somebody is paged again."""

import datetime
import json
import time

import pytest

from servers import charts
from servers.client import eventually
from servers.onus import alert, run_onus
from servers.told import reasons, wait_for


def hooks(sink):
    made = charts.settings(sink)["channels"]
    return {**made, "hook-ann": charts.hook(sink, "/ann"), "hook-bob": charts.hook(sink, "/bob")}


def chart_with(on_call, **row):
    """R's team has a rotation of Ann alone; an override says who is on call around now."""
    made = charts.chart_data(**row)
    made["people"] = {"ann": {"name": "Ann Lee", "contacts": ["hook-ann"]}, "bob": {"name": "Bob Ray", "contacts": ["hook-bob"]}}
    made["teams"]["r-team"]["rotation"] = {
        "people": ["ann"], "begins": "2026-01-05T09:00", "shift": "1w", "time_zone": "Europe/Berlin"}
    moments = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + shift)) for shift in (-86400, 86400)]
    made["teams"]["r-team"]["overrides"] = [{"person": on_call, "from": moments[0], "until": moments[1]}]
    return json.dumps(made)


def test_who_is_on_call_is_paged_with_the_team(service, sink):
    onus = service(chart_with("bob"), channels=hooks(sink))
    onus.send_alerts(alert())
    wait_for(sink, "/bob", "opened")
    wait_for(sink, "/r", "opened")
    assert reasons(sink, "/ann") == []
    incident = onus.only_incident()
    responsible = incident["raci"]["responsible"][0]
    assert (responsible["person"], responsible["contacts"]) == ("bob", ["hook-bob", "hook-r"])
    assert "R Team, on call: Bob Ray" in onus.get(f"/incidents/{incident['id']}").text
    eventually(lambda: {d["team"] for d in onus.only_incident()["deliveries"] if d["letter"] == "responsible"}
               == {"R Team, on call: Bob Ray"}, what="deliveries that name who was on call")


def test_a_new_shift_is_paged_by_the_escalation(service, sink):
    onus = service(chart_with("bob", acknowledge_within="4s"), channels=hooks(sink))
    onus.send_alerts(alert())
    wait_for(sink, "/bob", "opened")
    onus.write_chart(chart_with("ann", acknowledge_within="4s"))
    assert onus.post("/-/reload").status == 200
    wait_for(sink, "/ann", "escalated", timeout=20)
    incident = onus.only_incident()
    assert incident["raci"]["responsible"][0]["person"] == "ann"
    texts = [line["text"] for line in incident["timeline"] if line["kind"] == "oncall_changed"]
    assert texts == ["On call for R Team is now Ann Lee; until now it was Bob Ray."]
    assert "escalated" not in reasons(sink, "/bob")


def test_a_day_takes_no_chart_from_a_running_service(service, sink):
    text = json.loads(chart_with("bob"))
    text["people"]["bob"]["left"] = "2020-01-01"
    onus = service(json.dumps(text), channels=hooks(sink))
    onus.send_alerts(alert())
    wait_for(sink, "/ann", "opened")  # whose shift it is but for the override
    assert reasons(sink, "/bob") == []


DAILY = """version: 1
people: {{ ann: {{ contacts: [chat] }}, bob: {{ contacts: [chat] }}, cyd: {{ contacts: [chat] }} }}
teams:
  ops: {{ rotation: {{ people: [ann, bob, cyd], begins: "{begins}", shift: 1d, time_zone: {zone} }} }}
roles: {{ engineer: {{ team: ops }} }}
activities: []
unowned: {{ loop: system, A/R: engineer }}
"""


@pytest.mark.parametrize("zone, begins, handed_over", [
    ("Africa/Cairo", "2025-01-01T00:00", "2026-10-29T22:00:00Z"),  # 23:00 comes twice
    ("Asia/Beirut", "2025-01-01T00:00", "2026-10-24T22:00:00Z"),
    ("America/Havana", "2025-01-01T01:00", "2026-11-01T06:00:00Z"),  # 00:00 comes twice
    ("America/Havana", "2025-01-01T00:00", "2026-11-01T04:00:00Z"),  # the first of two
    ("Australia/Lord_Howe", "2025-01-01T02:00", "2026-04-04T15:30:00Z"),  # half an hour
    ("Europe/Dublin", "2025-01-01T02:00", "2026-10-25T02:00:00Z"),
    ("Africa/Casablanca", "2025-01-01T03:00", "2026-02-15T03:00:00Z"),
    ("America/Santiago", "2025-01-01T00:00", "2026-09-06T04:00:00Z"),  # 00:00 does not come: 01:00
])
def test_shifts_are_handed_over_by_the_clock_on_the_wall(tmp_path, zone, begins, handed_over):
    chart = tmp_path / "raci.yaml"
    chart.write_text(DAILY.format(zone=zone, begins=begins))
    moment = datetime.datetime.fromisoformat(handed_over)
    before = (moment - datetime.timedelta(hours=5)).isoformat()
    done = run_onus("oncall", "--chart", str(chart), "--json", "--days", "1", "--at", before)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    first, second = said["rotations"][0]["shifts"]
    assert first["until"] == second["from"] == said["roles"][0]["until"] == handed_over.replace("Z", ".000Z")
    assert first["person"] != second["person"]
