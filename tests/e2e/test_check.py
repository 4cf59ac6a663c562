"""`onus check` as editors, hooks and pipelines use it: its forms of output, its schemas, the standard input."""

import json
import os
import re
import subprocess

import jsonschema
import pytest
import yaml

from servers import charts
from servers.onus import BINARY, alert, run_onus
from servers.told import wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONFIG = os.path.join(ROOT, "config")

CHART = """version: 1
teams:
  mlops: { contacts: [chat] }
  leads: { contacts: [chat] }
  idle: { contacts: [chat] }
  spare: { contacts: [chat] } # onus: allow unused-team: hired in May
roles: { engineer: { team: mlops }, head: { team: leads } }
activities:
  - { id: one, loop: system, match: [model = a], responsible: engineer, accountable: head }
  - { id: two, loop: system, match: [model = a, x = "ä"], responsible: enginer, accountable: head }
unowned: { loop: system, responsible: engineer, accountable: head }
"""


class Yaml12(yaml.SafeLoader):
    """As editors read it: a day is a text."""


Yaml12.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def schema(name):
    with open(os.path.join(CONFIG, f"{name}.schema.json"), encoding="utf-8") as file:
        made = json.load(file)
    jsonschema.Draft7Validator.check_schema(made)
    return jsonschema.Draft7Validator(made)


def problems(name, text):
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in schema(name).iter_errors(yaml.load(text, Yaml12))]


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


# ── the schemas for editors ──

@pytest.mark.parametrize("name", ["raci", "onus"])
def test_what_is_shipped_follows_its_schema(name):
    assert problems(name, read("config", f"{name}.yaml")) == []


@pytest.mark.parametrize("document", ["chart", "settings", "channels", "ci"])
def test_what_the_documents_show_follows_the_schemas(document):
    for block in re.findall(r"```yaml\n(.*?)```", read("docs", f"{document}.md"), re.S):
        made = yaml.load(block, Yaml12)
        if isinstance(made, dict) and "activities" in made:
            assert problems("raci", block) == []
        elif isinstance(made, dict) and made.keys() & {"sources", "channels"}:
            assert problems("onus", block) == []


def documented_keys():
    """docs/chart.md: section → its keys, from the tables and from lines like `ID: { name, contacts }`."""
    keys = {}
    for title, body in re.findall(r"^##+ ([^\n]*)\n(.*?)(?=^##|\Z)", read("docs", "chart.md"), re.S | re.M):
        found = re.findall(r"^`ID: \{ (.*?) \}`", body, re.M)
        listed = [name for one in found for name in one.split(", ")]
        for row in re.findall(r"^\| (`[^|]*) \|", body, re.M):
            listed += re.findall(r"`([^`]+)`", row)
        keys[title.strip("`")] = set(listed)
    return keys


def test_the_charts_schema_has_the_keys_of_the_reference():
    known, documented = schema("raci").schema["properties"], documented_keys()
    row = known["activities"]["items"]["properties"]
    assert set(known) == documented["Top level"]
    for section in ("people", "teams", "roles", "services"):
        assert set(known[section]["additionalProperties"]["properties"]) == documented[section], section
    assert set(row) == documented["A row"]
    assert set(schema("raci").schema["definitions"]["layer"]["properties"]) == documented["rotation"]
    assert set(known["unowned"]["properties"]) == set(row) - {"id", "match"}


def described(node, path=""):
    if isinstance(node, dict):
        for name, value in node.get("properties", {}).items():
            if not path.startswith("definitions"):
                yield f"{path}/{name}", "const" in value or bool(value.get("description"))
        for name, value in node.items():
            yield from described(value, f"{path}/{name}" if path else name)
    elif isinstance(node, list):
        for value in node:
            yield from described(value, path)


@pytest.mark.parametrize("name", ["raci", "onus"])
def test_editors_explain_every_key(name):
    assert [path for path, good in described(schema(name).schema) if not good] == []


@pytest.mark.parametrize("old,new,said", [
    ("loop: system, match: [model = a], resp", "loop: sistem, match: [model = a], resp", "'sistem' is not one of"),
    ("id: one", "id: One", "does not match"),
    ("accountable: head }\n  -", "acountable: head }\n  -", "'acountable' was unexpected"),
    ("version: 1", "version: 2", "1 was expected"),
    ("[chat] }\n  leads", "[chat], colour: red }\n  leads", "'colour' was unexpected"),
    ("id: one,", "id: one, verified: today,", "does not match"),
    ("id: one,", "id: one, acknowledge_within: 5 minutes,", "does not match"),
    ("id: one,", "id: one, A/R: engineer,", "is valid under each of"),
])
def test_the_charts_schema_refuses_what_check_refuses(old, new, said):
    good = CHART.replace("enginer", "engineer")
    assert problems("raci", good) == []
    assert old in good
    text = good.replace(old, new, 1)
    assert any(said in one for one in problems("raci", text)), problems("raci", text)
    assert run_onus("check", "-", stdin=text).returncode == 1


