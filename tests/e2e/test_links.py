"""Acknowledging by link: a page that a phone shows, and a POST that acts. GET never changes anything."""

import base64
import hashlib
import hmac
import re
import time

from servers.client import call, eventually
from servers.onus import alert
from servers.told import page_link, wait_for

SCANNERS = [
    {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    {"User-Agent": "Mozilla/5.0 (compatible; SafeLinks)", "Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender", "Accept": "text/html"},
    {"User-Agent": "BarracudaCentral", "X-Moz": "prefetch"},
]


def form_of(page):
    """The nonce that the page's form carries."""
    for tag in re.findall(r"<input[^>]*>", page):
        if 'name="nonce"' in tag:
            return re.search(r'value="([^"]+)"', tag).group(1)
    raise AssertionError(f"no nonce in {page}")


def act(onus, link, action, **fields):
    """Loads the page as a person does, and presses a button."""
    page = onus.get(link)
    assert page.status == 200, page.text
    fields = {"nonce": form_of(page.text), "action": action, **fields}
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    return onus.post(link, body, {"Content-Type": "application/x-www-form-urlencoded"})


def page_somebody(onus, sink):
    onus.send_alerts(alert("HighLatency", model="fraud-detection"))
    return page_link(sink)


def test_looking_changes_nothing(onus, sink):
    link = page_somebody(onus, sink)
    before = onus.only_incident()
    for headers in SCANNERS:
        assert onus.get(link, headers).status == 200
    head = call("HEAD", onus.url + link)
    assert head.status == 200 and head.body == b""
    after = onus.only_incident()
    assert after["state"] == "triggered"
    assert [e["kind"] for e in after["timeline"] if e["kind"] != "delivered"] == [
        e["kind"] for e in before["timeline"] if e["kind"] != "delivered"
    ]


def test_the_page_is_for_a_phone_and_safe(onus, sink):
    page = onus.get(page_somebody(onus, sink))
    assert 'name="viewport"' in page.text and "HighLatency" in page.text
    assert "Anything that happens" in page.text or "everything" in page.text
    assert "default-src" in page.header("content-security-policy")
    assert page.header("cache-control") == "no-store"
    assert page.header("referrer-policy") == "no-referrer"
    assert page.header("x-frame-options").upper() == "DENY" or "frame-ancestors 'none'" in page.header(
        "content-security-policy"
    )


def test_acknowledge_names_who_is_told_in_chat_and_can_be_undone(onus, sink):
    link = page_somebody(onus, sink)
    assert act(onus, link, "acknowledge").status in (200, 303)
    incident = onus.only_incident()
    assert incident["state"] == "acknowledged"
    assert "R Team" in incident["acknowledged_by"]
    told = wait_for(sink, "/r", "acknowledged")[0]
    assert "R Team" in str(told)
    wait_for(sink, "/a", "acknowledged")
    entry = [e for e in incident["timeline"] if e["kind"] == "acknowledged"][0]
    assert "R Team" in entry["actor"] and entry["at"]

    assert act(onus, link, "unacknowledge").status in (200, 303)
    eventually(lambda: onus.only_incident()["state"] == "triggered", what="undone")
    assert "unacknowledged" in [e["kind"] for e in onus.only_incident()["timeline"]]


def test_acknowledging_twice_is_one_acknowledgement(onus, sink):
    link = page_somebody(onus, sink)
    for _ in range(3):
        assert act(onus, link, "acknowledge").status in (200, 303)
    assert onus.only_incident()["state"] == "acknowledged"
    assert onus.only_incident()["timeline"]


def test_not_mine_goes_to_accountable(onus, sink):
    link = page_somebody(onus, sink)
    assert act(onus, link, "contest", note="the+feature+store+is+down").status in (200, 303)
    message = wait_for(sink, "/a", "contested")[0]
    assert "the feature store is down" in str(message)
    incident = onus.only_incident()
    assert incident["state"] == "triggered"
    assert incident["raci"]["responsible"][0]["team"] == "r-team"
    assert "contested" in [e["kind"] for e in incident["timeline"]]


def test_resolve_tells_informed(onus, sink):
    link = page_somebody(onus, sink)
    assert act(onus, link, "resolve").status in (200, 303)
    assert onus.only_incident()["state"] == "resolved"
    wait_for(sink, "/i", "resolved")


def test_post_without_a_nonce_or_with_anothers_acts_not(onus, sink):
    link = page_somebody(onus, sink)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in ("action=acknowledge", "action=acknowledge&nonce=", "action=acknowledge&nonce=0123456789abcdef"):
        assert 400 <= onus.post(link, body, form).status < 500
    assert onus.post(link, b"", form).status >= 400
    assert onus.only_incident()["state"] == "triggered"


def test_a_forged_token_is_refused(onus, sink):
    link = page_somebody(onus, sink)
    payload, _, mac = link.removeprefix("/a/").partition(".")
    flipped = ("B" if mac[0] == "A" else "A") + mac[1:]
    for token in (f"{payload}.{flipped}", payload, f".{mac}", f"{payload}A.{mac}", "x" * 3000, "..%2f..%2fetc"):
        assert onus.get("/a/" + token).status in (400, 403, 404, 414), token
    assert onus.only_incident()["state"] == "triggered"


def token_of(key, incident, expires_at, letter="R", who="R Team (hook-r)"):
    """A token as the service makes them, with any expiry: base64url(payload).base64url(HMAC)."""
    key_id = hashlib.sha256(key.encode()).hexdigest()[:8]
    payload = f"1|{key_id}|{incident}|{int(expires_at)}|{letter}|{who}".encode()
    mac = hmac.new(key.encode(), payload, hashlib.sha256).digest()
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (payload, mac))


