"""Our own API: roles, lists, details, actions, and problems as RFC 9457 wants them."""

import re
import time

import pytest
from servers import charts
from servers.client import bearer, call, eventually
from servers.onus import alert, run_onus
from servers.told import wait_for


def problem(reply, status):
    assert reply.status == status, (reply.status, reply.text)
    assert reply.header("content-type").startswith("application/problem+json")
    body = reply.json
    assert body["status"] == status and body["title"] and body["type"]
    return body


def test_roles(service):
    onus = service(loopback_role="none")
    tokens = {role: onus.token(f"{role}-token", role) for role in ("viewer", "responder", "admin")}
    problem(onus.get("/v1/incidents"), 401)
    problem(onus.get("/v1/incidents", bearer("wrong")), 401)
    assert "bearer" in onus.get("/v1/incidents").header("www-authenticate").lower()
    assert onus.get("/v1/incidents", bearer(tokens["viewer"])).status == 200
    onus.send_alerts(alert())
    number = onus.get("/v1/incidents", bearer(tokens["viewer"])).json["incidents"][0]["id"]
    path = f"/v1/incidents/{number}/acknowledge"
    problem(onus.post(path, {}, bearer(tokens["viewer"])), 403)
    assert onus.post(path, {}, bearer(tokens["responder"])).status == 200
    detail = onus.get(f"/v1/incidents/{number}", bearer(tokens["viewer"])).json
    assert detail["acknowledged_by"] == "responder-token"
    problem(onus.post("/-/reload", b"", bearer(tokens["responder"])), 403)
    assert onus.post("/-/reload", b"", bearer(tokens["admin"])).status == 200


def test_a_forwarded_request_is_not_loopback(onus):
    assert onus.get("/v1/incidents").status == 200
    problem(onus.get("/v1/incidents", {"X-Forwarded-For": "203.0.113.9"}), 401)


def test_tokens_are_listed_and_revoked(service, database):
    onus = service(loopback_role="none")
    token = onus.token("ci", "viewer")
    assert onus.get("/v1/incidents", bearer(token)).status == 200
    listed = run_onus("token", "list", "--config", onus.settings_path)
    assert listed.returncode == 0 and "ci" in listed.stdout and token not in listed.stdout
    assert token not in str(database.query("SELECT * FROM api_tokens"))
    assert run_onus("token", "revoke", "ci", "--config", onus.settings_path).returncode == 0
    eventually(lambda: onus.get("/v1/incidents", bearer(token)).status == 401, 15, what="revoked")


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/nowhere", 404), ("GET", "/v1/incidents/999999", 404), ("GET", "/v1/incidents/abc", 404),
    ("GET", "/v1/incidents/99999999999999999999", 404), ("DELETE", "/v1/incidents", 405), ("PUT", "/metrics", 405),
    ("GET", "/v1/sources/am", 405), ("GET", "/v1/incidents?limit=0", 400), ("GET", "/v1/incidents?limit=9999", 400),
    ("GET", "/v1/incidents?limit=x", 400), ("GET", "/v1/incidents?state=sleeping", 400),
    ("GET", "/v1/incidents?cursor=%00", 400), ("GET", "/v1/incidents?loop=outer", 400),
    ("POST", "/v1/incidents/999999/acknowledge", 404), ("POST", "/v1/incidents/1/dance", 404),
])
def test_problems(onus, method, path, status):
    reply = call(method, onus.url + path, {} if method == "POST" else None)
    if reply.status in (400, 404) and status in (400, 404):
        problem(reply, reply.status)
    else:
        problem(reply, status)
    if status == 405:
        assert reply.header("allow")


def test_pages_are_safe_for_browsers(onus):
    onus.send_alerts(alert("<b>bold</b>"))
    for path in ("/", "/incidents/1"):
        page = onus.get(path)
        assert page.status == 200 and page.header("content-type").startswith("text/html")
        assert page.header("x-content-type-options") == "nosniff"
        assert "default-src" in page.header("content-security-policy")
        assert "<b>bold" not in page.text and "&lt;b&gt;bold" in page.text