@pytest.mark.parametrize("text,good", [
    ("database_file: secrets/database", True),
    ("databse: x", False),
    ("api_workers: 17", False),
    ("log_level: loud", False),
    ("link_lifetime: 1d12h", True),
    ("secrets: { link_key_env: KEY }", True),
    ("secrets: { link_kye: x }", False),
    ("sources: [{ name: am, format: alertmanager, token_file: x }]", True),
    ("sources: [{ name: am, format: alertmanger }]", False),
    ("channels: { chat: { kind: slack, url_file: x } }", True),
    ("channels: { chat: { kind: slack, smtp: x } }", False),
    ("channels: { hook: { kind: webhook, url: 'http://x/y', headers: ['A: 1'], method: PUT } }", True),
    ("channels: { hook: { kind: webhok } }", False),
])
def test_the_settings_schema_agrees_with_check(text, good):
    text = "listen: 127.0.0.1:8080\nchart: " + os.path.join(CONFIG, "raci.yaml") + "\n" + text + "\n"
    assert (problems("onus", text) == []) == good, problems("onus", text)
    said = run_onus("check", "-", stdin=text).stdout
    assert ("<stdin>:3:" not in said) == good, said


# ── contacts ──

CONTACTS = """version: 1
people: { ann: { contacts: ["mail:ann@example.com", "mail:Ann <ann@example.com>"] } }
teams:
  mlops: { contacts: ["hook:ops", chat, "mail:j\u00f6rg@example.de"], rotation: { people: [ann], begins: "2026-01-05T09:00", shift: 1w } }
  leads: { contacts: ["chat:#leads", "pager:leads"] }
roles: { engineer: { team: mlops }, head: { team: leads } }
activities: []
unowned: { loop: system, responsible: engineer, accountable: head }
"""
WAYS = """chart: raci.yaml
channels:
  mail: { kind: email, smtp: "smtp://127.0.0.1:25", from: onus@example.com }
  hook: { kind: webhook }
  chat: { kind: slack, token_file: secrets/none }
  pager: { kind: pagerduty }
"""


def places(done):
    return re.findall(r"^(\w+\.yaml:\d+:\d+): (\w+): .*\[unreachable-contact\]", done.stdout, re.M)


@pytest.mark.parametrize("beside, asked, found", [
    ({}, ["raci.yaml"], ["2:53", "4:41"]),  # by names alone
    ({"onus.yaml": WAYS}, ["onus.yaml"], ["2:53", "4:23", "4:35", "4:41", "5:38"]),
    ({"onus.yaml": WAYS}, ["raci.yaml"], ["2:53", "4:23", "4:35", "4:41", "5:38"]),
    ({"onus.yaml": WAYS}, ["raci.yaml", "onus.yaml"], ["2:53", "4:23", "4:35", "4:41", "5:38"]),
    ({"onus.yaml": WAYS.replace("chart: raci", "chart: other")}, ["raci.yaml"], ["2:53", "4:41"]),
    ({"onus.yaml": WAYS.replace("kind: email", "kind: emial")}, ["raci.yaml"], ["2:53", "4:41"]),
    ({"onus.yaml": WAYS.replace("{ kind: webhook }", "{ kind: webhook, url: 'https://h.example' }")}, ["onus.yaml"],
     ["2:53", "4:35", "4:41", "5:38"]),
])
def test_contacts_that_can_never_be_reached_are_found_at_their_place(tmp_path, beside, asked, found):
    for name, text in {"raci.yaml": CONTACTS, **beside}.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run([BINARY, "check", *asked], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert places(done) == [(f"raci.yaml:{at}", "error") for at in found], done.stdout
    assert done.returncode == 1


def test_a_contact_out_of_reach_takes_no_chart_from_a_running_service(service, sink):
    made = charts.chart_data()
    made["teams"]["r-team"]["contacts"] = ["mail:j\u00f6rg@example.de", "hook-r"]
    mail = {"kind": "email", "smtp": "smtp://127.0.0.1:9", "from": "onus@example.com"}
    onus = service(json.dumps(made), channels={**charts.settings(sink)["channels"], "mail": mail})
    assert "unreachable-contact" in onus.log
    onus.send_alerts(alert())
    wait_for(sink, "/r", "opened")


# ── forms of output ──

def check(tmp_path, *arguments, text=CHART):
    path = tmp_path / "raci.yaml"
    path.write_text(text)
    return subprocess.run([BINARY, "check", *arguments, "raci.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=30)


# The members that SARIF 2.1.0 requires, and those that code reviews read, with their types (OASIS, sarif-schema-2.1.0.json).
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
SARIF = {
    "type": "object", "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["tool"],
            "properties": {
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "tool": {"type": "object", "required": ["driver"], "properties": {"driver": {
                    "type": "object", "required": ["name"],
                    "properties": {"name": {"type": "string"}, "version": {"type": "string"}, "rules": {
                        "type": "array", "uniqueItems": True, "items": {
                            "type": "object", "required": ["id", "shortDescription", "defaultConfiguration"],
                            "properties": {"id": {"type": "string"}, "shortDescription": TEXT, "help": TEXT,
                                           "defaultConfiguration": {"properties": {"level": LEVEL}}}}}}}}},
                "results": {"type": "array", "items": {
                    "type": "object", "required": ["message", "ruleId", "ruleIndex", "level", "locations"],
                    "properties": {
                        "message": TEXT, "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0}, "level": LEVEL,
                        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                        "suppressions": {"type": "array", "items": {
                            "type": "object", "required": ["kind"], "properties": {
                                "kind": {"enum": ["inSource", "external"]}, "justification": {"type": "string"}}}},
                        "locations": {"type": "array", "items": {"type": "object", "properties": {"physicalLocation": {
                            "type": "object", "required": ["artifactLocation"], "properties": {
                                "artifactLocation": {"required": ["uri"], "properties": {"uri": {"type": "string", "pattern": r"^[A-Za-z0-9%._~/:-]+$"}}},
                                "region": {"required": ["startLine"], "additionalProperties": False, "properties": {
                                    "startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1},
                                    "endColumn": {"type": "integer", "minimum": 2}}}}}}}}}}}}}}}}


