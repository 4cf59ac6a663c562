""""Not mine": by link, by Slack, by the API; A decides, or does not; and what the report makes of it."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from servers import charts
from servers.client import bearer, eventually, hmac_hex
from servers.onus import alert, resolved, run_onus
from servers.told import link_path, page_link, reasons, wait_for
from test_links import form_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def press(onus, link, action, **fields):
    """Loads the page behind a link as a person does, and presses one of its buttons."""
    page = onus.get(link)
    assert page.status == 200, page.text
    return onus.post(link, urlencode({"nonce": form_of(page.text), "action": action, **fields}), FORM)


def act(onus, action, number=None, **body):
    number = number or onus.only_incident()["id"]
    return onus.post(f"/v1/incidents/{number}/{action}", body)


def kinds(incident):
    return [entry["kind"] for entry in incident["timeline"] if entry["kind"] not in ("delivered", "gave_up")]


def responsible(incident):
    return [party["role"] for party in incident["raci"]["responsible"]]


def contested_link(sink):
    return link_path(json.dumps(wait_for(sink, "/a", "contested")[0]))


# ── by link ──


def test_by_link_with_whose_it_is_and_accepted(onus, sink):
    onus.send_alerts(alert())
    link = page_link(sink)
    page = onus.get(link).text
    assert '<option value="expert">Expert (C Team)</option>' in page, "the roles of the chart are offered"
    assert '<option value="engineer">' not in page, "but not whoever has it"
    assert press(onus, link, "contest", note="the feature store is down", to="expert", who="Bob").status == 200
    incident = onus.only_incident()
    assert incident["contested_by"] == "Bob (R Team (hook-r))" and incident["contested_at"]
    assert incident["contest_reason"] == "the feature store is down" and incident["proposed_role"] == "expert"
    assert responsible(incident) == ["engineer"], "R stays responsible until A decides"

    told = wait_for(sink, "/a", "contested")[0]
    assert told["page"] and told["note"] == "the feature store is down"
    assert told["incident"]["proposed_role"] == "expert"
    deciding = contested_link(sink)
    page = onus.get(deciding).text
    for words in ("Bob (R Team", "the feature store is down", "that of Expert (C Team)", "Accept", "Decline",
                  "Accept as proposed: give it to Expert (C Team)", '<input type="hidden" name="to" value="expert">'):
        assert words in page, words
    assert press(onus, deciding, "accept", to="expert", note="").status == 200
    incident = onus.only_incident()
    assert responsible(incident) == ["expert"] and incident["state"] == "triggered"
    assert incident["contested_by"] == "" and incident["proposed_role"] == "" and incident["contested_at"] is None
    assert kinds(incident) == ["opened", "contested", "contest_accepted", "reassigned"], "the timeline stays whole"
    new = wait_for(sink, "/c", "reassigned")[0]
    assert new["page"] and new["letter"] == "responsible"
    assert new["note"] == "Bob (R Team (hook-r)): the feature store is down", "the new R learns why"
    old = wait_for(sink, "/r", "reassigned")[0]
    assert not old["page"] and old["letter"] == "informed"


def test_accountable_may_pick_somebody_else_by_link(onus, sink):
    onus.send_alerts(alert())
    press(onus, page_link(sink), "contest", note="not ours")
    assert press(onus, contested_link(sink), "accept", to="stakeholder", note="yours").status == 200
    assert responsible(onus.only_incident()) == ["stakeholder"]


def test_declined_by_link_goes_back_and_pages(onus, sink):
    onus.send_alerts(alert())
    press(onus, page_link(sink), "contest", note="not ours", to="expert")
    link = contested_link(sink)
    assert press(onus, link, "decline").status == 400, "a reason is needed"
    assert press(onus, link, "decline", note="it began with your rollout").status == 200
    incident = onus.only_incident()
    assert responsible(incident) == ["engineer"] and incident["contested_by"] == ""
    told = wait_for(sink, "/r", "declined")[0]
    assert told["page"] and told["note"] == "it began with your rollout"
    assert reasons(sink, "/c") == [], "whoever was proposed hears nothing"
    assert press(onus, link, "decline", note="again").status == 409, "pressed twice"
    assert kinds(onus.only_incident()) == ["opened", "contested", "contest_declined"]


def test_declined_while_somebody_works_on_it_pages_nobody(onus, sink):
    onus.send_alerts(alert())
    link = page_link(sink)
    press(onus, link, "acknowledge")
    press(onus, link, "contest", note="not ours")
    assert press(onus, contested_link(sink), "decline", note="it is").status == 200
    assert onus.only_incident()["state"] == "acknowledged"
    assert not wait_for(sink, "/r", "settled")[0]["page"]
    assert "declined" not in reasons(sink, "/r")


def test_only_accountable_decides_by_link(onus, sink):
    onus.send_alerts(alert())
    link = page_link(sink)
    press(onus, link, "contest", note="not ours", to="expert")
    page = onus.get(link).text
    assert "Decline" not in page and "Take “not mine” back" in page
    for action in ("accept", "decline"):
        assert press(onus, link, action, note="so there", to="expert").status == 403
    assert responsible(onus.only_incident()) == ["engineer"]
    assert press(onus, link, "withdraw").status == 200
    assert onus.only_incident()["contested_by"] == ""
    wait_for(sink, "/a", "settled")


def test_the_link_of_those_who_had_it_acts_no_more(onus, sink):
    onus.send_alerts(alert())
    link = page_link(sink)
    nonce = form_of(onus.get(link).text)
    press(onus, link, "contest", note="not ours", to="expert")
    assert press(onus, contested_link(sink), "accept").status == 200
    page = onus.get(link)
    assert page.status == 200 and "Responsible is now Expert (C Team)" in page.text
    assert "Acknowledge" not in page.text and "Not mine" not in page.text and "Timeline" not in page.text
    assert onus.only_incident()["title"] in page.text, "it still shows what it is about"
    for action in ("acknowledge", "contest"):
        refused = onus.post(link, urlencode({"nonce": nonce, "action": action, "note": "x"}), FORM)
        assert refused.status == 403 and "Responsible is now Expert (C Team)" in refused.text, refused.text
    incident = onus.only_incident()
    assert incident["state"] == "triggered", "the escalation goes on for whoever has it now"
    assert incident["raci"]["consulted"] == [], "a team bears one letter"
    wait_for(sink, "/c", "reassigned")
    assert press(onus, page_link(sink, "/c"), "acknowledge").status == 200


@pytest.mark.parametrize("action, status", [("contest", 400), ("accept", 403), ("dance", 400)])
def test_a_refusal_does_not_send_people_for_another_link(onus, sink, action, status):
    onus.send_alerts(alert())
    refused = press(onus, page_link(sink), action)
    assert refused.status == status and "Nothing has changed." in refused.text
    assert "newer message" not in refused.text
    assert "newer message" in onus.get("/a/no-link").text


def test_a_second_person_hears_who_was_first(onus):
    onus.send_alerts(alert())
    assert act(onus, "contest", reason="not ours", by="Bob").status == 200
    assert act(onus, "contest", reason="not ours", by="Bob").status == 200, "pressed twice"
    refused = act(onus, "contest", reason="nor ours", by="Eve")
    assert refused.status == 409 and "Bob" in refused.json["detail"]
    assert kinds(onus.only_incident()) == ["opened", "contested"]


def test_what_is_on_the_page_is_text(onus, sink):
    onus.send_alerts(alert())
    press(onus, page_link(sink), "contest", note="<script>alert(1)</script>", who="<b>Bob</b>")
    page = onus.get(contested_link(sink)).text
    assert "<script>alert" not in page and "<b>Bob" not in page and "&lt;script&gt;" in page
    console = onus.get(f"/incidents/{onus.only_incident()['id']}").text
    assert "<script>alert" not in console and "&lt;script&gt;" in console


# ── nobody is chosen but by a person ──


def first_choices(page):
    """Of each select of a page, the value that a browser sends when nobody has touched it."""
    assert " selected" not in page
    return [re.search(r'<option value="([^"]*)"', select).group(1) for select in re.findall(r"<select.*?</select>", page, re.S)]


@pytest.mark.parametrize("proposed", ["", "expert"])
def test_nothing_is_preselected_and_no_choice_is_no_decision(onus, sink, proposed):
    onus.send_alerts(alert())
    assert first_choices(onus.get(page_link(sink)).text) == [""], "whose is it, if you know?"
    press(onus, page_link(sink), "contest", note="the feature store is down", to=proposed)
    link, console = contested_link(sink), f"/incidents/{onus.only_incident()['id']}"
    for path, actions in ((link, ["accept"]), (console, ["accept", "reassign"])):
        page = onus.get(path).text
        assert first_choices(page) == [""] and "Choose whose it is" in page
        assert ("Accept as proposed" in page) == bool(proposed)
        for action in actions:
            reply = press(onus, path, action, to="", note="")
            assert reply.status == 400 and "Nobody was chosen" in reply.text and "Nothing has changed" in reply.text
            assert f'<a href="{path}">Back to the incident</a>' in reply.text
    incident = onus.only_incident()
    assert responsible(incident) == ["engineer"] and incident["contested_by"] and kinds(incident)[-1] == "contested"
    assert press(onus, console, "reassign").status == 400, "nor is a form without the field"
    assert onus.post(f"/v1{console}/reassign", {}).status == 400
    assert responsible(onus.only_incident()) == ["engineer"]


# ── in the console ──


def test_in_the_console(service, sink):
    onus = service(loopback_role="none")
    viewer, responder = (bearer(onus.token(role, role)) for role in ("viewer", "responder"))
    onus.send_alerts(alert())
    path = f"/incidents/{onus.get('/v1/incidents', viewer).json['incidents'][0]['id']}"
    assert "<form" not in onus.get(path, viewer).text, "who may only look is offered nothing"

    def press_here(headers, action, **fields):
        page = onus.get(path, responder).text
        body = urlencode({"nonce": form_of(page), "action": action, **fields})
        return onus.post(path, body, {**FORM, **headers})

    assert press_here(viewer, "contest", note="no").status == 403
    page = press_here(responder, "contest", note="not ours", to="expert", who="Bob")
    assert page.status == 200 and "Bob (responder) says that it is not theirs, but that of Expert" in page.text
    assert press_here(responder, "accept", to="expert").status == 200
    incident = onus.get("/v1" + path, viewer).json
    assert responsible(incident) == ["expert"]
    assert "in the console" in str(incident["timeline"])
    refused = press_here(responder, "decline", note="too late")
    assert refused.status == 409 and "Nobody contests it" in refused.text
    assert press_here(responder, "dance").status == 400
    assert onus.post("/incidents/999999", "", {**FORM, **responder}).status == 400
    wait_for(sink, "/c", "reassigned")


def test_a_form_of_another_site_does_nothing_in_the_console(onus):
    """The browser would send its credentials with it; the nonce is what it lacks."""
    onus.send_alerts(alert())
    path = f"/incidents/{onus.only_incident()['id']}"
    nonce = form_of(onus.get(path).text)
    for body in ("action=resolve", "action=resolve&nonce=", "action=resolve&nonce=" + nonce[::-1]):
        assert onus.post(path, body, FORM).status == 400
    onus.send_alerts(alert("Other"))
    other = f"/incidents/{max(i['id'] for i in onus.incidents())}"
    assert onus.post(other, "action=resolve&nonce=" + nonce, FORM).status == 400, "of another incident"
    assert onus.post(path, "action=resolve&nonce=" + nonce, {**FORM, "Origin": "https://evil.example"}).status == 401
    assert [i["state"] for i in onus.incidents()] == ["triggered", "triggered"]
    assert onus.post(path, "action=resolve&nonce=" + nonce, FORM).status == 200


# ── by the API ──


def test_by_the_api(onus, sink):
    onus.send_alerts(alert())
    assert act(onus, "accept").status == 409 and act(onus, "decline", reason="x").status == 409
    assert act(onus, "contest", reason="").status == 400
    for to in ("nobody", "engineer", "x" * 5000):
        assert act(onus, "contest", reason="not ours", to=to).status == 400, to
    assert onus.only_incident()["contested_by"] == ""
    reply = act(onus, "contest", reason="not ours", to="expert", by="Bob")
    assert reply.status == 200 and reply.json["proposed_name"] == "Expert (C Team)"
    assert onus.incidents()[0]["proposed_role"] == "expert", "the list says so, too"
    assert act(onus, "accept", to="engineer").status == 400
    assert act(onus, "accept", to="stakeholder", reason="theirs").status == 200
    assert responsible(onus.only_incident()) == ["stakeholder"]
    assert act(onus, "accept").status == 409
    wait_for(sink, "/i", "reassigned")


def test_reassigning_while_contested_accepts(onus, database):
    onus.send_alerts(alert())
    act(onus, "contest", reason="not ours")
    assert act(onus, "reassign", to="expert").status == 200
    assert onus.only_incident()["contested_by"] == ""
    assert database.query("SELECT decision, moved_to_role FROM contests") == [("accepted", "expert")]


def test_deciding_needs_a_responder(service):
    onus = service(loopback_role="none")
    viewer, responder = (bearer(onus.token(role, role)) for role in ("viewer", "responder"))
    onus.send_alerts(alert())
    number = onus.get("/v1/incidents", viewer).json["incidents"][0]["id"]

    def post(action, body, headers):
        return onus.post(f"/v1/incidents/{number}/{action}", body, headers).status

    assert post("contest", {"reason": "not ours"}, viewer) == 403
    assert post("contest", {"reason": "not ours", "to": "expert"}, responder) == 200
    assert post("accept", {}, viewer) == 403 and post("accept", {}, {}) == 401
    assert post("accept", {}, responder) == 200


def test_two_people_decide_at_once(onus, sink, database):
    onus.send_alerts(alert())
    number = onus.only_incident()["id"]
    act(onus, "contest", number, reason="not ours", to="expert")
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(
            lambda n: act(onus, "accept" if n % 2 else "decline", number, reason=f"by {n}").status, range(16)))
    assert sorted(replies) == [200] + [409] * 15, "one decides, the others hear that it is decided"
    decided = [kind for kind in kinds(onus.only_incident()) if kind in ("contest_accepted", "contest_declined")]
    assert len(decided) == 1
    assert database.query("SELECT count(*) FROM contests") == [(1,)]


# ── nobody decides ──


def test_undecided_it_is_asked_again_and_then_goes_back_to_responsible(service, sink):
    onus = service(charts.chart(acknowledge_within="1h", decide_within="1s"))
    onus.send_alerts(alert())
    act(onus, "contest", reason="not ours")
    wait_for(sink, "/a", "contested", 2)
    told = wait_for(sink, "/r", "undecided")[0]
    assert told["page"] and "nobody has decided within 1s" in told["note"]
    wait_for(sink, "/a", "undecided")
    assert responsible(onus.only_incident()) == ["engineer"]


def test_the_end_lets_a_contest_lapse(onus, database):
    firing = alert()
    onus.send_alerts(firing)
    act(onus, "contest", reason="not ours")
    onus.send_alerts(resolved(firing))
    eventually(lambda: onus.only_incident()["state"] == "resolved", what="the end")
    assert database.query("SELECT decision, decided_by FROM contests") == [("lapsed", "onus")]


# ── by Slack ──

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.fixture
def chat(service, sink):
    """R and A hear of everything in Slack."""
    data = charts.chart_data()
    data["teams"]["r-team"]["contacts"], data["teams"]["a-team"]["contacts"] = ["chat-r"], ["chat-a"]
    hooks = {name: {"kind": "slack", "url": sink.url("/" + name), "allow_private": True} for name in ("chat-r", "chat-a")}
    made = service(json.dumps(data), start=False, channels={**charts.settings(sink)["channels"], **hooks},
                   secrets={"link_key_file": "link.key", "slack_signing_secret_file": "slack-secret"})
    made.write("slack-secret", SECRET + "\n")
    made.write("link.key", "0123456789abcdef" * 4 + "\n")
    return made.start()


def buttons(sink, path, words):
    """Of the newest message to `path` that says `words`: action → button."""

    def newest():
        return [r.json for r in sink.requests(path) if words in r.text]

    blocks = eventually(newest, what=f"{words} at {path}")[-1]["blocks"]
    return {b["action_id"]: b for block in blocks if block["type"] == "actions" for b in block["elements"]}


def slack(onus, button, secret=SECRET):
    payload = {"type": "block_actions", "user": {"id": "U1", "username": "ada"},
               "actions": [{"type": "button", "action_id": button["action_id"], "value": button["value"],
                            "action_ts": f"{time.time():.6f}"}]}
    body, moment = urlencode({"payload": json.dumps(payload)}), str(int(time.time()))
    signature = "v0=" + hmac_hex(secret, f"v0:{moment}:{body}")
    return onus.post("/v1/slack/interactions", body, {
        **FORM, "X-Slack-Request-Timestamp": moment, "X-Slack-Signature": signature})


def test_by_slack_and_accepted_in_slack(chat, sink):
    chat.send_alerts(alert())
    assert slack(chat, buttons(sink, "/chat-r", "HighLatency")["contest"]).status == 200
    offered = buttons(sink, "/chat-a", "decide who owns it")
    assert set(offered) == {"decline", "resolve"}, "nobody was proposed, so there is nothing to accept"
    assert slack(chat, offered["decline"]).status == 200
    assert chat.only_incident()["contested_by"] == ""
    act(chat, "contest", reason="the feature store is down", to="expert")
    offered = eventually(lambda: (b := buttons(sink, "/chat-a", "the feature store is down")).get("accept") and b)
    assert offered["accept"]["text"]["text"] == "Give it to Expert (C Team)"
    assert slack(chat, offered["accept"], secret="another").status == 403
    assert slack(chat, offered["accept"]).status == 200
    incident = chat.only_incident()
    assert responsible(incident) == ["expert"]
    assert "ada (Slack)" in [e["actor"] for e in incident["timeline"] if e["kind"] == "contest_accepted"]
    again = slack(chat, offered["accept"])
    assert again.status == 200 and "Nobody contests it" in again.json["text"], "only who pressed sees it"


def test_an_old_button_in_slack_does_what_it_says(chat, sink):
    chat.send_alerts(alert())
    act(chat, "contest", reason="the feature store is down", to="expert")
    old = eventually(lambda: buttons(sink, "/chat-a", "the feature store is down").get("accept"))
    assert act(chat, "withdraw").status == 200
    assert act(chat, "contest", reason="the business knows", to="stakeholder").status == 200
    assert slack(chat, old).status == 200
    assert responsible(chat.only_incident()) == ["expert"], "Give it to Expert"


def test_slack_buttons_of_responsible_decide_nothing(chat, sink):
    chat.send_alerts(alert())
    mine = buttons(sink, "/chat-r", "HighLatency")["contest"]
    act(chat, "contest", reason="not ours", to="expert")
    reply = slack(chat, {"action_id": "accept", "value": mine["value"]})
    assert "Only whoever is Accountable decides" in reply.text
    assert responsible(chat.only_incident()) == ["engineer"]


# ── what it comes to ──


def training_chart():
    """Jobs fail for two reasons; the chart knows one."""
    return charts.chart(
        charts.activity("jobs", [["alertname =~ Job.*"]], consulted=None, group_by=["..."]),
        charts.activity("models", [["alertname = ModelStale"]], loop="science", responsible="expert",
                        accountable="stakeholder", consulted=None, informed=None))


def some_jobs(onus, moved=3, kept=6):
    """`moved` of the namespace ml-training go to the expert, by contest or by hand; the rest stays."""
    for n in range(moved + kept):
        space = "ml-training" if n < moved else "serving"
        onus.send_alerts(alert("JobFailed", namespace=space, pod=f"pod-{n}", cluster="one"))
    numbers = {i["id"]: onus.incident(i["id"])["labels"]["namespace"] for i in onus.incidents("?limit=200")}
    theirs = sorted(number for number, space in numbers.items() if space == "ml-training")
    for number in theirs[1:]:
        assert act(onus, "contest", number, reason="training", to="expert").status == 200
        assert act(onus, "accept", number).status == 200
    assert act(onus, "reassign", theirs[0], to="expert").status == 200
    return theirs


def test_the_report_finds_the_row_edit(service, sink, tmp_path):
    onus = service(training_chart())
    theirs = some_jobs(onus)
    kept = [i["id"] for i in onus.incidents() if i["id"] not in theirs]
    act(onus, "contest", kept[0], reason="training?", to="expert")
    act(onus, "decline", kept[0], reason="no")
    onus.send_alerts(alert("Unheard"))

    report = onus.get("/v1/report?since=1d").json
    assert (report["incidents"], report["contested"], report["misrouted"]) == (10, 3, 3)
    assert report["misroute_rate"] == 0.3 and report["median_seconds_to_owner"] > 0
    assert report["contests"] == {"accepted": 2, "declined": 1, "reassigned": 1}
    rows = {row["activity"]: row for row in report["rows"]}
    assert (rows["jobs"]["incidents"], rows["jobs"]["misrouted"], rows["jobs"]["misroute_rate"]) == (9, 3, 0.3333)
    assert rows["unowned"]["misrouted"] == 0 and rows["unowned"]["median_seconds_to_owner"] is None
    teams = {team["team_name"]: team for team in report["teams"]}
    assert (teams["R Team"]["incidents"], teams["R Team"]["misrouted"]) == (10, 3), "whose it was at first"
    assert teams["R Team"]["pages"] == 11 and teams["C Team"]["pages"] == 3
    assert report["unowned"]["incidents"] == 1 and report["unowned"]["titles"][0]["title"] == "Unheard is on"

    [edit] = report["edits"]
    assert (edit["activity"], edit["to"], edit["moved"], edit["kept"]) == ("jobs", "expert", 3, 6)
    assert edit["difference"] == "namespace = ml-training in 3 of 3 moved and 0 of 6 kept"
    assert (edit["rightly"], edit["wrongly"], edit["missed"]) == (3, 0, 0) and edit["problem"] == ""
    assert edit["where"] == 'before row "jobs"'
    assert "responsible: expert" in edit["yaml"] and "accountable: stakeholder" in edit["yaml"]
    assert "loop: science" in edit["yaml"], "as the rows of that role"


def paste(chart, row):
    """The chart with the row put before the others, as a person does."""
    head, activities, rest = chart.partition("activities:\n")
    return head + activities + row + rest


YAML_CHART = """version: 1
teams:
  r-team: { name: R Team, contacts: [hook-r] }
  a-team: { name: A Team, contacts: [hook-a] }
  c-team: { name: C Team, contacts: [hook-c] }
  i-team: { name: I Team, contacts: [hook-i] }
