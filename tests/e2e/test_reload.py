"""A new chart is taken at once; a bad one changes nothing, and that can be seen."""

import os
import re
import signal

import pytest
from servers import charts
from servers.client import eventually, never
from servers.onus import alert, run_onus

SECOND = charts.chart(charts.activity("second-row", name="The second chart's row"))
BAD = SECOND.replace('"head"', '"haed"', 1)


def by_signal(onus, text):
    onus.write_chart(text)
    onus.signal(signal.SIGHUP)


def by_request(onus, text):
    onus.write_chart(text)
    onus.post("/-/reload")


def by_rename(onus, text):
    onus.replace_chart(text)


def by_writing(onus, text):
    onus.write_chart(text)


EVERY_WAY = pytest.mark.parametrize("change", [by_signal, by_request, by_rename, by_writing])


def activity_of(onus, name):
    onus.send_alerts(alert(name))
    found = [i for i in onus.incidents("?limit=200") if name in str(i["title"])]
    assert len(found) == 1, found
    return onus.incident(found[0]["id"])


def reloads(onus, name="onus_chart_reloads_total"):
    return onus.metrics().value(name) or 0


@EVERY_WAY
def test_a_new_row_is_used(service, change):
    onus = service()
    before = activity_of(onus, "Before")
    counted = reloads(onus)
    change(onus, SECOND)
    eventually(lambda: reloads(onus) > counted, what="reloaded")
    after = activity_of(onus, "After")
    assert (before["activity"], after["activity"]) == ("everything", "second-row")
    assert after["chart_revision"] != before["chart_revision"]
    assert onus.incident(before["id"])["chart_revision"] == before["chart_revision"]


@EVERY_WAY
def test_a_bad_chart_changes_nothing_and_is_shown(service, change):
    onus = service()
    change(onus, BAD)
    eventually(lambda: reloads(onus, "onus_chart_reload_failures_total") >= 1, what="refused")
    assert onus.metrics().value("onus_chart_last_reload_successful") == 0
    ready = onus.get("/-/ready")
    assert ready.status == 200
    assert re.search(r"raci\.yaml:\d+:\d+", ready.text) and "haed" in ready.text
    assert "haed" in onus.log
    assert activity_of(onus, "Still")["activity"] == "everything"
    change(onus, SECOND)
    eventually(lambda: onus.metrics().value("onus_chart_last_reload_successful") == 1, what="mended")
    assert activity_of(onus, "Mended")["activity"] == "second-row"
    assert "haed" not in onus.get("/-/ready").text


def test_reload_by_request_answers_with_every_error(onus):
    onus.write_chart(BAD)
    reply = onus.post("/-/reload")
    assert 400 <= reply.status < 600 and re.search(r":\d+:\d+: error: ", reply.text), reply.text
    onus.write_chart(SECOND)
    assert onus.post("/-/reload").status == 200


def test_a_chart_that_vanishes_changes_nothing(onus):
    os.unlink(onus.chart_path)
    onus.signal(signal.SIGHUP)
    never(lambda: not onus.is_running(), 0.5, what="an end")
    assert activity_of(onus, "Still")["activity"] == "everything"
    onus.write_chart(SECOND)
    onus.signal(signal.SIGHUP)
    eventually(lambda: activity_of_quietly(onus), what="the chart is back")


def activity_of_quietly(onus):
    name = f"Probe{len(onus.incidents('?limit=200'))}"
    return activity_of(onus, name)["activity"] == "second-row"


def test_a_service_does_not_start_with_a_bad_chart(service):
    onus = service(BAD, start=False)
    onus.start(wait=False)
    assert onus.process.wait(30) not in (0, -11, -6)
    onus._reader.join(5)
    assert re.search(r"raci\.yaml:\d+:\d+: error: .*haed", onus.log)


# ── charts that mean harm, through `onus check` and through a reload ──


def aliases():
    lines = ["version: 1", "a: &a [x, x, x, x, x, x, x, x, x]"]
    for last, this in zip("abcdefgh", "bcdefghi"):
        lines.append(f"{this}: &{this} [{', '.join(['*' + last] * 9)}]")
    return "\n".join(lines) + "\n"


HARM = {
    "alias-bomb": aliases(),
    "deep": "version: 1\nteams: " + "[" * 65_000 + "]" * 65_000 + "\n",
    "deep-unclosed": "version: 1\nteams: " + "{a: " * 50_000,
    "50-MB": "version: 1\nteams:\n" + "".join(f"  team-{n}: {{ name: Team, contacts: [hook-r] }}\n" for n in range(1))
             + "#" + "x" * (50 * 1024 * 1024) + "\n",
    "empty": "", "binary": "\x00\x01\x02", "two-documents": "version: 1\n---\nversion: 1\n",
    "duplicate-keys": "version: 1\nversion: 1\nteams: {}\n", "list": "- 1\n- 2\n", "tabs": "version: 1\n\tteams: {}\n",
    "cycle": "version: 1\nteams: &t { x: *t }\n",
}


@pytest.mark.parametrize("name", HARM)
def test_check_of_a_harmful_chart(tmp_path, name):
    path = tmp_path / "chart.yaml"
    path.write_text(HARM[name], encoding="utf-8")
    done = run_onus("check", str(path), timeout=30)
    assert done.returncode == 1, (done.returncode, done.stdout[-500:], done.stderr[-500:])
    assert re.search(r"chart\.yaml(:\d+:\d+)?: error: ", done.stdout + done.stderr)


def test_reload_of_harmful_charts(onus):
    before = onus.rss_kib()
    for text in HARM.values():
        onus.write_chart(text)
        assert onus.post("/-/reload").status >= 400
    assert onus.rss_kib() - before < 100_000
    assert activity_of(onus, "Still")["activity"] == "everything"
