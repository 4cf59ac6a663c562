"""Two nodes on one database: nothing is told twice, what one learns the other knows, and what a dead one held is sent."""

import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from servers import charts
from servers.client import eventually, never
from servers.gate import Gate
from servers.http_sink import hang, ok
from servers.onus import Onus, alert, resolved, timestamp, webhook
from servers.told import messages, page_link, reasons, wait_for
from test_links import act


def names_told(sink, path, reason="opened"):
    return [m["incident"]["labels"]["alertname"] for m in messages(sink, path) if m["reason"] == reason]


def test_the_same_alerts_at_both_at_once(service, sink):
    nodes = [service(charts.chart(group_by=["..."])), service(charts.chart(group_by=["..."]))]
    alerts = [alert(f"Twin{number}") for number in range(60)]

    def post(job):
        node, one = job
        return node.post("/v1/sources/am", webhook(one)).status

    jobs = [(node, one) for one in alerts for node in nodes for _ in range(2)]
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(post, jobs))
    assert set(statuses) == {200}
    eventually(lambda: len(set(names_told(sink, "/r"))) == 60, 30, what="every page")
    never(lambda: len(names_told(sink, "/r")) > 60 or len(names_told(sink, "/a")) > 60, 1, what="a second telling")
    assert len(nodes[0].incidents("?limit=200")) == 60


def test_what_happens_at_one_is_seen_on_the_other(service, sink):
    first, second = service(), service()
    firing = alert()
    first.send_alerts(firing)
    number = second.only_incident()["id"]
    assert second.post(f"/v1/incidents/{number}/acknowledge", {}).status == 200
    assert first.only_incident()["state"] == "acknowledged"
    second.send_alerts(resolved(firing))
    assert first.only_incident()["state"] == "resolved"
    # The first node still remembers the alert as open; a new episode must not be taken for a repetition.
    first.send_alerts(alert(starts_at="2026-01-02T03:04:05Z"))
    second.send_alerts(alert())
    eventually(lambda: "reopened" in reasons(sink, "/r"), what="reopened")


def test_what_another_node_ended_by_mistake_and_fires_again_pages(service, sink):
    """The first still takes it for open and answers from memory; it finds out, and nothing is lost."""
    first, second = service(), service()
    firing = alert(starts_at=timestamp(120))
    first.send_alerts(firing)
    first.send_alerts(firing)
    second.send_alerts(resolved(firing, timestamp(60)))
    assert first.only_incident()["state"] == "resolved"
    never(lambda: first.only_incident()["state"] != "resolved", 7, what="reopened by what was seen before the end")
    second.send_alerts(firing)
    wait_for(sink, "/r", "reopened", 1)
    second.send_alerts(resolved(firing, timestamp(30)))
    first.send_alerts(firing)
    wait_for(sink, "/r", "reopened", 2)


def test_links_of_one_node_work_on_the_other(service, sink):
    first, second = service(), service()
    first.send_alerts(alert())
    assert act(second, page_link(sink), "acknowledge").status in (200, 303)
    assert first.only_incident()["state"] == "acknowledged"


def test_escalations_are_told_once(service, sink):
    for _ in range(2):
        service(charts.chart(acknowledge_within="2s", group_by=["..."]))
    nodes_alert(service, sink)
    eventually(lambda: len(names_told(sink, "/a", "escalated")) == 10, 20, what="ten escalations")
    never(lambda: len(names_told(sink, "/a", "escalated")) > 10, 1, what="an eleventh")


def nodes_alert(service, sink):
    third = service(charts.chart(acknowledge_within="2s", group_by=["..."]))
    third.send_alerts(*[alert(f"Twin{number}") for number in range(10)])
    wait_for(sink, "/r", "opened", 10)


def test_what_a_killed_node_held_is_sent_by_the_other(service, sink):
    sink.script("/r", hang())
    first = service(charts.chart(group_by=["..."], consulted=None, informed=None))
    first.send_alerts(*[alert(f"Twin{number}") for number in range(20)])
    eventually(lambda: sink.requests("/r"), what="the first is sending")
    second = service(charts.chart(group_by=["..."], consulted=None, informed=None))
    first.kill()
    sink.clear()
    sink.script("/r", ok())
    eventually(lambda: len(set(names_told(sink, "/r"))) == 20, 20, what="the other node sends all, before a lease ends")
    assert len(names_told(sink, "/r")) == 20, "each once"
    eventually(lambda: second.metrics().value("onus_messages_waiting") == 0, 15, what="an empty outbox")



def test_a_node_that_was_stopped_longer_than_its_leases_repeats_nothing(service, sink):
    """As a machine that is suspended: the messages in its queue are another's when it wakes, and it knows without asking.
    Slack takes one a second, so that there is a queue although everything goes well."""
    chart = charts.chart(group_by=["..."], consulted=None, informed=None)
    channels = {**charts.settings(sink)["channels"], "hook-r": charts.hook(sink, "/r", kind="slack")}

    def told():
        return [re.search(r"Twin\d+-", request.text).group() for request in sink.requests("/r")]

    stopped = service(chart, channels=channels)
    stopped.send_alerts(*[alert(f"Twin{number}-") for number in range(12)])
    eventually(told, what="the first is sending")
    stopped.signal(signal.SIGSTOP)
    before = set(told())
    try:
        service(chart, channels=channels)
        eventually(lambda: len(set(told())) == 12, 120, what="the other sends the rest when the leases end")
    finally:
        stopped.signal(signal.SIGCONT)
    eventually(lambda: stopped.metrics().value("onus_messages_waiting") == 0, 30, what="an empty outbox")
    never(lambda: len(told()) > 12 + len(before), 5, what="a repetition")


def test_a_node_that_lost_its_way_to_the_database_sends_nothing_that_another_may(service, sink, database, tmp_path):
    chart = charts.chart(group_by=["..."], consulted=None, informed=None)
    gate = Gate(database)
    sink.script("/r", hang())
    lost = Onus(tmp_path / "lost", charts.settings(sink), chart, gate.conninfo).start()
    try:
        lost.send_alerts(*[alert(f"Twin{number}") for number in range(40)])
        service(chart)
        eventually(lambda: len(sink.requests("/r")) >= 8, what="the first is sending")
        eventually(lambda: database.query("SELECT count(*) FROM nodes") == [(2,)], what="they know of each other")
        time.sleep(1)  # two looks
        gate.shut()
        sink.script("/r", ok())
        sink.clear()
        eventually(lambda: len(set(names_told(sink, "/r"))) == 40, 30, what="the other sends all, long before the leases end")
        gate.open()
        eventually(lambda: lost.get("/-/ready").status == 200, 30, what="the first is back")
        never(lambda: len(names_told(sink, "/r")) > 40, 3, what="a repetition")
    finally:
        lost.stop()
        gate.close()