roles:
  engineer: { name: Engineer, team: r-team }
  head: { name: Head, team: a-team }
  expert: { name: Expert, team: c-team }
  stakeholder: { name: Stakeholder, team: i-team }
activities:
  # Whatever runs to an end.
  - id: jobs
    loop: system
    match: [alertname =~ Job.*]
    responsible: engineer
    accountable: head
    group_by: [...]
unowned: { loop: system, responsible: engineer, accountable: head }
"""


def test_what_is_pasted_prevents_it(service):
    """The row from the command line, put where it says: the next incident goes to the right owner."""
    onus = service(YAML_CHART)
    some_jobs(onus)
    done = run_onus("report", "--since", "1d", "--config", onus.settings_path, "--json")
    assert done.returncode == 0, done.stderr
    [edit] = json.loads(done.stdout)["edits"]
    onus.replace_chart(paste(YAML_CHART, edit["yaml"]))
    eventually(lambda: onus.metrics().value("onus_chart_revision") == 2, what="the chart is in use")
    onus.send_alerts(alert("JobFailed", namespace="ml-training", pod="pod-new"))
    assert responsible(onus.incident(onus.incidents()[0]["id"])) == ["expert"]
    onus.send_alerts(alert("JobFailed", namespace="serving", pod="pod-newer"))
    assert responsible(onus.incident(onus.incidents()[0]["id"])) == ["engineer"]
    assert onus.get("/v1/report").json["edits"] == [], "the chart in use gets them right by now"


def test_the_report_on_the_command_line(service, tmp_path):
    onus = service(YAML_CHART, loopback_role="none")
    token = tmp_path / "token"
    token.write_text(onus.token("reader", "viewer") + "\n")
    onus.send_alerts(alert("JobFailed", namespace="x"))
    database = run_onus("report", "--config", onus.settings_path)
    asked = run_onus("report", "--url", onus.url, "--token-file", str(token))
    for done in (database, asked):
        assert done.returncode == 0, done.stderr
        assert "1 incident opened from" in done.stdout and "R Team" in done.stdout
        assert "What would have prevented it" not in done.stdout, "nothing was misrouted"
    markdown = run_onus("report", "--config", onus.settings_path, "--markdown", "--time-zone", "Europe/Berlin")
    assert "| jobs | system | 1 | 0 | 0 | 0.0 % | - |" in markdown.stdout and "(Europe/Berlin)" in markdown.stdout
    other = tmp_path / "other.yaml"
    other.write_text("version: 1\n")
    bad = run_onus("report", "--config", onus.settings_path, "--chart", str(other))
    assert bad.returncode == 1 and "the chart cannot be loaded" in bad.stderr
    assert run_onus("report", "--url", onus.url).returncode == 1, "a token is needed"
    assert run_onus("report", "--config", onus.settings_path, "--time-zone", "Atlantis/Sunk").returncode == 1


@pytest.mark.parametrize("query", ["since=0s", "since=401d", "since=yesterday", "since=2999-01-01T00:00:00Z",
                                   "time_zone=Atlantis/Sunk", "time_zone=" + "x" * 200, "time_zone=%27%3B--"])
def test_what_a_report_cannot_be_about(onus, query):
    assert onus.get("/v1/report?" + query).status == 400
    assert onus.get("/v1/report").status == 200, "the connection is still good"


def test_nothing_separates_them(service):
    """The same alert again, and this time it is somebody else's: no label can tell."""
    onus = service(YAML_CHART.replace("version: 1", "version: 1\nreopen_after: 0s"))
    for _ in range(2):
        firing = alert("JobFailed", namespace="x")
        onus.send_alerts(firing)
        number = onus.incidents()[0]["id"]
        onus.send_alerts(resolved(firing))
        eventually(lambda: onus.incident(number)["state"] == "resolved", what="the end")  # noqa: B023
    onus.send_alerts(alert("JobFailed", namespace="x"))
    assert act(onus, "reassign", onus.incidents()[0]["id"], to="expert").status == 200
    [edit] = onus.get("/v1/report").json["edits"]
    assert (edit["moved"], edit["kept"], edit["yaml"]) == (1, 2, "")
    assert edit["problem"] == "No label tells them apart from those that stayed."


