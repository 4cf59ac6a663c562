"""Two nodes and a sender that names no start: only the database knows whether a trigger is a repetition."""

from servers import charts
from servers.told import wait_for

KEY = "abcdef0123456789abcdef0123456789"


def enqueue(onus, action):
    payload = {"summary": "Disk full", "source": "gpu-7", "severity": "critical"}
    body = {"routing_key": KEY, "event_action": action, "dedup_key": "disk-1", "payload": payload}
    reply = onus.post("/v2/enqueue", body)
    assert reply.status == 202, reply.text


def test_a_trigger_after_an_end_at_the_other_node_pages(service, sink):
    chart = charts.chart(reopen_after="0s")
    first, second = service(chart), service(chart)
    enqueue(first, "trigger")
    wait_for(sink, "/r", "opened")
    enqueue(second, "resolve")
    enqueue(first, "trigger")
    wait_for(sink, "/r", "opened", 2)
    assert [i["state"] for i in first.incidents()] == ["triggered", "resolved"]
