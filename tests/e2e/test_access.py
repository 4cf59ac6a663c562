"""Who gets in: what is trusted for being on this machine, and what strangers cannot take from others."""

import pytest

from servers.client import bearer
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