def test_an_expired_link_says_so(onus, sink):
    page_somebody(onus, sink)
    with open(onus.path("link.key"), encoding="ascii") as file:
        key = file.read().strip()
    number = onus.only_incident()["id"]
    assert onus.get("/a/" + token_of(key, number, time.time() + 60)).status == 200
    page = onus.get("/a/" + token_of(key, number, time.time() - 1))
    assert page.status in (403, 404, 410) and "expired" in page.text.lower()
    assert page.header("content-type").startswith("text/html"), "an answer for a person"
    assert onus.get("/a/" + token_of("another-key-another-key-another-key", number, time.time() + 60)).status >= 400


def test_links_survive_a_key_rotation(service, sink):
    onus = service()
    link = page_somebody(onus, sink)
    onus.stop()
    with open(onus.path("link.key"), encoding="ascii") as file:
        old = file.read()
    onus.write("link.key", "f" * 64 + "\n" + old)
    onus.start()
    assert act(onus, link, "acknowledge").status in (200, 303)
    assert onus.only_incident()["state"] == "acknowledged"
    onus.stop()
    onus.write("link.key", "f" * 64 + "\n")
    onus.start()
    assert onus.get(link).status in (403, 404, 410)


def test_html_in_labels_is_text_on_the_page(onus, sink):
    onus.send_alerts(alert("<script>alert(1)</script>", model='"><img src=x>'))
    page = onus.get(page_link(sink))
    assert "<script>alert" not in page.text and "<img src=x" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


def test_a_link_of_one_incident_is_none_of_another(onus, sink):
    onus.send_alerts(alert("First", model="a"))
    first = page_link(sink)
    onus.send_alerts(alert("Second", model="b"))
    wait_for(sink, "/r", "opened", 2)
    act(onus, first, "acknowledge")
    states = {i["title"].split(" ")[0]: i["state"] for i in onus.incidents()}
    assert sorted(states.values()) == ["acknowledged", "triggered"], states


def test_after_the_end_the_page_says_so(onus, sink):
    link = page_somebody(onus, sink)
    act(onus, link, "resolve")
    page = onus.get(link)
    assert page.status == 200 and "resolved" in page.text.lower()