def test_misroutes_in_the_metrics(service):
    onus = service(training_chart())
    assert onus.metrics().value("onus_misrouted_incidents") is None
    theirs = some_jobs(onus, moved=2, kept=2)
    eventually(lambda: onus.metrics().value("onus_misrouted_incidents", activity="jobs") == 2, what="both are counted")
    metrics = onus.metrics()
    assert metrics.value("onus_routed_incidents", activity="jobs") == 4
    assert metrics.value("onus_team_routed_incidents", team="r-team") == 4
    assert metrics.value("onus_team_misrouted_incidents", team="r-team") == 2
    assert metrics.value("onus_contests", activity="jobs", decision="accepted") == 1
    assert metrics.value("onus_contests", activity="jobs", decision="reassigned") == 1
    assert act(onus, "reassign", theirs[0], to="engineer").status == 200, "back to whose it was"
    eventually(lambda: onus.metrics().value("onus_misrouted_incidents", activity="jobs") == 1, what="counted anew")


def test_what_is_kept_of_it(onus, database):
    onus.send_alerts(alert())
    act(onus, "reassign", to="expert")
    number = onus.only_incident()["id"]
    assert database.query("SELECT incident_id, labels ->> 'alertname', role, moved_to_team FROM contests") == [
        (number, "HighLatency", "engineer", "c-team")]
