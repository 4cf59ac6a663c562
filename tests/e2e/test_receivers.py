"""Receivers that hang, lie, refuse, limit and come back: three answers, every attempt kept, and none delays another."""

import json
import time

import pytest
from servers import charts
from servers.client import eventually, hmac_hex
from servers.http_sink import answer, hang, lie, ok, reset, slack_ok, status, too_many
from servers.onus import alert
from servers.told import messages, reasons, wait_for


def deliveries(onus, channel=None):
    found = onus.only_incident()["deliveries"]
    return [d for d in found if channel is None or d["channel"] == channel]


def delivery(onus, channel, state):
    """The first delivery of a channel once it is in `state`."""
    return eventually(
        lambda: next((d for d in deliveries(onus, channel) if d["state"] == state), None), 20,
        what=f"{channel} {state}",
    )


def with_contacts(*contacts):
    data = charts.chart_data()
    data["teams"]["r-team"]["contacts"] = list(contacts)
    return json.dumps(data)


def test_hanging_slack_does_not_delay_mail(service, sink, mail):
    sink.script("/slack", hang())
    onus = service(
        with_contacts("chat", "mail:oncall@example.com"),
        channels={
            **charts.settings(sink)["channels"],
            "chat": {"kind": "slack", "url": sink.url("/slack"), "allow_private": True},
            "mail": {"kind": "email", "smtp": mail.url, "from": "onus@example.com", "allow_private": True},
        },
    )
    onus.send_alerts(alert())
    eventually(lambda: sink.requests("/slack"), what="Slack was tried")
    started = time.monotonic()
    mail.wait("oncall@example.com", timeout=5)
    wait_for(sink, "/a", "opened")
    assert time.monotonic() - started < 5, "mail waited for Slack"
    for number in range(5):
        onus.send_alerts(alert(f"Other{number}"))
    mail.wait("oncall@example.com", 6, timeout=5)


def test_too_many_is_honoured(service, sink):
    sink.script("/r", too_many(2), ok())
    onus = service()
    onus.send_alerts(alert())
    delivered = delivery(onus, "hook-r", "delivered")
    first, second = sink.requests("/r")[:2]
    assert second.at - first.at >= 1.9
    attempts = delivered["attempts"]
    assert [a["verdict"] for a in attempts] == ["try_later", "delivered"]
    assert "429" in str(attempts[0])


def test_server_error_then_delivered_with_a_stable_id(service, sink):
    sink.script("/r", status(500), status(502), ok())
    onus = service()
    onus.send_alerts(alert())
    delivered = delivery(onus, "hook-r", "delivered")
    assert [a["verdict"] for a in delivered["attempts"]] == ["try_later", "try_later", "delivered"]
    assert len({message["id"] for message in messages(sink, "/r")[:3]}) == 1
    assert onus.metrics().value("onus_delivery_attempts_total", outcome="delivered") >= 1


def test_connection_reset_is_tried_again(service, sink):
    sink.script("/r", reset(), ok())
    onus = service()
    onus.send_alerts(alert())
    delivery(onus, "hook-r", "delivered")


def test_slack_that_lies_is_not_delivered(service, sink):
    sink.script("/api/chat.postMessage", lie())
    onus = service(
        with_contacts("chat"),
        channels={
            **charts.settings(sink)["channels"],
            "chat": {"kind": "slack", "token": "xoxb-1-2-3", "channel": "#oncall", "api_url": sink.url("/api"),
                     "allow_private": True},
        },
    )
    onus.send_alerts(alert())
    shown = delivery(onus, "chat", "gave_up")
    assert "channel_not_found" in str(shown["attempts"])
    wait_for(sink, "/a", "undeliverable")


@pytest.mark.parametrize("said", [b'{"success":true}', b"", b"Thanks"], ids=["rocket-chat", "nothing", "text"])
def test_a_receiver_that_resembles_slack_is_told_once(service, sink, said):
    sink.script("/chat", answer(200, said))
    onus = service(
        with_contacts("chat"),
        channels={
            **charts.settings(sink)["channels"],
            "chat": {"kind": "slack", "url": sink.url("/chat"), "allow_private": True},
        },
    )
    onus.send_alerts(alert())
    shown = delivery(onus, "chat", "delivered")
    assert len(shown["attempts"]) == 1 and len(sink.requests("/chat")) == 1


def test_slack_bot_posts_updates_and_threads(service, sink):
    sink.script("/api/chat.postMessage", slack_ok())
    sink.script("/api/chat.update", slack_ok())
    onus = service(
        with_contacts("chat"),
        channels={
            **charts.settings(sink)["channels"],
            "chat": {"kind": "slack", "token": "xoxb-1-2-3", "channel": "#oncall", "api_url": sink.url("/api"),
                     "allow_private": True},
        },
    )
    onus.send_alerts(alert())
    posted = eventually(lambda: sink.requests("/api/chat.postMessage"), what="posted")[0]
    assert posted.header("authorization") == "Bearer xoxb-1-2-3"
    assert posted.json["channel"] == "#oncall" and not posted.json.get("unfurl_links", True)
    delivery(onus, "chat", "delivered")
    onus.post(f"/v1/incidents/{onus.only_incident()['id']}/acknowledge", {})
    follow_up = eventually(
        lambda: [r for r in sink.requests() if r.path.startswith("/api/chat.") and "1700000000.000100" in r.text],
        what="an update or an answer in the thread",
    )[0]
    assert follow_up.json.get("ts") or follow_up.json.get("thread_ts")