def test_list_with_cursor_and_filters(service):
    rows = [charts.activity("science", [["kind = science"]], loop="science"), charts.activity("rest")]
    onus = service(charts.chart(*rows))
    onus.send_alerts(*[alert(f"A{n}", model=f"m{n}", kind="science" if n % 2 else "other") for n in range(25)])
    seen, cursor = [], ""
    for _ in range(20):
        page = onus.get(f"/v1/incidents?limit=4{cursor}").json
        assert len(page["incidents"]) <= 4
        seen += [i["id"] for i in page["incidents"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == 25 == len(set(seen))
    assert seen == sorted(seen, reverse=True), "newest first"
    science = onus.incidents("?loop=science&limit=200")
    assert len(science) == 12 and {i["loop"] for i in science} == {"science"}
    assert len(onus.incidents("?team=r-team&limit=200")) == 25 and onus.incidents("?team=nobody") == []
    onus.post(f"/v1/incidents/{seen[0]}/resolve", {})
    assert [i["id"] for i in onus.incidents("?state=resolved")] == [seen[0]]
    assert len(onus.incidents("?state=open&limit=200")) == 24


def test_detail(onus, sink, database):
    onus.send_alerts(alert("DriftDetected", model="fraud-detection", annotations={"summary": "PSI is 0.4"}))
    wait_for(sink, "/a", "opened")
    eventually(lambda: all(d["state"] == "delivered" for d in onus.only_incident()["deliveries"]), what="delivered")
    detail = onus.only_incident()
    for member in ("id", "state", "loop", "activity", "service", "severity", "title", "raci", "why", "alerts",
                   "timeline", "deliveries"):
        assert member in detail, member
    assert (detail["state"], detail["loop"], detail["activity"]) == ("triggered", "system", "everything")
    assert detail["service"] == "fraud-detection" and detail["severity"] == "critical"
    raci = detail["raci"]
    assert [p["role"] for p in raci["responsible"]] == ["engineer"] and raci["accountable"]["role"] == "head"
    assert [p["role"] for p in raci["consulted"]] == ["expert"]
    assert [p["role"] for p in raci["informed"]] == ["stakeholder"]
    assert detail["why"] == ("Row “Anything that happens” claims it: alertname is DriftDetected; "
                             "service fraud-detection.")
    assert detail["alerts"][0]["labels"]["alertname"] == "DriftDetected"
    moments = [entry["at"] for entry in detail["timeline"]]
    assert moments == sorted(moments) and all(re.match(r"\d{4}-\d\d-\d\dT", m) for m in moments)
    for entry in detail["timeline"]:
        assert entry["kind"] and entry["actor"] and entry["text"], entry
    told = {(d["channel"], d["letter"]) for d in detail["deliveries"]}
    assert told == {("hook-r", "responsible"), ("hook-a", "accountable"), ("hook-i", "informed")}
    assert "chart_revision" in detail


def test_actions(onus, sink):
    onus.send_alerts(alert())
    number = onus.only_incident()["id"]
    act = lambda name, **body: onus.post(f"/v1/incidents/{number}/{name}", body)  # noqa: E731
    assert act("note", note="looked at the dashboards").status == 200
    assert "looked at the dashboards" in str(onus.incident(number)["timeline"])
    assert act("acknowledge").status == 200 and act("acknowledge").status == 200
    assert act("reassign", to="expert", note="it is the model").status == 200
    incident = onus.incident(number)
    assert incident["raci"]["responsible"][0]["role"] == "expert" and incident["state"] == "triggered"
    wait_for(sink, "/c", "reassigned")
    problem(act("reassign", to="nobody-like-this"), 400)
    problem(act("reassign"), 400)
    assert act("escalate", note="help").status == 200
    wait_for(sink, "/a", "escalated")
    assert act("resolve").status == 200
    problem(act("acknowledge"), 409)


def test_two_people_at_once(onus):
    from concurrent.futures import ThreadPoolExecutor

    onus.send_alerts(alert())
    number = onus.only_incident()["id"]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: onus.post(f"/v1/incidents/{number}/acknowledge", {}), range(16)))
    assert {reply.status for reply in replies} == {200}
    assert onus.incident(number)["state"] == "acknowledged"


def test_keep_alive_serves_many_requests(onus):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", onus.port, timeout=10)
    started = time.monotonic()
    for _ in range(100):
        connection.request("GET", "/-/healthy")
        assert connection.getresponse().read() is not None
    connection.close()
    assert time.monotonic() - started < 30
