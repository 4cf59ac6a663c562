"""`onus send` and the other subcommands that speak to a service, once it demands credentials of everybody."""

import json

import pytest
from servers.onus import alert, run_onus

SOURCES = [
    {"name": "alertmanager", "format": "alertmanager", "token_file": "token"},
    {"name": "requests", "format": "cloudevent", "secret_file": "signing"},
    {"name": "basic", "format": "alertmanager", "username": "ann", "password_file": "token"},
    {"name": "grafana", "format": "grafana", "secret_file": "signing"},
    {"name": "prometheus", "format": "prometheus", "token_file": "token"},
    {"name": "events", "format": "pagerduty-event", "routing_keys_file": "keys"},
    {"name": "webhook", "format": "pagerduty-webhook", "secret_file": "signing"},
]


@pytest.fixture
def closed(service):
    onus = service(start=False, sources=SOURCES, loopback_role="none")
    onus.write("token", "the-sources-token\n")
    onus.write("signing", "a-signing-key\nan-older-one\n")
    onus.write("keys", "e" * 32 + "\n" + "f" * 32 + "\n")
    onus.start()
    onus.write("api-token", onus.token("tester", "viewer") + "\n")
    return onus


def environment(onus):
    return {"ONUS_URL": onus.url, "ONUS_TOKEN_FILE": onus.path("api-token")}


SENT = {
    "bearer": ["drift"], "signed-cloudevent": ["gpu"], "basic": ["drift", "--source", "basic"],
    "signed-grafana": ["drift", "--source", "grafana"], "prometheus": ["drift", "--source", "prometheus"],
    "routing-key": ["drift", "--source", "events"], "an-end": ["retraining", "--resolve"],
}


@pytest.mark.parametrize("how", SENT)
def test_send_with_the_settings(closed, how):
    if how == "an-end":
        sent = run_onus("send", "retraining", "--config", closed.settings_path, env=environment(closed))
        assert sent.returncode == 0, sent.stderr
    sent = run_onus("send", *SENT[how], "--config", closed.settings_path, "--json", env=environment(closed))
    assert sent.returncode == 0, sent.stderr
    wanted = "resolved" if how == "an-end" else "triggered"
    assert json.loads(sent.stdout)["state"] == wanted


def test_send_with_the_tokens_alone(closed):
    sent = run_onus("send", "drift", env=environment(closed))
    assert sent.returncode == 1 and "--source-token-file" in sent.stderr, sent.stderr
    sent = run_onus("send", "drift", "--source-token-file", closed.path("token"), env=environment(closed))
    assert sent.returncode == 0 and closed.url in sent.stdout, sent.stderr


@pytest.mark.parametrize("line, said", {
    "no such source": ("--source nowhere", 'no source "nowhere"'),
    "another format": ("--source webhook", "is not sent to a source of format pagerduty-webhook"),
}.values())
def test_send_says_what_it_cannot(closed, line, said):
    sent = run_onus("send", "drift", "--config", closed.settings_path, *line.split(), env=environment(closed))
    assert sent.returncode == 1 and said in sent.stderr, sent.stderr


def test_what_is_shown_only_holds_no_secret(closed):
    shown = run_onus("send", "drift", "--config", closed.settings_path, "--source", "events", "--dry-run")
    assert json.loads(shown.stdout)["event_action"] == "trigger" and "eeee" not in shown.stdout


def test_every_subcommand_asks_the_environment(closed):
    closed.post("/v1/sources/alertmanager", {"alerts": [alert("One")]}, {"Authorization": "Bearer the-sources-token"})
    for line in ("report --json", "handoff list --json", "handoff show none 1"):
        answered = run_onus(*line.split(), env=environment(closed))
        assert "Connection refused" not in answered.stderr and " 401" not in answered.stderr, (line, answered.stderr)
        assert answered.returncode == (1 if "show" in line else 0), (line, answered.stderr)
        refused = run_onus(*line.split(), env={"ONUS_URL": closed.url})
        assert refused.returncode == 1 and "401" in refused.stderr, (line, refused.stderr)
        assert "ONUS_TOKEN_FILE" in refused.stderr
    assert run_onus("report").returncode == 2
    assert run_onus("report", env={"ONUS_URL": ""}).returncode == 2
