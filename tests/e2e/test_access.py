"""Who gets in: what is trusted for being on this machine, and what strangers cannot take from others."""

import contextlib
import json
import socket

import pytest

from servers.client import bearer, eventually, hmac_hex, raw_status, read_answer
from servers.onus import alert, webhook

STRANGERS = {
    "a name that points here": {"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"},
    "the same, without Origin": {"Host": "evil.example:{port}"},
    "a name that begins like it": {"Host": "localhost.evil.example:{port}"},
    "a name made of it": {"Host": "127.0.0.1.nip.io:{port}"},
    "a proxy": {"X-Real-IP": "127.0.0.1"},
    "another site": {"Origin": "http://evil.example"},
}


def headers_of(onus, name):
    return {key: value.format(port=onus.port) for key, value in STRANGERS[name].items()}


@pytest.mark.parametrize("name", STRANGERS)
def test_nothing_is_open_to_strangers_on_this_machine(service, name):
    onus = service(loopback_role="admin")
    onus.send_alerts(alert())
    headers = headers_of(onus, name)
    number = onus.only_incident()["id"]
    asked = {
        "the list": onus.get("/v1/incidents", headers),
        "an incident": onus.get(f"/v1/incidents/{number}", headers),
        "the console": onus.get("/", headers),
        "its page": onus.get(f"/incidents/{number}", headers),
        "resolve": onus.post(f"/v1/incidents/{number}/resolve", {}, headers),
        "a handoff": onus.post("/v1/handoffs", {}, headers),
        "an alert": onus.post("/v1/sources/am", webhook(alert("Foreign")), headers),
        "by Alertmanager's path": onus.post("/api/v2/alerts", [], headers),
        "by PagerDuty's path": onus.post("/v2/enqueue", {}, headers),
    }
    assert {what: reply.status for what, reply in asked.items()} == dict.fromkeys(asked, 401)
    assert onus.post("/-/reload", b"", headers).status == 403
    assert onus.only_incident()["state"] != "resolved"
    assert onus.get("/v1/incidents", {**headers, **bearer(onus.token("reader", "viewer"))}).status == 200


def test_a_trusted_proxy_is_never_local(service):
    onus = service(trusted_proxies=["127.0.0.1"], loopback_role="admin")
    for forwarded in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}):
        assert onus.get("/v1/incidents", forwarded).status == 401
        assert onus.post("/v1/sources/am", webhook(alert()), forwarded).status == 401
    assert onus.post("/-/reload", b"", {"X-Forwarded-For": "203.0.113.7"}).status == 403
    token = bearer(onus.token("admin", "admin"))
    assert onus.post("/-/reload", b"", {"X-Forwarded-For": "203.0.113.7", **token}).status == 200
    assert "asked_by=203.0.113.7" in onus.log


# ── what strangers cannot take from others ──

MIB = 1024 * 1024


def head(onus, path, length, *lines):
    text = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{onus.port}", f"Content-Length: {length}", *lines]
    return ("\r\n".join(text) + "\r\n\r\n").encode()


def connect(onus, stack, address="127.0.0.1"):
    return stack.enter_context(
        socket.create_connection(("127.0.0.1", onus.port), timeout=20, source_address=(address, 0)))


@pytest.fixture
def guarded(service):
    sources = [
        {"name": "am", "format": "alertmanager", "token_file": "token"},
        {"name": "grafana", "format": "grafana", "secret_file": "secret"},
        {"name": "pd", "format": "pagerduty-event", "routing_keys_file": "keys"},
    ]
    made = service(start=False, sources=sources)
    made.write("token", "right\n")
    made.write("secret", "grafana-key\n")
    made.write("keys", "R0\n")
    return made.start()


