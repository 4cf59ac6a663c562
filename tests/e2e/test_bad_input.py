"""Bad input gets a clear answer, and nothing else suffers: after every case the next good request works, memory stays
bounded, nothing crashes, nothing is a 5xx."""

import json
import socket
import threading
import time

import pytest
from servers import charts
from servers.client import eventually, raw, raw_status, read_answer
from servers.fixtures import stop_all
from servers.http_sink import HttpSink
from servers.onus import Onus, alert, timestamp, webhook
from servers.told import wait_for

MEMORY_GROWTH_KIB = 320_000  # twelve bodies of 15 MB at once, what is parsed of others, and 1,000 connections
SOURCES = [
    {"name": "am", "format": "alertmanager"}, {"name": "prometheus", "format": "prometheus"},
    {"name": "grafana", "format": "grafana"}, {"name": "requests", "format": "cloudevent"},
    {"name": "pd-events", "format": "pagerduty-event", "routing_keys_file": "keys"},
    {"name": "pagerduty", "format": "pagerduty-webhook"},
]
KEY = "abcdef0123456789abcdef0123456789"


class SlowWriters(threading.Thread):
    """Ten connections that send a byte every three seconds, half of them of the header, half of the body."""

    def __init__(self, onus):
        super().__init__(daemon=True)
        self._began = time.monotonic()
        self._slow = []
        for number in range(10):
            sock = socket.create_connection(("127.0.0.1", onus.port), timeout=60)
            sock.sendall(header(onus, "/v1/sources/am", "Content-Length: 1000") if number % 2 else b"")
            self._slow.append((sock, iter(header(onus, "/v1/sources/am", *[f"X-{n}: y" for n in range(20)]))))
        self.start()

    def run(self):
        while self._slow:
            self._slow = [(sock, rest) for sock, rest in self._slow if _one_more_byte(sock, rest)]
            time.sleep(3)

    def all_cut(self, within):
        self.join(max(0, self._began + within - time.monotonic()))
        return not self._slow


def _one_more_byte(sock, rest):
    """False once the server has cut the connection (perhaps after an answer)."""
    sock.setblocking(False)
    try:
        return sock.recv(65536) != b""
    except BlockingIOError:
        pass
    except OSError:
        return False
    try:
        sock.send(bytes([next(rest)]))
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def onus(cluster, tmp_path_factory):
    """One service for all cases: what one of them breaks, the next ones see."""
    sink, database = HttpSink(), cluster.create_database()
    rows = charts.chart(consulted=None, informed=None)
    made = Onus(tmp_path_factory.mktemp("bad"), charts.settings(sink, sources=SOURCES, connections_per_address=4096), rows, database.conninfo)
    made.sink = sink
    made.write("keys", KEY + "\n")
    made.start()
    made.send_alerts(alert("Warm"))
    made.first_rss = made.rss_kib()
    made.first_5xx = made.metrics().value("onus_http_requests_total", status="5xx")  # while it was not ready yet
    made.slow_writers = SlowWriters(made)
    yield made
    stop_all([made])
    sink.close()
    database.drop()


@pytest.fixture(autouse=True)
def still_well(onus, request):
    yield
    name = "Good-" + request.node.name.encode("ascii", "replace").decode()[:80]
    onus.send_alerts(alert(name))
    assert onus.rss_kib() - onus.first_rss < MEMORY_GROWTH_KIB, "memory"
    assert onus.metrics().value("onus_http_requests_total", status="5xx") == onus.first_5xx, "a 5xx was answered"


def clear(status, body):
    assert 400 <= status < 500, (status, body[:300])
    assert len(body.strip()) > 10, "the answer gives a reason"


GOOD = json.dumps(webhook(alert())).encode()
ONE = b'{"version":"4","status":"firing","receiver":"r","alerts":[{"status":"firing","labels":%s,"annotations":{},' \
      b'"startsAt":"2026-01-02T03:04:05Z","endsAt":"0001-01-01T00:00:00Z"}]}'