def test_sarif(tmp_path):
    done = check(tmp_path, "--format=sarif")
    assert done.returncode == 1
    log = json.loads(done.stdout)
    jsonschema.Draft7Validator(SARIF).validate(log)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(one["ruleId"] == rules[one["ruleIndex"]]["id"] for one in run["results"])
    found = {one["ruleId"]: one for one in run["results"] if "suppressions" not in one}
    assert set(found) == {"unknown-role", "unused-team"}, "an error hides no warning"
    result = found["unknown-role"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "raci.yaml"
    region = result["locations"][0]["physicalLocation"]["region"]
    line = CHART.splitlines()[region["startLine"] - 1]
    assert line[region["startColumn"] - 1:region["endColumn"] - 1] == "enginer", "columns are characters, not bytes"
    log = json.loads(check(tmp_path, "--format=sarif", text=CHART.replace("enginer", "engineer")).stdout)
    jsonschema.Draft7Validator(SARIF).validate(log)
    allowed = [one for one in log["runs"][0]["results"] if "suppressions" in one]
    assert [(one["ruleId"], one["suppressions"][0]["justification"]) for one in allowed] == [("unused-team", "hired in May")]


def test_a_path_is_a_uri(tmp_path):
    (tmp_path / "a b%.yaml").write_text(CHART)
    done = subprocess.run([BINARY, "check", "--format=sarif", "./a b%.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=30)
    log = json.loads(done.stdout)
    jsonschema.Draft7Validator(SARIF).validate(log)
    assert log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b%25.yaml"


def test_gitlab(tmp_path):
    report = json.loads(check(tmp_path, "--format=gitlab").stdout)
    jsonschema.Draft7Validator({"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string"}, "check_name": {"type": "string"}, "fingerprint": {"type": "string", "minLength": 32},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {"type": "object", "required": ["path", "lines"], "properties": {
                "path": {"pattern": "^[^./]"}, "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}}}}}}}
    ).validate(report)
    assert [(one["check_name"], one["location"]["lines"]["begin"]) for one in report] == [("unused-team", 5), ("unknown-role", 10)]


def test_github(tmp_path):
    lines = check(tmp_path, "--format=github").stdout.splitlines()
    assert len(lines) == 2 and lines[0].startswith("::warning file=raci.yaml,line=5,"), "an error hides no warning"
    assert re.fullmatch(r'::error file=raci\.yaml,line=10,col=\d+,endColumn=\d+,title=onus unknown-role::there is no role "enginer"; '
                        r'did you mean "engineer"\?', lines[1])


def test_the_standard_input_and_the_exit_status():
    good = CHART.replace("enginer", "engineer").replace("model = a, x", "model = b, x")
    done = run_onus("check", "-", stdin=good)
    assert done.returncode == 0 and "<stdin>:5:3: warning:" in done.stdout and "1 allowed by comments" in done.stdout
    assert run_onus("check", "--strict", "-", stdin=good).returncode == 1
    done = run_onus("check", "-", stdin=CHART)
    assert done.returncode == 1 and "    ^" not in done.stderr and "^~~~~~~" in done.stdout
    assert run_onus("check", "--explain", "nonsense").returncode == 2


def test_the_running_service_honours_what_is_allowed(service):
    """A chart that only its comment makes good is taken; without the comment it is refused."""
    made = charts.chart_data(charts.activity("first"))
    text = json.dumps({**made, "activities": []})
    assert '"activities": []' in text
    hidden = json.dumps(charts.activity("the-same-again"))

    def chart(comment):
        return text.replace('"activities": []', f'"activities": [\n{json.dumps(made["activities"][0])},\n{comment}{hidden}]')

    onus = service(start=False)
    onus.write_chart(chart("# onus: allow shadowed-row: kept for its name\n"))
    onus.start()
    onus.replace_chart(chart(""))
    reply = onus.post("/-/reload")
    assert reply.status >= 400 and "shadowed-row" in reply.text, reply.text
