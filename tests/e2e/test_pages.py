"""The pages that people look at: what is to be done stands first, times are readable, and a problem is a page too."""

import re
from xml.etree import ElementTree

from servers import charts
from servers.client import eventually
from servers.onus import alert, resolved
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


def test_the_alert_is_told_as_in_the_mail(onus, sink):
    """By the page of a link, which somebody reads at night, and by the console."""
    words = {"summary": "The fraud model answers <slowly>", "description": "P99 is 840 ms.\nThe SLO is 300 ms.", "value": "840"}
    onus.send_alerts(alert("Latency", model="fraud-detection", zone="eu-1", annotations=words))
    for path in (page_link(sink), "/incidents/1"):
        page = onus.get(path).text
        for part in ("<h2>Firing now</h2>", "since 20", "P99 is 840 ms.\nThe SLO is 300 ms.", "<dt>Value</dt><dd>840</dd>",
                     "<dt>alertname</dt>", "<dt>zone</dt>", ">eu-1</dd>", "Open the runbook", "http://prometheus.example/graph"):
            assert part in page, (path, part)
        assert "answers &lt;slowly&gt;" in page and "<slowly>" not in page
    onus.send_alerts(alert("Second", model="fraud-detection", annotations={"description": "It fell."}))
    assert "It fell." not in onus.get("/incidents/1").text, "another incident"


def test_a_reopened_incident_tells_what_fires_now(service, sink):
    onus = service(chart=charts.chart(group_by=["model"], reopen_after="1h"))
    first = alert("First", model="fraud", annotations={"description": "The first words."})
    onus.send_alerts(first)
    link = page_link(sink)
    onus.send_alerts(resolved(first))
    eventually(lambda: onus.incident(1)["state"] == "resolved", what="it is over")
    assert "<h2>Fired last</h2>" in onus.get(link).text and "The first words." in onus.get(link).text
    onus.send_alerts(alert("Second", model="fraud", annotations={"description": "Other words."}))
    page = onus.get(link).text
    assert "<h2>Firing now</h2>" in page and "Other words." in page and "The first words." not in page


def test_one_long_text_does_not_hide_the_others(onus, sink):
    """It is cut in a cell, bounded behind a link, and whole on the incident's page."""
    onus.send_alerts(alert("A" * 3000, model="m" * 3000, annotations={"summary": "s" * 3000, "description": "d" * 30000}))
    link = page_link(sink)
    runs = lambda path: max(len(run) for run in re.findall(r"A+|m+|s+|d+", onus.get(path).text))
    assert runs("/") <= 120 and runs(link) <= 2000
    page = onus.get("/incidents/1").text
    assert "m" * 3000 in page and "A" * 3000 in page and "d" * 30000 in page
    assert "overflow-wrap: anywhere" in onus.get("/style.css").text, "and what is whole is wrapped"


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
