"""What a service has recorded is asked of another chart: `onus diff --since`, `onus check --since`; and `onus test`."""

import json
import time
import xml.etree.ElementTree as ElementTree

from servers import charts, handoffs
from servers.onus import ROOT, alert, resolved, run_onus, timestamp

MODELS = charts.activity("models", match=[['model != ""']], group_by=["service"])
REST = charts.activity("rest", match=[['alertname != ""']])
NEVER = charts.activity("never", match=[["alertname = NeverSeen"]])
OLD = charts.chart(MODELS, NEVER, REST)
# models are the expert's now, and grouped by name as well
NEW = charts.chart(dict(MODELS, responsible="expert", consulted=["engineer"], group_by=["service", "alertname"]), NEVER, REST)


def recorded(service):
    onus = service(chart=OLD)
    onus.send_alerts(alert("Latency", model="fraud"), alert("Drift", model="fraud"), alert("DiskFull", node="n1"))
    first = alert("Errors", model="churn", starts_at=timestamp(120))
    onus.send_alerts(first)
    onus.send_alerts(resolved(first))
    time.sleep(1.1)  # past the end, and within reopen_after: the incident reopens, which pages
    onus.send_alerts(alert("Errors", model="churn", starts_at=timestamp(0)))
    return onus


def diff(onus, *arguments):
    done = run_onus("diff", onus.path("old.yaml"), onus.path("new.yaml"), "--since", "1d", "--config", onus.settings_path,
                    *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_whose_pages_would_have_changed(service):
    onus = recorded(service)
    onus.write("old.yaml", OLD)
    onus.write("new.yaml", NEW)
    # whatever hour it is: all of it is night, then none
    found = json.loads(diff(onus, "--json", "--night", "00:00-24:00"))
    assert found["alerts"] == {"before": 5, "after": 5}
    assert found["kinds"]["moved"] == 4
    # fraud: latency and drift were one incident, and are two; churn opened and reopened; the disk
    assert found["pages"] == {"before": 4, "after": 5}
    assert found["night_pages"] == found["pages"]
    teams = {team["team"]: team for team in found["teams"]}
    assert teams["r-team"]["pages"] == {"before": 4, "after": 1} and teams["r-team"]["lost"] == 4
    assert teams["c-team"]["pages"] == {"before": 0, "after": 4} and teams["c-team"]["gained"] == 4
    rows = {row["row"]: row for row in found["rows"]}
    assert rows["models"]["moved"] == 4 and "rest" not in rows
    errors = next(a for a in found["changed_alerts"] if a["name"] == "Errors")
    assert errors["change"] == "R Team → C Team" and errors["alerts"]["after"] == 2

    text = diff(onus, "--time-zone", "Europe/Berlin")
    assert "5 alerts recorded since" in text and "R Team" in text and "Europe/Berlin" in text
    markdown = diff(onus, "--markdown")
    assert "| R Team | 4 → 1 |" in markdown and "<details>" in markdown


def test_the_old_chart_may_come_from_standard_input(service):
    onus = recorded(service)
    new = onus.write("new.yaml", NEW)
    done = run_onus("diff", "-", new, "--exit-code", "--since", "2000-01-01T00:00:00Z", "--config", onus.settings_path,
                    stdin=OLD)
    assert done.returncode == 1, done.stderr
    assert "moved to another Responsible" in done.stdout
    done = run_onus("diff", "-", new, "--exit-code", "--since", "1d", "--config", onus.settings_path, stdin=NEW)
    assert done.returncode == 0, done.stdout


def test_rows_that_never_matched(service):
    onus = recorded(service)
    done = run_onus("check", onus.chart_path, "--since", "180d", "--config", onus.settings_path)
    assert done.returncode == 0, done.stderr
    assert '"never" owns none of the 5 alerts recorded since' in done.stdout and "[never-matched]" in done.stdout
    assert done.stdout.count("never-matched") == 1
    line = int(done.stdout.split("raci.yaml:")[1].split(":")[0])
    with open(onus.chart_path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    lines[line - 1] += " # onus: allow never-matched: rare, and paged when it comes"
    allowed = onus.write("allowed.yaml", "\n".join(lines) + "\n")
    done = run_onus("check", allowed, "--since", "180d", "--config", onus.settings_path)
    assert done.returncode == 0 and "never-matched" not in done.stdout and "1 allowed by comments" in done.stdout
    assert "unused-allow" not in run_onus("check", allowed).stdout, "history was not asked"
    done = run_onus("check", onus.chart_path, "--since", "2100-01-01T00:00:00Z", "--config", onus.settings_path)
    assert done.returncode == 0 and "never-matched" not in done.stdout and "nothing was recorded" in done.stderr


def test_junit_that_every_reader_understands(tmp_path):
    cases = tmp_path / "cases.yaml"
    cases.write_text('version: 1\ncases:\n  - { name: "<&\\"\\u0007\\uFFFE>", labels: { a: b }, expect: { loop: science } }\n'
                     "  - { name: good, labels: { a: b }, expect: { loop: system } }\n", encoding="utf-8")
    chart = tmp_path / "raci.yaml"
    chart.write_text(OLD, encoding="utf-8")
    junit = tmp_path / "junit.xml"
    done = run_onus("test", "--chart", str(chart), str(cases), "--junit", str(junit))
    assert done.returncode == 1, done.stderr
    root = ElementTree.parse(junit).getroot()
    assert root.attrib["tests"] == "2" and root.attrib["failures"] == "1"
    suite = root.find("testsuite")
    assert suite.attrib["name"] == str(cases)
    failed = [case for case in suite.iter("testcase") if case.find("failure") is not None]
    assert len(failed) == 1 and "expected science, came system" in failed[0].find("failure").attrib["message"]


def test_the_shipped_cases():
    done = run_onus("test", "--chart", f"{ROOT}/config/raci.yaml", f"{ROOT}/config/cases.yaml")
    assert done.returncode == 0, done.stdout


def test_an_alert_is_asked_with_the_handoff_that_it_began_under(service):
    science = charts.activity("before-acceptance", [['model != ""', handoffs.BEFORE_ACCEPTANCE]], loop="science",
                              responsible="expert", consulted=["engineer"], group_by=["..."])
    serving = charts.activity("serving", [['model != ""']], group_by=["..."])
    onus = service(charts.chart(science, serving))
    assert onus.post("/v1/handoffs", handoffs.manifest()).status == 201
    onus.send_alerts(alert("Early", model="fraud", model_version="1.0.0", starts_at=timestamp()))
    time.sleep(0.005)  # alerts carry milliseconds
    assert onus.post("/v1/handoffs/fraud/1.0.0/accept", {"reason": "it holds", "by": "Ann"}).status == 200
    time.sleep(0.005)
    onus.send_alerts(alert("Later", model="fraud", model_version="1.0.0", starts_at=timestamp()))
    onus.write("old.yaml", charts.chart(science, serving))
    onus.write("new.yaml", charts.chart(serving))
    found = json.loads(diff(onus, "--json"))
    assert found["alerts"]["before"] == 2
    assert [(a["name"], a["row_before"]) for a in found["changed_alerts"]] == [("Early", "before-acceptance")]
