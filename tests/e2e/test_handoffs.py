"""Handoffs in the service: declared, accepted, given back, by whom and why; and who owns an alert on both sides of each
instant, on every node."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from servers import charts, handoffs
from servers.client import bearer, eventually
from servers.handoffs import manifest
from servers.onus import alert, run_onus, timestamp, webhook
from servers.told import page_link, wait_for
from test_api import problem


@pytest.fixture
def onus(service):
    return service(handoffs.chart())


def declare(onus, status=201, headers=None, **given):
    reply = onus.post("/v1/handoffs", manifest(**given), headers)
    assert reply.status == status, reply.text
    return reply.json


def act(onus, verb, version="1.0.0", model="fraud", **body):
    return onus.post(f"/v1/handoffs/{model}/{version}/{verb}", body)


def move(onus, verb, version="1.0.0", **body):
    reply = act(onus, verb, version, reason="because", **body)
    assert reply.status == 200, reply.text
    return reply.json


def owner(onus, name, starts_at=None, **labels):
    """The row that an alert falls to."""
    onus.send_alerts(alert(name, starts_at=starts_at or timestamp(), **{"model": "fraud", **labels}))
    found = [i for i in onus.incidents("?limit=200") if i["title"].startswith(name)]
    assert len(found) == 1, found
    return found[0]["activity"]


def pause():
    """Alerts carry milliseconds."""
    time.sleep(0.005)


# ── the API ──

def test_a_version_is_declared_and_accepted_and_the_timeline_says_by_whom(onus):
    made = declare(onus)
    assert (made["state"], made["errors"], made["findings"]) == ("validated", 0, [])
    assert made["manifest"]["baseline"]["metrics"][0]["value"] == 0.94
    move(onus, "accept", by="Ann")
    shown = onus.get("/v1/handoffs/fraud/1.0.0").json
    assert [(line["state"], line["actor"], line["reason"]) for line in shown["timeline"]] == [
        ("validated", "loopback", ""), ("accepted", "Ann (by token loopback)", "because")]
    assert shown["changed_by"] == "Ann (by token loopback)" and shown["state"] == "accepted"


def test_a_package_with_errors_stays_declared_and_says_how_to_mend_it(onus):
    made = declare(onus, rollback="0.9.0", image="one:latest")
    assert made["state"] == "declared" and made["errors"] == len(made["findings"]) > 0
    assert "rollback-not-accepted" in [finding["rule"] for finding in made["findings"]]
    refused = problem(act(onus, "accept", reason="x"), 409)
    assert "mend the package" in refused["detail"] and refused["findings"] == made["findings"]
    assert declare(onus, 200)["state"] == "validated"
    assert move(onus, "accept")["state"] == "accepted"


def test_doing_it_again_changes_nothing(onus):
    body = manifest()
    assert onus.post("/v1/handoffs", body).status == 201
    move(onus, "accept")
    before = onus.get("/v1/handoffs/fraud/1.0.0").json
    again = onus.post("/v1/handoffs", body)
    assert again.status == 200 and again.json == before
    assert move(onus, "accept") == before
    assert "immutable" in problem(onus.post("/v1/handoffs", manifest(image="two")), 409)["detail"]
    assert onus.get("/v1/handoffs/fraud/1.0.0").json == before


def test_the_next_version_supersedes_the_one_before(onus):
    declare(onus)
    move(onus, "accept")
    declare(onus, version="1.1.0", rollback="1.0.0")
    move(onus, "accept", "1.1.0")
    states = {one["version"]: one["state"] for one in onus.get("/v1/handoffs?model=fraud").json["handoffs"]}
    assert states == {"1.0.0": "superseded", "1.1.0": "accepted"}
    last = onus.get("/v1/handoffs/fraud/1.0.0").json["timeline"][-1]
    assert (last["state"], last["reason"]) == ("superseded", "1.1.0 was accepted")


def test_a_name_with_a_slash(onus):
    declare(onus, model="org/fraud", version="2026/1")
    assert act(onus, "accept", "2026%2F1", "org%2Ffraud", reason="it holds").json["state"] == "accepted"
    assert onus.get("/v1/handoffs/org%2Ffraud/2026%2F1").json["model"] == "org/fraud"


def test_lists(onus):
    for number in range(5):
        declare(onus, model=f"m{number % 2}", version=str(number))
    move(onus, "reject", "3", model="m1")
    names = lambda query: [one["version"] for one in onus.get("/v1/handoffs" + query).json["handoffs"]]  # noqa: E731
    assert names("") == ["4", "3", "2", "1", "0"] and names("?model=m1") == ["3", "1"]
    assert names("?state=rejected") == ["3"]
    page = onus.get("/v1/handoffs?limit=2").json
    assert page["next_cursor"] and names(f"?limit=2&cursor={page['next_cursor']}") == ["2", "1"]


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"{}", b'{"model":"m"}', b'{"model":"","model_version":"1"}', b'{"model":7,"model_version":"1"}',
    b'{"model":"m","model_version":"1\\u0000"}', b"\xff",
])
def test_what_is_no_manifest_is_refused(onus, body):
    problem(onus.post("/v1/handoffs", body), 400)
    assert onus.get("/v1/handoffs").json["handoffs"] == []


@pytest.mark.parametrize("path, status", [
    ("/v1/handoffs/fraud/9/accept", 404), ("/v1/handoffs/fraud/1.0.0/declare", 404),
    ("/v1/handoffs/fraud/1.0.0/dance", 404), ("/v1/handoffs/fraud/1.0.0/reject", 400),
    ("/v1/handoffs/fraud/1.0.0/accept", 400),
    ("/v1/handoffs/fraud/1.0.0/hand-back", 409),
    ("/v1/handoffs/" + "m" * 300 + "/1/accept", 404),
])
def test_what_cannot_be_done(onus, path, status):
    declare(onus)
    body = {"reason": "x"} if status != 400 else {}
    problem(onus.post(path, body), status)
    assert onus.get("/v1/handoffs/fraud/1.0.0").json["state"] == "validated"


def test_bounds_of_the_body_and_the_query(onus):
    problem(onus.post("/v1/handoffs", b'{"model":"' + b"x" * (1024 * 1024) + b'"}'), 413)
    problem(onus.get("/v1/handoffs?state=none"), 400)
    problem(onus.get("/v1/handoffs?limit=201"), 400)
    problem(onus.get("/v1/handoffs/fraud/1"), 404)


def test_roles(service):
    onus = service(handoffs.chart(), loopback_role="none", handoff_role="admin")
    tokens = {role: bearer(onus.token(f"{role}-token", role)) for role in ("viewer", "responder", "admin")}
    path = "/v1/handoffs/fraud/1.0.0"
    problem(onus.post("/v1/handoffs", manifest()), 401)
    problem(onus.post("/v1/handoffs", manifest(), tokens["viewer"]), 403)
    assert onus.post("/v1/handoffs?by=Ci", manifest(), tokens["responder"]).json["declared_by"] == (
        "Ci (by token responder-token)")
    assert onus.get(path, tokens["viewer"]).status == 200
    assert "handoff_role" in problem(onus.post(path + "/accept", {}, tokens["responder"]), 403)["detail"]
    assert onus.get(path, tokens["viewer"]).json["state"] == "validated"
    assert onus.post(path + "/accept", {"reason": "it holds"}, tokens["admin"]).json["changed_by"] == "admin-token"


def test_figures_and_log(onus):
    declare(onus)
    declare(onus, model="ranking")
    move(onus, "accept")
    metrics = onus.metrics()
    assert metrics.value("onus_handoffs", state="accepted") == 1
    assert metrics.value("onus_handoffs", state="validated") == 1
    assert metrics.value("onus_handoffs", state="rejected") == 0
    assert metrics.value("onus_handoff_changes_total") == 3
    eventually(lambda: "action=accept" in onus.log and "state=accepted" in onus.log, what="the log says it")


# ── who owns an alert ──

def test_ownership_follows_the_handoff_as_of_the_alerts_beginning(onus):
    assert owner(onus, "Unknown") == "serving", "a model that nobody has ever declared"
    declare(onus)
    pause()
    before = timestamp()
    assert owner(onus, "Declared") == "before-acceptance"
    pause()
    move(onus, "accept")
    pause()
    accepted = timestamp()
    assert owner(onus, "Accepted") == "serving"
    assert owner(onus, "Late", before) == "before-acceptance", "it began before the acceptance"
    pause()
    move(onus, "hand-back")
    pause()
    assert owner(onus, "HandedBack") == "before-acceptance"
    assert owner(onus, "LateToo", accepted) == "serving", "it began before it was handed back"
    assert owner(onus, "NoModel", model="") == "unowned"


def test_a_version_that_is_named_and_one_that_is_not(onus):
    declare(onus)
    move(onus, "accept")
    declare(onus, version="1.1.0", rollback="1.0.0")
    pause()
    assert owner(onus, "Canary", model_version="1.1.0") == "before-acceptance"
    assert owner(onus, "Old", version="1.0.0") == "serving"
    assert owner(onus, "Unnamed") == "serving", "1.0.0 is accepted"


def test_what_the_sender_says_of_it_does_not_count(onus):
    declare(onus)
    pause()
    assert owner(onus, "Liar", handoff="accepted", handoff_version="1.0.0") == "before-acceptance"
    assert "handoff" in onus.incident(onus.incidents()[0]["id"])["why"]


def test_accepted_on_one_node_the_alert_on_the_other_at_once(service):
    first, second = service(handoffs.chart()), service(handoffs.chart())
    declare(first)
    for number in range(8):
        move(first, "accept")
        pause()
        assert owner(second, f"Accepted{number}x") == "serving"
        move(first, "hand-back")
        pause()
        assert owner(second, f"HandedBack{number}x") == "before-acceptance"
        declare(second, 200, image=f"image{number}")
    assert second.metrics().value("onus_commit_conflicts_total") > 0, "it was noticed with the commit, not before"


def test_alerts_that_come_while_it_is_accepted_are_each_kept_once(service, sink):
    nodes = [service(handoffs.chart()), service(handoffs.chart())]
    declare(nodes[0])

    def post(number):
        return nodes[number % 2].post("/v1/sources/am", webhook(alert(f"Storm{number}", model="fraud"))).status

    def accept_and_hand_back(_):
        return {act(nodes[0], verb, reason="x").status for verb in ("accept", "hand-back", "revalidate") for _ in "x"}

    with ThreadPoolExecutor(8) as pool:
        changes = pool.map(accept_and_hand_back, range(4))
        statuses = set(pool.map(post, range(120)))
        assert statuses == {200}
        assert set().union(*changes) <= {200, 409}
    titles = [i["title"] for i in nodes[1].incidents("?limit=200")]
    assert len(titles) == 120 == len(set(titles))


def test_a_restart_forgets_nothing(onus):
    declare(onus)
    pause()
    before = timestamp()
    pause()
    move(onus, "accept")
    onus.stop()
    onus.start()
    assert owner(onus, "After") == "serving"
    assert owner(onus, "Late", before) == "before-acceptance"


def test_what_was_removed_with_the_newest_change_stops_no_alert(onus, database):
    """As docs/handoff.md removes versions, and then restarts: the serial is past every change that is left."""
    declare(onus)
    move(onus, "reject")
    database.query("DELETE FROM handoffs WHERE state = 'rejected'")
    onus.stop()
    onus.start()
    assert owner(onus, "After") == "serving", "nothing is known of it any more"
    declare(onus)
    pause()
    assert owner(onus, "Declared") == "before-acceptance"


# ── in an incident ──

def test_the_incident_shows_it_beside_the_alerts_own_value(onus, sink):
    declare(onus)
    move(onus, "accept", by="Ann <b>")
    pause()
    told = {"summary": "accuracy fell", "current_value": "0.79<i>"}
    onus.send_alerts(alert("Accuracy", starts_at=timestamp(), annotations=told, model="fraud"))
    incident = onus.only_incident()
    handoff = incident["handoff"]
    assert (handoff["model"], handoff["version"], handoff["state"], handoff["state_now"]) == (
        "fraud", "1.0.0", "accepted", "accepted")
    assert handoff["by"] == "Ann <b> (by token loopback)" and handoff["since"][:2] == "20"
    assert handoff["text"].startswith("version 1.0.0, accepted 20")
    assert handoff["text"].endswith("; baseline accuracy 0.94 (threshold 0.9); the alert says 0.79<i>")
    assert handoff["baseline"]["metrics"][0]["threshold"] == 0.9 and handoff["resources"]["limits"]["memory"] == "2Gi"
    message = wait_for(sink, "/r", "opened")[0]
    assert message["incident"]["handoff"]["text"] == handoff["text"]
    for page in (onus.get(f"/incidents/{incident['id']}").text, onus.get(page_link(sink)).text):
        assert "accuracy: 0.94, threshold 0.9, higher is better" in page
        assert "limits: cpu 2, memory 2Gi, gpu 0" in page and "latency: p50 10ms" in page
        assert "0.79&lt;i&gt; (accuracy fell)" in page and "Ann &lt;b&gt;" in page
        assert "<i>" not in page and "<b>" not in page


def test_an_alert_that_joins_and_names_its_version_brings_its_handoff(service):
    onus = service(charts.chart(charts.activity("all", [['model != ""']], group_by=["model"])))
    onus.send_alerts(alert("Latency", model="fraud"))
    assert onus.only_incident()["handoff"]["state"] == "none"
    declare(onus)
    move(onus, "accept")
    pause()
    told = {"summary": "accuracy fell", "current_value": "0.79"}
    onus.send_alerts(alert("Accuracy", starts_at=timestamp(), annotations=told, model="fraud", version="1.0.0"))
    onus.send_alerts(alert("Again", starts_at=timestamp(), model="fraud"))
    incident = onus.only_incident()
    assert incident["total_alerts"] == 3
    assert (incident["handoff"]["version"], incident["handoff"]["state"]) == ("1.0.0", "accepted")
    page = onus.get(f"/incidents/{incident['id']}").text
    assert "accuracy: 0.94, threshold 0.9" in page and "0.79 (accuracy fell)" in page
    declare(onus, version="1.1.0", rollback="1.0.0")
    pause()
    onus.send_alerts(alert("Canary", starts_at=timestamp(), model="fraud", version="1.1.0"))
    onus.send_alerts(alert("Unnamed", starts_at=timestamp(), model="fraud"))
    assert onus.only_incident()["handoff"]["version"] == "1.1.0", "the newest that names one"


def test_the_page_says_when_it_has_changed_since(onus):
    declare(onus)
    pause()
    onus.send_alerts(alert("Accuracy", starts_at=timestamp(), model="fraud"))
    pause()
    move(onus, "accept")
    assert onus.only_incident()["handoff"]["state"] == "validated"
    assert "; now accepted" in onus.get("/incidents/1").text


def test_without_a_model_or_a_handoff_nothing_is_said(onus):
    onus.send_alerts(alert("NodeDown"))
    assert onus.only_incident()["handoff"] is None
    onus.send_alerts(alert("Latency", model="new"))
    number = onus.incidents()[0]["id"]
    assert onus.incident(number)["handoff"]["state"] == "none"
    for path in ("/incidents/1", f"/incidents/{number}"):
        assert "Handoff" not in onus.get(path).text and "Baseline" not in onus.get(path).text


def test_manifests_of_any_shape_are_shown_without_harm(onus):
    declare(onus, baseline={"metrics": [7, {"name": "<script>", "value": [1, 2]}, {"name": {"x": 1}}]},
            resources={"requests": "all", "limits": {"cpu": {"deep": ["<b>"]}}, "load": [1]})
    pause()
    onus.send_alerts(alert("Odd", starts_at=timestamp(), model="fraud"))
    page = onus.get("/incidents/1")
    assert page.status == 200 and "&lt;script&gt;" in page.text
    assert "<script>" not in page.text and "<b>" not in page.text


def test_mail_says_it_in_a_line(service, mail, sink):
    data = charts.settings(sink)["channels"]
    data["hook-r"] = {"kind": "email", "smtp": mail.url, "from": "onus@example.com", "allow_private": True}
    chart = handoffs.chart().replace('"hook-r"', '"hook-r:oncall@example.com"')
    onus = service(chart, channels=data)
    declare(onus)
    pause()
    onus.send_alerts(alert("Accuracy", starts_at=timestamp(), model="fraud"))
    first = mail.wait("oncall@example.com")[0]
    assert "Handoff  version 1.0.0, validated" in first.plain and "<strong>Handoff</strong>" in first.html


# ── the command line ──

def onus_handoff(onus, *arguments, code=0):
    done = run_onus("handoff", *arguments, "--url", onus.url)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


def test_from_the_command_line(onus, tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text(json.dumps(manifest()))
    second.write_text(json.dumps(manifest(version="1.1.0", rollback="1.0.0")))
    assert "no version is known" in onus_handoff(onus, "list").stdout
    assert "is validated" in onus_handoff(onus, "declare", str(first), "--by", "Ci").stdout
    early = onus_handoff(onus, "declare", str(second), code=1)
    assert "rollback-not-accepted" in early.stdout, "the service knows the versions before"
    refused = onus_handoff(onus, "accept", "fraud", "1.1.0", "--reason", "x", code=1)
    assert "mend the package" in refused.stderr and "/artifact/rollback_version" in refused.stderr
    accepted = onus_handoff(onus, "accept", "fraud", "1.0.0", "--by", "Ann", "--reason", "load test passed").stdout
    assert "accepted by Ann (by token loopback): load test passed" in accepted
    onus_handoff(onus, "revalidate", "fraud", "1.1.0")
    assert onus_handoff(onus, "accept", "fraud", "1.1.0", "--reason", "it holds", "--json").stdout.startswith("{")
    table = onus_handoff(onus, "list").stdout
    assert [line.split()[1:3] for line in table.splitlines()] == [
        ["VERSION", "STATE"], ["1.1.0", "accepted"], ["1.0.0", "superseded"]]
    assert len(json.loads(onus_handoff(onus, "list", "--state", "superseded", "--json").stdout)) == 1
    assert "handed-back" in onus_handoff(onus, "hand-back", "fraud", "1.1.0", "--reason", "p99 is 3 s").stdout
    assert "p99 is 3 s" in onus_handoff(onus, "show", "fraud", "1.1.0").stdout
    assert json.loads(onus_handoff(onus, "show", "fraud", "1.1.0", "--json").stdout)["state"] == "handed-back"
    assert "nobody has declared" in onus_handoff(onus, "show", "fraud", "9", code=1).stderr


def test_the_command_line_declares_nothing_that_is_broken_unless_told(onus, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(manifest(image="one:latest", resources={})))
    assert "not declared" in onus_handoff(onus, "declare", str(broken), code=1).stderr
    assert onus.get("/v1/handoffs").json["handoffs"] == []
    assert "is declared" in onus_handoff(onus, "declare", "--draft", str(broken), code=1).stdout
    assert onus.get("/v1/handoffs").json["handoffs"][0]["state"] == "declared"
    onus_handoff(onus, "reject", "fraud", "1.0.0", code=2)
    onus_handoff(onus, "accept", "fraud", "--reason", "x", code=2)
    onus_handoff(onus, "accept", "fraud", "1.0.0", code=2)
    onus_handoff(onus, "accept", "fraud", "1.0.0", "--reason", "x", "--draft", code=2)


def test_all_pages_of_a_long_list(onus):
    for number in range(205):
        declare(onus, version=str(number), resources={})
    assert len(json.loads(onus_handoff(onus, "list", "--json").stdout)) == 205
