"""The paths that belong to a format (/api/v2/alerts, /v2/enqueue, /v2/change/enqueue): which of several sources takes
a request, and that credentials which none of them knows are refused, though a source beside asks for none."""

import pytest
from servers.onus import alert

EVENT_KEY, CHANGE_KEY, UNKNOWN_KEY = "e" * 32, "c" * 32, "f" * 32
BEARER = {"Authorization": "Bearer the-token"}
WRONG = {"Authorization": "Bearer another"}
BASIC = {"Authorization": "Basic dXNlcjpwYXNz"}  # user:pass

OPEN = [{"name": "open-prometheus", "format": "prometheus"}, {"name": "open-events", "format": "pagerduty-event"},
        {"name": "open-changes", "format": "pagerduty-change"}]
CLOSED = [{"name": "prometheus", "format": "prometheus", "token_file": "token"},
          {"name": "events", "format": "pagerduty-event", "routing_keys_file": "event-keys"},
          {"name": "changes", "format": "pagerduty-change", "routing_keys_file": "change-keys"}]


def prometheus(name="Own"):
    return [{"labels": alert(name)["labels"]}]


def event(key):
    return {"routing_key": key, "event_action": "trigger",
            "payload": {"summary": "s", "source": "h", "severity": "critical"}}


def change(key):
    return {"routing_key": key, "payload": {"summary": "deployed"}}


# path, body, headers → status with the open sources before the closed ones, after them, alone; with the closed alone
CASES = {
    "alerts, nothing shown": ("/api/v2/alerts", prometheus(), {}, (200, 200, 200, 401)),
    "alerts, known token": ("/api/v2/alerts", prometheus(), BEARER, (200, 200, 200, 200)),
    "alerts, wrong token": ("/api/v2/alerts", prometheus(), WRONG, (403, 403, 200, 403)),
    "alerts, a password": ("/api/v2/alerts", prometheus(), BASIC, (401, 401, 200, 401)),
    "alerts, no token": ("/api/v2/alerts", prometheus(), {"Authorization": "Bearer "}, (400, 400, 200, 400)),
    "event, known key": ("/v2/enqueue", event(EVENT_KEY), {}, (202, 202, 202, 202)),
    "event, key of changes": ("/v2/enqueue", event(CHANGE_KEY), {}, (400, 400, 202, 400)),
    "event, wrong key": ("/v2/enqueue", event(UNKNOWN_KEY), {}, (400, 400, 202, 400)),
    "event, known key and a token": ("/v2/enqueue", event(EVENT_KEY), WRONG, (202, 202, 202, 202)),
    "change, its key": ("/v2/change/enqueue", change(CHANGE_KEY), {}, (202, 202, 202, 202)),
    "change, key of events": ("/v2/change/enqueue", change(EVENT_KEY), {}, (202, 202, 202, 202)),
    "change, wrong key": ("/v2/change/enqueue", change(UNKNOWN_KEY), {}, (400, 400, 202, 400)),
}
ORDERS = {"open first": OPEN + CLOSED, "open last": CLOSED + OPEN, "open alone": OPEN, "closed alone": CLOSED}


@pytest.mark.parametrize("order", ORDERS)
def test_credentials_choose_the_source(service, order):
    onus = service(start=False, sources=ORDERS[order])
    onus.write("token", "the-token\n")
    onus.write("event-keys", EVENT_KEY + "\n")
    onus.write("change-keys", CHANGE_KEY + "\n")
    onus.start()
    place = list(ORDERS).index(order)
    said = {name: onus.post(path, body, headers).status for name, (path, body, headers, _) in CASES.items()}
    wanted = {name: statuses[place] for name, (*_, statuses) in CASES.items()}
    assert said == wanted


def test_what_a_token_lets_in_is_its_sources(service):
    onus = service(start=False, sources=OPEN + CLOSED)
    onus.write("token", "the-token\n")
    onus.write("event-keys", EVENT_KEY + "\n")
    onus.write("change-keys", CHANGE_KEY + "\n")
    onus.start()
    assert onus.post("/api/v2/alerts", prometheus("Known"), BEARER).status == 200
    assert onus.post("/v2/enqueue", event(EVENT_KEY)).status == 202
    sources = {a["source"] for one in onus.incidents() for a in onus.incident(one["id"])["alerts"]}
    assert sources == {"prometheus", "events"}


@pytest.mark.parametrize("size", [10, 300_000])
def test_the_key_in_the_body_chooses_whatever_its_size(service, size):
    """Large bodies are parsed on a thread of their own, with the sources that may take them."""
    onus = service(start=False, sources=[{"name": name, "format": "pagerduty-event", "routing_keys_file": name}
                                         for name in ("first", "second", "third")])
    for name, key in {"first": "1" * 32, "second": "2" * 32, "third": "3" * 32}.items():
        onus.write(name, key + "\n")
    onus.start()
    for key, status in (("3" * 32, 202), ("1" * 32, 202), (UNKNOWN_KEY, 400)):
        body = event(key)
        body["payload"]["custom_details"] = {"log": "x" * size}
        assert onus.post("/v2/enqueue", {**body, "dedup_key": key}).status == status
    assert sorted(one["source"] for one in onus.only_incident()["alerts"]) == ["first", "third"]
