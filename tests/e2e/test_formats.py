"""Grafana, CloudEvents, Alertmanager's own API: who may post, how, and what the answer is."""

import json

import pytest
from servers.client import basic, bearer, eventually, hmac_hex
from servers.onus import alert, timestamp, webhook
from servers.told import wait_for

SOURCES = [
    {"name": "am", "format": "alertmanager"},
    {"name": "prometheus", "format": "prometheus"},
    {"name": "grafana", "format": "grafana", "secret_file": "grafana-secret"},
    {"name": "requests", "format": "cloudevent", "token_file": "token"},
    {"name": "basic", "format": "alertmanager", "username": "am", "password_file": "password"},
]


@pytest.fixture
def onus(service):
    made = service(start=False, sources=SOURCES)
    made.write("grafana-secret", "grafana-key\n")
    made.write("token", "cloud-token\n")
    made.write("password", "hunter2\n")
    return made.start()


# ── who may post ──


def test_bearer_and_basic(onus):
    event = cloudevent()
    structured = {"Content-Type": "application/cloudevents+json"}
    post = lambda headers: onus.post("/v1/sources/requests", event, {**structured, **headers}).status  # noqa: E731
    assert post({}) == 401
    assert post(bearer("wrong")) == 403
    assert post(bearer("cloud-token")) in (200, 202)
    body = webhook(alert())
    assert onus.post("/v1/sources/basic", body).status == 401
    assert onus.post("/v1/sources/basic", body, basic("am", "wrong")).status == 403
    assert onus.post("/v1/sources/basic", body, basic("am", "hunter2")).status == 200
    assert onus.post("/v1/sources/nobody", body).status == 404


def test_no_auth_means_loopback_only(onus):
    body = webhook(alert())
    assert onus.post("/v1/sources/am", body).status == 200
    assert onus.post("/v1/sources/am", body, {"X-Forwarded-For": "203.0.113.9"}).status in (401, 403)
    assert onus.post("/v1/sources/am", body, {"Forwarded": "for=203.0.113.9"}).status in (401, 403)


# ── Grafana ──


def grafana(status="firing"):
    one = alert("AccuracyBelowBaseline", status, model="fraud-detection")
    one.update(dashboardURL="https://grafana.example/d/1", panelURL="https://grafana.example/d/1?viewPanel=2",
               silenceURL="https://grafana.example/silence", values={"B": 0.71, "C": 1}, valueString="[ var='B' ]",
               imageURL="https://grafana.example/img.png")
    return {**webhook(one, version="1"), "orgId": 1, "title": "[FIRING:1]", "state": "alerting", "message": "x"}


def signed(body, key="grafana-key"):
    raw = json.dumps(body).encode()
    return raw, {"Content-Type": "application/json", "X-Grafana-Alerting-Signature": hmac_hex(key, raw)}


def test_grafana(onus, sink):
    assert onus.post("/v1/sources/grafana", *signed(grafana())).status == 200
    wait_for(sink, "/r", "opened")
    assert onus.only_incident()["service"] == "fraud-detection"
    assert onus.post("/v1/sources/grafana", *signed(grafana("resolved"))).status == 200
    assert onus.only_incident()["state"] == "resolved"
    assert onus.post("/v1/sources/grafana", *signed(grafana(), "other-key")).status == 403
    assert onus.post("/v1/sources/grafana", grafana()).status in (401, 403)


# ── CloudEvents ──


def cloudevent(identity="e-1", **changes):
    return {
        "specversion": "1.0", "id": identity, "source": "/product/recommendations",
        "type": "com.example.model.retraining.requested", "time": timestamp(5), "subject": "recommendation-engine",
        "datacontenttype": "application/json",
        "data": {"summary": "Try new hyperparameters", "model": "recommendation-engine"}, **changes,
    }


def post_cloud(onus, body, kind):
    return onus.post("/v1/sources/requests", body, {"Content-Type": kind, **bearer("cloud-token")})