WITHOUT_ITS_BODY = {
    "a wrong token": ("/v1/sources/am", ["Authorization: Bearer wrong"], 403),
    "none": ("/v1/sources/am", [], 401),
    "not base64": ("/v1/sources/am", ["Authorization: Basic ?"], 401),
    "no such source": ("/v1/sources/nobody", ["Authorization: Bearer right"], 404),
    "unsigned": ("/v1/sources/grafana", [], 401),
    "a signature that is none": ("/v1/sources/grafana", ["X-Grafana-Alerting-Signature: zz"], 400),
    "not Alertmanager's": ("/api/v2/alerts", ["X-Forwarded-For: 203.0.113.7"], 401),
    "not from Slack": ("/v1/slack/interactions", [], 403),
    "the API": ("/v1/incidents/1/resolve", ["Authorization: Bearer wrong"], 401),
    "a handoff": ("/v1/handoffs", ["X-Forwarded-For: 203.0.113.7"], 401),
}


@pytest.mark.parametrize("name", WITHOUT_ITS_BODY)
@pytest.mark.parametrize("length", [1, 200_000])
def test_wrong_credentials_are_answered_before_the_body(guarded, name, length):
    path, lines, status = WITHOUT_ITS_BODY[name]
    with contextlib.ExitStack() as stack:
        sock = connect(guarded, stack)
        sock.sendall(head(guarded, path, length, *lines))
        assert raw_status(read_answer(sock)) == status


def test_bodies_of_strangers_leave_room_for_good_alerts(guarded):
    """32 wrong tokens, 32 wrong signatures and 32 wrong keys hold what they may of 16 MiB each; 40 of 40 alerts pass."""
    hogs = [
        head(guarded, "/v1/sources/am", 16 * MIB, "Authorization: Bearer wrong"),
        head(guarded, "/v1/sources/grafana", 16 * MIB, "X-Grafana-Alerting-Signature: " + hmac_hex("other", b"")),
        head(guarded, "/v2/enqueue", 512 * 1024),
    ]
    block = b"x" * MIB
    with contextlib.ExitStack() as stack:
        for number in range(32):
            for start in hogs:
                sock = connect(guarded, stack, f"127.0.1.{number + 1}")
                with contextlib.suppress(OSError):  # cut off before all of it was taken
                    sock.sendall(start)
                    for _ in range(15 if b"/v2/" not in start else 0):
                        sock.sendall(block)
        replies = [guarded.post("/v1/sources/am", webhook(alert(f"Good{n}")), bearer("right")) for n in range(40)]
        assert [reply.status for reply in replies] == [200] * 40
        assert guarded.rss_kib() < 600 * 1024
        signed = webhook(alert("Signed"), version="1")
        body = json.dumps(signed).encode()
        own = {"X-Grafana-Alerting-Signature": hmac_hex("grafana-key", body)}
        assert guarded.post("/v1/sources/grafana", body, own).status == 200


def test_one_peer_locks_nobody_out(service):
    """2,000 connections of one peer: others are served, and so are links and probes of its own machine."""
    onus = service()
    onus.send_alerts(alert())
    with contextlib.ExitStack() as stack:
        held = [connect(onus, stack) for _ in range(2000)]
        for path in ("/-/ready", "/-/healthy", "/metrics", "/a/x", "/style.css"):
            assert onus.get(path).status in (200, 403), path
        refused = onus.get("/v1/incidents")
        assert refused.status == 503 and refused.header("Retry-After") == "5" and "connections" in refused.text
        other = connect(onus, stack, "127.0.0.2")
        body = b'{"version":"4","status":"firing","alerts":[]}'
        other.sendall(head(onus, "/v1/sources/am", len(body)) + body)
        assert raw_status(read_answer(other)) == 200
        assert len(held) == 2000
    assert onus.get("/-/ready").status == 200


def test_the_share_of_an_address_is_a_setting(service):
    onus = service(connections_per_address=2)

    def statuses():
        with contextlib.ExitStack() as stack:
            held = [connect(onus, stack) for _ in range(3)]
            for sock in held:
                sock.sendall(b"GET /v1/incidents HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return [raw_status(read_answer(sock)) for sock in held]

    eventually(lambda: statuses() == [200, 200, 503], what="the third is refused, once the first ones of before are closed")