BODIES = {
    "empty": b"",
    "white space": b"  \n ",
    "truncated": GOOD[: len(GOOD) // 2],
    "not JSON": b"alerts: [firing]",
    "XML": b"<?xml version='1.0'?><alert/>",
    "a number": b"42",
    "null": b"null",
    "an array": b"[1, 2, 3]",
    "garbage after it": GOOD + b"}",
    "alerts of a wrong type": b'{"version":"4","alerts":{"a":1}}',
    "an alert of a wrong type": b'{"version":"4","status":"firing","alerts":["x", 5, null]}',
    "labels of a wrong type": ONE % b'["alertname"]',
    "no labels": ONE % b"{}",
    "nested brackets": b"[" * 100_000 + b"]" * 100_000,
    "nested brackets in a label": ONE % (b"[" * 100_000 + b"]" * 100_000),
    "unclosed brackets": b'{"a":' * 100_000,
    "a label of 2 MB": ONE % (b'{"alertname":"' + b"x" * 2_000_000 + b'"}'),
    "a label name of 2 MB": ONE % (b'{"' + b"x" * 2_000_000 + b'":"y","alertname":"a"}'),
    "1,000 labels": ONE % json.dumps({f"l{n}": "v" for n in range(1000)}).encode(),
    "bad time": (ONE % b'{"alertname":"a"}').replace(b"2026-01-02T03:04:05Z", b"yesterday"),
    "year 12026": (ONE % b'{"alertname":"a"}').replace(b"2026-01-02T03:04:05Z", b"12026-01-02T03:04:05Z"),
    "a label of a wrong type": ONE % b'{"alertname":[5]}',
    "BOM, and truncated": b"\xef\xbb\xbf" + GOOD[:-1],
}


@pytest.mark.parametrize("name", BODIES)
def test_body(onus, name):
    for path in ("/v1/sources/am", "/api/v2/alerts", "/v1/sources/grafana", "/v1/sources/pagerduty", "/v2/enqueue"):
        reply = onus.post(path, BODIES[name], {"Content-Type": "application/json"})
        if path == "/api/v2/alerts" and name in ("null",) and reply.status == 200:
            continue  # Go's decoder takes null for an empty list, and so does the original
        clear(reply.status, reply.text)


AS_THEY_ARE = {
    "numbers past double": GOOD[:-1] + b',"x":1e400,"y":-1e999999,"z":123456789012345678901234567890}',
    "unknown members": GOOD[:-1] + b',"notification_reason":"x","routeLabels":{"a":"b"}}',
    "duplicate keys": GOOD[:-1] + b',"version":"4"}',
    "BOM": b"\xef\xbb\xbf" + GOOD,
    "no number": GOOD[:-1] + b',"x":NaN}',
}


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_taken_as_it_is(onus, name):
    reply = onus.post("/v1/sources/am", AS_THEY_ARE[name], {"Content-Type": "application/json"})
    assert reply.status == 200, reply.text


MENDED = {  # what stands in the alert's name, and how it is shown
    "nul-escape": (b"a\\u0000b", "a\ufffdb"),
    "nul-byte": (b"a\x00c", "a\ufffdc"),
    "latin-1": (b"caf\xe9", "caf\ufffd"),
    "overlong": (b"\xc0\xaf", "\ufffd"),
    "surrogate-bytes": (b"\xed\xa0\x80.", "\ufffd."),
    "high-surrogate": (b"\\ud83d!", "\ufffd!"),
    "low-surrogate": (b"\\udc00x", "\ufffdx"),
    "unknown-escape": (b"^\\d+$", "^\ufffdd+$"),
    "control": (b"a\x01d", "a\x01d"),
}


def newest(onus):
    return onus.incidents("?limit=100")


def titles(onus):
    return [one["title"] for one in newest(onus)]


@pytest.mark.parametrize("name", MENDED)
def test_a_bad_text_costs_its_place_only(onus, name):
    sent, shown = MENDED[name]
    before = onus.metrics().value("onus_ingest_mended_total", kind="text")
    bad = (ONE % (b'{"alertname":"%s","kind":"%s"}' % (sent, name.encode()))).replace(
        b'"annotations":{}', b'"annotations":{"summary":"%s","\\ud83d":"\\u0000"}' % (name.encode() + b" " + sent))
    body = bad.replace(b'"alerts":[', b'"alerts":[' + json.dumps(alert("Beside-" + name)).encode() + b",")
    reply = onus.post("/v1/sources/am", body, {"Content-Type": "application/json"})
    assert reply.status == 200, reply.text
    seen = titles(onus)
    assert f"{name} {shown}".replace("\x01", " ") in seen
    assert any("Beside-" + name in title for title in seen)
    assert onus.metrics().value("onus_ingest_mended_total", kind="text") > before


def test_bad_texts_do_not_become_one(onus):
    """Alerts, and the groups that they fall into, that differ in the bad part alone."""
    for sent in (b"One\\u0000", b"One\\ud83d", b"One\\ud83e", b"One\xff", b"One\xef\xbf\xbd", b"One\\u0000"):
        assert onus.post("/v1/sources/am", ONE % (b'{"alertname":"%s"}' % sent)).status == 200
    assert len([title for title in titles(onus) if title == "One\ufffd"]) == 5
    end = (ONE % b'{"alertname":"One\\ud83d"}').replace(b'"firing"', b'"resolved"')
    assert onus.post("/v1/sources/am", end).status == 200
    ended = [one for one in newest(onus)
             if one["title"] == "One\ufffd" and one["state"] == "resolved"]
    assert len(ended) == 1, "its own end ends it, and nothing else"


def test_large_numbers_do_not_become_one(onus):
    kind = {"Content-Type": "application/cloudevents+json"}
    for last in (2, 3):
        number = 1199452093415247870 + last
        body = {"specversion": "1.0", "id": f"large-{last}", "source": "/tickets", "type": "com.example.large",
                "data": {"title": f"Large {last}", "key": number, "ticket": number}}
        assert onus.post("/v1/sources/requests", json.dumps(body), kind).status == 200
    [found] = [onus.incident(one["id"]) for one in newest(onus) if one["title"].startswith("Large ")]
    assert sorted(one["key"] for one in found["alerts"]) == ["1199452093415247872", "1199452093415247873"]
    assert sorted(one["labels"]["ticket"] for one in found["alerts"]) == ["1199452093415247872", "1199452093415247873"]


def test_the_last_of_two_labels_of_one_name_holds(onus):
    body = ONE % b'{"alertname":"Twice","severity":"critical","severity":"info"}'
    assert onus.post("/v1/sources/am", body).status == 200
    assert [one["severity"] for one in newest(onus)
            if one["title"] == "Twice"] == ["info"]


def test_empty_alerts_are_nothing(onus):
    assert onus.post("/v1/sources/am", webhook()).status in (200, 400)
    assert onus.post("/api/v2/alerts", []).status == 200


def test_cloudevents_of_every_bad_kind(onus):
    kind = {"Content-Type": "application/cloudevents+json"}
    batch = {"Content-Type": "application/cloudevents-batch+json"}
    for name, body in BODIES.items():
        if name in ("a number", "null", "an array", "empty") or body[:1] in (b"{", b"["):
            clear(onus.post("/v1/sources/requests", body, kind).status, "see the status")
            clear(onus.post("/v1/sources/requests", body or b"{", batch).status, "see the status")


def header(onus, path="/v1/sources/am", *lines, method="POST"):
    head = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{onus.port}", *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


def test_40_megabytes_declared(onus):
    answer = raw(onus.port, header(onus, "/v1/sources/am", "Content-Length: 41943040") + b"{" * 100_000)
    assert raw_status(answer) == 413, answer[:300]


def test_40_megabytes_sent(onus):
    body = b'{"version":"4","alerts":["' + b"x" * (40 * 1024 * 1024) + b'"]}'
    answer = raw(onus.port, header(onus, "/v1/sources/am", f"Content-Length: {len(body)}") + body, 20)
    assert raw_status(answer) in (413, 0), answer[:300]  # 0: it cut us off before we read the answer


def test_40_megabytes_in_pieces(onus):
    with socket.create_connection(("127.0.0.1", onus.port), timeout=20) as sock:
        sock.sendall(header(onus, "/v1/sources/am", "Transfer-Encoding: chunked"))
        piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        try:
            for _ in range(640):
                sock.sendall(piece)
            sock.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # enough was enough
        assert raw_status(read_answer(sock)) in (413, 0)


def test_many_large_bodies_at_once(onus):
    body = b'{"version":"4","alerts":[{"labels":{"alertname":"' + b"x" * (15 * 1024 * 1024)
    data = header(onus, "/v1/sources/am", f"Content-Length: {len(body) + 1_000}") + body
    threads = [threading.Thread(target=raw, args=(onus.port, data, 5, True)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_20000_alerts_in_one_body(onus):
    many = [alert(f"Many{n}") for n in range(20_000)]
    reply = onus.post("/v1/sources/am", webhook(*many))
    assert reply.status in (400, 413), reply.status
    assert "10000" in reply.text or "10,000" in reply.text
    assert not [i for i in onus.incidents("?limit=200") if "Many" in i["title"]]


def test_an_annotation_that_is_too_long_is_cut(onus):
    text = "ä" * 40_000
    onus.send_alerts(alert("LongAnnotation", annotations={"summary": "short", "description": text}))
    found = next(i for i in onus.incidents("?limit=200") if "LongAnnotation" in i["title"] or "short" in i["title"])
    kept = onus.incident(found["id"])["alerts"][0]["annotations"]["description"]
    assert kept.endswith("…") and len(kept.encode()) <= 32 * 1024 and set(kept) == {"ä", "…"}


def test_what_harms_a_receiver_is_disarmed(onus):
    evil = 'x"><script>alert(1)</script><!channel>\r\nBcc: all@example.com\u202e'
    onus.send_alerts(alert("Evil", model=evil, annotations={"summary": evil}))
    eventually(lambda: any("Evil" in r.text for r in onus.sink.requests("/r")), what="page")
    for request in onus.sink.requests("/r"):
        request.json  # still JSON, whatever the labels held
        assert not any("\n" in value for value in request.headers.values())
    shown = next(i for i in onus.incidents("?limit=200") if "Evil" in str(i) or "x\"><script" in i["title"])["id"]
    for path in ("/", f"/incidents/{shown}"):
        page = onus.get(path)
        assert "\u202e" not in page.text and "⟨U+202E⟩" in page.text
        assert page.header("Cache-Control") == "no-store"
    assert onus.get(f"/v1/incidents/{shown}").header("Cache-Control") == "no-store"
    assert not any("\u202e" in r.json.get("text", "") for r in onus.sink.requests("/r"))


# ── the wire ──

SMUGGLING = {
    "length and encoding": ["Content-Length: 5", "Transfer-Encoding: chunked"],
    "encoding and length": ["Transfer-Encoding: chunked", "Content-Length: 5"],
    "two lengths": ["Content-Length: 5", "Content-Length: 6"],
    "two equal lengths": ["Content-Length: 5", "Content-Length: 5"],
    "a list of lengths": ["Content-Length: 5, 6"],
    "unknown encoding": ["Transfer-Encoding: gzip, chunked"],
    "unknown encoding alone": ["Transfer-Encoding: identity"],
    "chunked twice": ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    "negative length": ["Content-Length: -1"],
    "length with a sign": ["Content-Length: +5"],
    "length past 64 bits": ["Content-Length: 99999999999999999999999"],
    "length that is no number": ["Content-Length: 0x10"],
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_smuggling(onus, name):
    smuggled = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = raw(onus.port, header(onus, "/v1/sources/am", *SMUGGLING[name]) + smuggled, 5)
    assert raw_status(answer) == 0 or 400 <= raw_status(answer) < 500, answer[:300]
    # libmicrohttpd 0.9.75 writes the head of an answer of its own twice; /smuggled would be a 404.
    assert b" 404 " not in answer, "the smuggled request was answered"


WIRE = {
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
    "no version": b"GET /\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "no Host": b"GET /-/healthy HTTP/1.1\r\n\r\n",
    "a header of 100 kB": b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "5,000 headers": b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    "a target of 100 kB": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "bad escapes": b"GET /%zz%00%ff HTTP/1.1\r\nHost: x\r\n\r\n",
    "parent folders": b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "bad chunk": b"POST /v1/sources/am HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    "chunk past 64 bits": b"POST /v1/sources/am HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                          b"fffffffffffffffff\r\nabc\r\n",
}


@pytest.mark.parametrize("name", WIRE)
def test_wire(onus, name):
    status = raw_status(raw(onus.port, WIRE[name], 2, shut=True))
    assert status == 0 or 400 <= status < 500 or (name, status) in (("no Host", 200), ("HTTP/9.9", 505)), status


def test_a_body_that_never_ends_is_no_answer_needed(onus):
    for data in (header(onus, "/v1/sources/am", "Content-Length: 500") + b'{"version"', b"POST /v1/sou", b""):
        with socket.create_connection(("127.0.0.1", onus.port), timeout=5) as sock:
            sock.sendall(data)


def test_a_thousand_connections_in_lockstep(onus):
    """All connect, all ask, all are answered: libmicrohttpd 0.9.75's own threads hang here at 128."""
    socks = [socket.create_connection(("127.0.0.1", onus.port), timeout=20) for _ in range(1000)]
    ask = header(onus, "/-/healthy", method="GET")
    for _ in range(2):
        for sock in socks:
            sock.sendall(ask)
        assert all(raw_status(read_answer(sock)) == 200 for sock in socks)
    for sock in socks:
        sock.close()
    eventually(lambda: onus.open_files() < 200, 10, what="connections are given back")


def test_pipelined_requests_are_answered_in_order(onus):
    good = header(onus, "/v1/sources/am", f"Content-Length: {len(GOOD)}") + GOOD
    with socket.create_connection(("127.0.0.1", onus.port), timeout=10) as sock:
        sock.sendall(good * 3 + header(onus, "/-/healthy", "Connection: close", method="GET"))
        received = b""
        while piece := sock.recv(65536):
            received += piece
    assert received.count(b"HTTP/1.1 200") == 4


def test_a_byte_every_three_seconds_meets_a_deadline(onus):
    """They have written since this module began, and others were served as ever; each is cut off at about 30 s."""
    assert onus.slow_writers.all_cut(50), "a slow writer is still connected after 50 s"


def test_after_all_this_pages_still_arrive(onus):
    onus.send_alerts(alert("TheLast", starts_at=timestamp(1)))
    eventually(lambda: any("TheLast" in r.text for r in onus.sink.requests("/r")), 30, what="page")
    assert wait_for(onus.sink, "/r", "opened")