def test_permanent_refusal_gives_up_loudly_and_accountable_is_told(service, sink):
    sink.script("/r", status(404))
    onus = service()
    onus.send_alerts(alert())
    told = wait_for(sink, "/a", "undeliverable")[0]
    assert "404" in str(told) or "R Team" in str(told)
    kinds = [entry["kind"] for entry in onus.only_incident()["timeline"]]
    assert "gave_up" in kinds and "undeliverable" in kinds
    assert onus.metrics().value("onus_delivery_attempts_total", outcome="gave_up") >= 1
    assert len(sink.requests("/r")) == 1, "a permanent error is not retried"


def test_one_living_contact_is_enough(service, sink):
    sink.script("/r", status(410))
    onus = service(
        with_contacts("hook-r", "second"),
        channels={**charts.settings(sink)["channels"], "second": charts.hook(sink, "/second")},
    )
    onus.send_alerts(alert())
    wait_for(sink, "/second", "opened")
    delivery(onus, "hook-r", "gave_up")
    time.sleep(0.5)
    assert "undeliverable" not in reasons(sink, "/a")


def test_redirects_are_not_followed(service, sink):
    sink.script("/r", answer(302, b"", [("Location", sink.url("/elsewhere"))]))
    onus = service()
    onus.send_alerts(alert())
    delivery(onus, "hook-r", "gave_up")
    assert not sink.requests("/elsewhere")


def test_private_addresses_only_when_allowed(service, sink):
    onus = service(
        with_contacts("inside"),
        channels={**charts.settings(sink)["channels"], "inside": {"kind": "webhook", "url": sink.url("/inside"), "allow_private": False}},
    )
    onus.send_alerts(alert())
    delivery(onus, "inside", "gave_up")
    assert not sink.requests("/inside")
    wait_for(sink, "/a", "undeliverable")


def test_webhook_is_signed(service, sink):
    hook = charts.hook(sink, "/signed", secret="s3cret-for-signing")
    onus = service(with_contacts("signed"), channels={**charts.settings(sink)["channels"], "signed": hook})
    onus.send_alerts(alert())
    request = eventually(lambda: sink.requests("/signed"), what="signed webhook")[0]
    signed = request.header("x-onus-timestamp").encode() + b"." + request.body
    assert request.header("x-onus-signature") == "v1=" + hmac_hex("s3cret-for-signing", signed)


def test_mail_has_both_parts_a_link_and_a_thread(service, sink, mail):
    onus = service(
        with_contacts("mail:oncall@example.com"),
        channels={
            **charts.settings(sink)["channels"],
            "mail": {"kind": "email", "smtp": mail.url, "from": "onus@example.com", "allow_private": True},
        },
    )
    onus.send_alerts(alert("HighLatency", model="fraud-detection\r\nBcc: everybody@example.com"))
    first = mail.wait("oncall@example.com")[0]
    assert "HighLatency" in first.subject
    assert "/a/" in first.plain and "/a/" in first.html
    assert first.message["Auto-Submitted"] == "auto-generated"
    assert first.message["Message-ID"] and first.message["Date"]
    assert first.message["Bcc"] is None and first.recipients == ["oncall@example.com"]
    onus.post(f"/v1/incidents/{onus.only_incident()['id']}/resolve", {})
    second = mail.wait("oncall@example.com", 2)[1]
    assert first.message["Message-ID"] in second.message["References"]


def test_pagerduty_out(service, sink):
    sink.script("/v2/enqueue", answer(202, b'{"status":"success","message":"Event processed","dedup_key":"x"}'))
    onus = service(
        with_contacts("pd"),
        channels={
            **charts.settings(sink)["channels"],
            "pd": {"kind": "pagerduty", "routing_key": "0123456789abcdef0123456789abcdef",
                   "url": sink.url("/v2/enqueue"), "allow_private": True},
        },
    )
    onus.send_alerts(alert())
    event = eventually(lambda: sink.requests("/v2/enqueue"), what="event")[0].json
    assert event["event_action"] == "trigger" and event["payload"]["severity"] == "critical"
    onus.post(f"/v1/incidents/{onus.only_incident()['id']}/resolve", {})
    end = eventually(lambda: sink.requests("/v2/enqueue")[1:], what="resolve")[-1].json
    assert end["event_action"] == "resolve" and end["dedup_key"] == event["dedup_key"]
