"""Buttons in Slack: only what Slack signed, and lately, acts."""

import json
import time
from urllib.parse import urlencode

import pytest
from servers import charts
from servers.client import eventually, hmac_hex
from servers.onus import alert
from servers.told import wait_for

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.fixture
def onus(service, sink):
    data = charts.chart_data()
    data["teams"]["r-team"]["contacts"] = ["chat"]
    made = service(
        json.dumps(data), start=False,
        secrets={"link_key_file": "link.key", "slack_signing_secret_file": "slack-secret"},
        channels={**charts.settings(sink)["channels"],
                  "chat": {"kind": "slack", "url": sink.url("/slack"), "allow_private": True}},
    )
    made.write("slack-secret", SECRET + "\n")
    made.write("link.key", "0123456789abcdef" * 4 + "\n")
    return made.start()


def buttons(message):
    found = []
    for block in message["blocks"]:
        if block["type"] == "actions":
            found += [element for element in block["elements"] if element["type"] == "button"]
    return found


def press(onus, button, **how):
    return onus.post("/v1/slack/interactions", *signed(button, **how))


def signed(button, secret=SECRET, age=0, signature=None, kind="block_actions"):
    """A request as Slack signs it: body and headers."""
    payload = {
        "type": kind, "user": {"id": "U1", "username": "ada", "name": "ada", "team_id": "T1"},
        "api_app_id": "A1", "token": "x", "trigger_id": "1.2", "team": {"id": "T1", "domain": "acme"},
        "container": {"type": "message"}, "message": {"ts": "1.1"}, "response_url": "https://hooks.slack.invalid/x",
        "actions": [{"type": "button", "block_id": "b", "action_ts": "1.3", **button}],
    }
    body = urlencode({"payload": json.dumps(payload)})
    moment = str(int(time.time() - age))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": signature or "v0=" + hmac_hex(secret, f"v0:{moment}:{body}"),
    }
    return body, headers


def page(onus, sink):
    onus.send_alerts(alert(model="fraud-detection"))
    message = eventually(lambda: sink.requests("/slack"), what="page in Slack")[0].json
    return {button["action_id"]: {"action_id": button["action_id"], "value": button.get("value", "")}
            for button in buttons(message)}


def the(pressed, word):
    return next(button for name, button in pressed.items() if word in name and button["value"])


def test_a_page_has_buttons_and_disarmed_text(onus, sink):
    onus.send_alerts(alert("<!channel> & <https://evil.example|click>", model="x"))
    request = eventually(lambda: sink.requests("/slack"), what="page in Slack")[0]
    assert "<!channel>" not in request.text and "&lt;!channel&gt;" in request.text
    assert "<https://evil.example" not in request.text
    assert buttons(request.json)
    assert request.json["unfurl_links"] is False and request.json["unfurl_media"] is False
    assert len(request.json["blocks"]) <= 50 and request.json["text"]


def test_acknowledge_by_button(onus, sink):
    reply = press(onus, the(page(onus, sink), "ack"))
    assert reply.status == 200, reply.text
    incident = onus.only_incident()
    assert incident["state"] == "acknowledged" and "ada" in incident["acknowledged_by"]
    wait_for(sink, "/a", "acknowledged")


def test_resolve_by_button(onus, sink):
    assert press(onus, the(page(onus, sink), "resolve")).status == 200
    assert onus.only_incident()["state"] == "resolved"


def test_a_press_is_good_once(onus, sink):
    """Whoever recorded the request sends it again, after the acknowledgement was taken back."""
    pressed = page(onus, sink)
    body, headers = signed(the(pressed, "ack"))
    number = onus.only_incident()["id"]
    token = {"Authorization": "Bearer " + onus.token("ann", "responder")}
    assert onus.post("/v1/slack/interactions", body, headers).text == ""
    assert onus.only_incident()["state"] == "acknowledged"
    assert onus.post(f"/v1/incidents/{number}/unacknowledge", {}, token).status == 200
    again = onus.post("/v1/slack/interactions", body, headers)
    assert again.status == 200 and "taken before" in again.json["text"]
    assert onus.only_incident()["state"] == "triggered"
    assert press(onus, the(pressed, "ack"), age=60).text == "", "another press, of another second"
    assert onus.only_incident()["state"] == "acknowledged"


@pytest.mark.parametrize("how", [
    {"secret": "another"}, {"age": 301 + 5}, {"age": -400}, {"signature": "v0="}, {"signature": "v1=" + "0" * 64},
])
def test_what_slack_did_not_sign_lately_is_refused(onus, sink, how):
    pressed = page(onus, sink)
    assert press(onus, the(pressed, "ack"), **how).status in (400, 401, 403)
    assert onus.only_incident()["state"] == "triggered"


def test_url_buttons_and_unknown_payloads_do_nothing(onus, sink):
    page(onus, sink)
    assert press(onus, {"action_id": "open", "value": ""}).status == 200
    assert press(onus, {"action_id": "x"}, kind="view_submission").status in (200, 400)
    assert press(onus, {"action_id": "acknowledge", "value": "forged.token"}).status in (200, 400, 403)
    assert onus.only_incident()["state"] == "triggered"
