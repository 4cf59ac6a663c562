"""The pages that people look at: what is to be done stands first, times are readable, and a problem is a page too."""

import re
from xml.etree import ElementTree

from servers.onus import alert
from servers.told import page_link, wait_for


def test_the_button_stands_above_the_details(onus, sink):
    onus.send_alerts(alert(model="fraud-detection"))
    page = onus.get(page_link(sink)).text
    order = [page.index(part) for part in ("<h1>", "since 20", "Open the runbook", "Acknowledge</button>", "<dt>Why</dt>")]
    assert order == sorted(order)


def test_the_console_speaks_to_people(onus, sink):
    onus.send_alerts(alert(model="fraud-detection"))
    wait_for(sink, "/r", "opened")
    home, one = onus.get("/").text, onus.get("/incidents/1").text
    for page in (home, one):
        assert '<header><a href="/">' in page and "System Loop" in page
        assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d UTC", page)
        assert not re.search(r"\d\d-\d\dT\d\d:\d\d", page), "times are for people here"
    assert "<title>Incident 1 · Onus</title>" in one
    incident = onus.only_incident()
    assert f"<td>{incident['activity']}</td>" in home, "the row"
    assert "Engineer" in home and "R Team" in home, "whose it is"
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d</td>", one)


def test_each_page_has_an_icon(onus, sink):
    onus.send_alerts(alert(model="fraud-detection"))
    for path in (page_link(sink), "/", "/incidents/1", "/incidents/4711"):
        assert '<link rel="icon" href="/favicon.svg" type="image/svg+xml">' in onus.get(path).text, path
        assert "img-src 'self'" in onus.get(path).header("content-security-policy")
    for path in ("/favicon.svg", "/favicon.ico"):
        icon = onus.get(path)
        assert icon.status == 200 and icon.header("content-type") == "image/svg+xml" and len(icon.body) < 1000
        assert "max-age" in icon.header("cache-control")
        assert ElementTree.fromstring(icon.text).tag == "{http://www.w3.org/2000/svg}svg"


def test_problems_of_the_console_are_pages(onus):
    for path, status in (("/incidents/4711", 404), ("/incidents/abc", 404), ("/?cursor=x", 400)):
        reply = onus.get(path)
        assert reply.status == status and reply.header("content-type").startswith("text/html"), path
        assert '<a href="/">All incidents</a>' in reply.text