def test_another_cloudevent_of_its_subject_after_a_person_resolved_is_new(onus, sink):
    kind = "application/cloudevents+json"
    for times, identity in enumerate(("e-1", "e-2", "e-3")):
        assert post_cloud(onus, cloudevent(identity), kind).status in (200, 202)
        wait_for(sink, "/r", "reopened" if times else "opened", max(times, 1))
        assert onus.post(f"/v1/incidents/{onus.only_incident()['id']}/resolve", {}).status == 200
        assert post_cloud(onus, cloudevent(identity), kind).status in (200, 202)
        assert onus.only_incident()["state"] == "resolved", "the same id is the same event, delivered again"


def test_cloudevent_structured(onus, sink):
    assert post_cloud(onus, cloudevent(), "application/cloudevents+json; charset=utf-8").status in (200, 202)
    wait_for(sink, "/r", "opened")
    assert post_cloud(onus, cloudevent(), "application/cloudevents+json").status in (200, 202)
    assert len(onus.only_incident()["alerts"]) == 1


def test_cloudevent_binary(onus):
    headers = {"ce-specversion": "1.0", "ce-id": "b%2D1", "ce-source": "/product", "ce-type": "com.example.request",
               "ce-subject": "caf%C3%A9", "Content-Type": "application/json", **bearer("cloud-token")}
    reply = onus.post("/v1/sources/requests", {"summary": "New GPU environment"}, headers)
    assert reply.status in (200, 202), reply.text
    assert "café" in str(onus.only_incident()["alerts"])
    headers["ce-id"] = "%FF%FE"
    assert onus.post("/v1/sources/requests", {"summary": "x"}, headers).status == 400


def test_cloudevent_batch(onus):
    batch = [cloudevent(f"batch-{number}", subject=f"model-{number}") for number in range(5)]
    assert post_cloud(onus, batch, "application/cloudevents-batch+json").status in (200, 202)
    assert sum(len(onus.incident(i["id"])["alerts"]) for i in onus.incidents()) == 5


@pytest.mark.parametrize("missing", ["id", "source", "specversion", "type"])
def test_cloudevent_needs_its_attributes(onus, missing):
    event = cloudevent()
    del event[missing]
    assert post_cloud(onus, event, "application/cloudevents+json").status == 400
    assert onus.incidents() == []


# ── Alertmanager's own API ──


def posted(name="InstanceDown", ends_in=300, **labels):
    made = {"labels": {"alertname": name, "severity": "critical", **labels}, "annotations": {"summary": name},
            "startsAt": timestamp(60), "generatorURL": "http://prometheus.example/graph"}
    if ends_in is not None:
        made["endsAt"] = timestamp(-ends_in)
    return made


def test_an_end_in_the_future_means_firing(onus, sink):
    reply = onus.post("/api/v2/alerts", [posted()])
    assert (reply.status, reply.body) == (200, b"")
    wait_for(sink, "/r", "opened")
    assert onus.post("/api/v2/alerts", [posted()]).status == 200
    assert onus.only_incident()["state"] == "triggered"
    assert onus.post("/api/v2/alerts", [posted(ends_in=-1)]).status == 200
    eventually(lambda: onus.only_incident()["state"] == "resolved", what="resolved")


def test_what_nobody_repeats_is_over(onus):
    assert onus.post("/api/v2/alerts", [posted(ends_in=2)]).status == 200
    assert onus.only_incident()["state"] == "triggered"
    eventually(lambda: onus.only_incident()["state"] == "resolved", 20, what="expired")


def test_valid_alerts_are_kept_beside_bad_ones(onus):
    reply = onus.post("/api/v2/alerts", [posted("Good"), {"labels": {}}, {"labels": {"alertname": ""}}])
    assert reply.status == 400
    assert isinstance(reply.json, str) and reply.json
    assert [i["title"] for i in onus.incidents()] and "Good" in str(onus.incidents())


def test_the_webhooks_own_fingerprint_is_not_believed(onus):
    one, other = alert("One"), alert("Other")
    one["fingerprint"] = other["fingerprint"] = "0000000000000000"
    onus.send_alerts(one, other)
    assert len(onus.incidents()) == 2


def test_not_version_4(onus):
    assert onus.post("/v1/sources/am", {"text": "an operator's own template"}).status == 400
    assert onus.post("/v1/sources/am", []).status == 400
