"""What an operator watches: metrics, health, logs, and a stop that loses nothing."""

import json
import os
import re
import subprocess
import threading

from servers import charts
from servers.client import basic, bearer, call, eventually
from servers.http_sink import hang, status
from servers.onus import Onus, alert, resolved, run_onus, webhook
from servers.told import messages, wait_for


def test_promtool_finds_no_fault(onus, sink):
    firing = alert(model='quo"te\\back\nline')
    onus.send_alerts(firing)
    onus.send_alerts(firing)
    wait_for(sink, "/r", "opened")
    reply = onus.get("/metrics")
    assert reply.header("content-type").startswith("text/plain; version=0.0.4")
    done = subprocess.run(["promtool", "check", "metrics"], input=reply.text, capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr + done.stdout


def test_counters_count(service, sink):
    onus = service(charts.chart(charts.activity("narrow", [["team = ml"]])))
    firing = alert("Owned", team="ml")
    onus.send_alerts(firing)
    onus.send_alerts(firing)
    onus.send_alerts(alert("NotOwned"))
    onus.send_alerts(resolved(firing))
    onus.post("/v1/sources/am", b"{not json")
    wait_for(sink, "/i", "resolved")
    # The gauge is the ticker's, and may be older than the messages; the counter is not.
    eventually(lambda: onus.metrics().value("onus_delivery_attempts_total") >= 6, what="every attempt is counted")
    eventually(lambda: onus.metrics().value("onus_messages_waiting") == 0, what="nothing waits")
    metrics = onus.metrics()
    assert metrics.value("onus_events_unowned_total") == 1
    assert metrics.value("onus_events_total", outcome="opened") == 2
    assert metrics.value("onus_events_total", outcome="resolved") == 1
    assert metrics.value("onus_page_seconds_count") >= 2
    assert metrics.value("onus_commit_seconds_count") >= 3
    assert metrics.value("onus_intake_queue_events") == 0
    assert metrics.value("onus_open_alerts_remembered") == 1
    repeated = metrics.value("onus_events_repeated_from_memory_total") or 0
    assert repeated + (metrics.value("onus_events_total", outcome="repeated") or 0) == 1


def test_health(onus):
    for path in ("/-/healthy", "/-/ready"):
        assert onus.get(path).status == 200
        head = call("HEAD", onus.url + path)
        assert head.status == 200 and head.body == b""


def test_graceful_stop_under_load_loses_nothing(service, sink):
    onus = service(charts.chart(group_by=["..."], consulted=None, informed=None))
    accepted, stopping = [], threading.Event()

    def post(worker):
        number = 0
        while not stopping.is_set():
            number += 1
            name = f"Load-{worker}-{number}"
            try:
                if onus.post("/v1/sources/am", webhook(alert(name)), timeout=10).status == 200:
                    accepted.append(name)
            except OSError:
                return  # the listening socket is closed

    threads = [threading.Thread(target=post, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(accepted) > 200, 30, what="load")
    onus.stop()
    stopping.set()
    for thread in threads:
        thread.join()
    onus.start()
    assert len(accepted) > 200

    def missing():
        return set(accepted) - {message["incident"]["labels"]["alertname"] for message in messages(sink, "/r")}

    eventually(lambda: not missing(), 90, 0.2, what="every accepted alert has its page")
    numbers = [message["id"] for message in messages(sink, "/r")]
    assert len(numbers) == len(set(numbers)), "a graceful stop tells nobody twice"


def test_the_address_is_taken(onus, service):
    other = service(start=False)
    other.port = onus.port
    other.write_settings()
    other.start(wait=False)
    assert other.process.wait(30) not in (0, -11, -6)
    other._reader.join(5)
    assert str(onus.port) in other.log


PLANTED = {
    "link": "1111planted-link-key-1111planted-link-key-1111", "slack": "planted-slack-signing-secret",
    "bearer": "planted-bearer-token", "password": "planted-basic-password", "hmac": "planted-webhook-hmac",
    "url": "planted-url-path", "bot": "xoxb-planted-bot-token", "smtp": "planted-smtp-password",
    "routing": "plantedroutingkey000000000000000",
}


def test_logs_and_answers_hold_no_secrets(service, sink, mail, database):
    data = charts.chart_data()
    data["teams"]["r-team"]["contacts"] = ["hidden", "bot", "mail:oncall@example.com", "pd", "hook-r"]
    onus = service(
        json.dumps(data), start=False, log_level="debug",
        secrets={"link_key_file": "link", "slack_signing_secret_file": "slack"},
        sources=[{"name": "am", "format": "alertmanager", "token_file": "bearer"},
                 {"name": "basic", "format": "alertmanager", "username": "u", "password_file": "password"},
                 {"name": "pd-events", "format": "pagerduty-event", "routing_keys_file": "routing"}],
        channels={
            **charts.settings(sink)["channels"],
            "hidden": {"kind": "slack", "url_file": "url", "allow_private": True},
            "bot": {"kind": "slack", "token_file": "bot", "channel": "#x", "api_url": sink.url("/api"),
                    "allow_private": True},
            "mail": {"kind": "email", "smtp": "smtp://127.0.0.1:1", "from": "onus@example.com", "username": "u",
                     "password_file": "smtp", "allow_private": True},
            "pd": {"kind": "pagerduty", "routing_key_file": "routing", "url": sink.url("/pd"), "allow_private": True},
        },
    )
    for name, value in PLANTED.items():
        onus.write(name, value + "\n")
    onus.write("url", sink.url("/planted-url-path") + "\n")
    sink.script("/planted-url-path", status(500))
    sink.script("/api/chat.postMessage", status(403))
    sink.script("/pd", hang())
    onus.start()
    good = onus.post("/v1/sources/am", webhook(alert()), bearer(PLANTED["bearer"]))
    assert good.status == 200
    answers = [
        onus.post("/v1/sources/am", webhook(alert()), bearer("wrong-but-private-token")),
        onus.post("/v1/sources/basic", webhook(alert("Two")), basic("u", PLANTED["password"])),
        onus.post("/v2/enqueue", {"routing_key": PLANTED["routing"], "event_action": "bad"}),
        onus.get("/v1/incidents/1"), onus.get("/metrics"), onus.get("/-/ready"),
    ]
    wait_for(sink, "/r", "opened")
    token = onus.token("someone", "admin")
    onus.get("/v1/incidents", bearer(token))
    eventually(lambda: len(sink.requests("/planted-url-path")) >= 2, what="retries")
    onus.stop()
    seen = onus.log + "".join(answer.text for answer in answers)
    for secret in [*PLANTED.values(), token, "wrong-but-private-token"]:
        assert secret not in seen, f"{secret} was shown"
    kept = "".join(str(database.query(f'SELECT * FROM "{table}"')) for (table,) in database.query(
        "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"))
    for secret in [*PLANTED.values(), token]:
        assert secret not in kept, f"{secret} is in the database"


def test_json_logs(service):
    onus = service(log_format="json")
    onus.post("/v1/sources/am", b"{}")
    onus.stop()
    lines = [line for line in onus.log.splitlines() if line.strip()]
    assert lines and all(isinstance(json.loads(line), dict) for line in lines)


def test_a_log_line_cannot_be_forged(onus):
    onus.send_alerts(alert('x"\nlevel=error event=forged', model="a\r\nb"))
    onus.get("/%0aevent=forged")
    assert not re.search(r"(?m)^level=error event=forged", onus.log)
    assert not re.search(r"(?m)^event=forged", onus.log)


def test_local_cluster(tmp_path, open_directory, sink):
    """`--local`: made on first use, kept, stopped with the service; tokens find it."""
    onus = Onus(tmp_path / "onus", charts.settings(sink), charts.chart(), local=open_directory / "local")
    os.unlink(onus.path("link.key"))
    onus.start()
    try:
        onus.send_alerts(alert())
        wait_for(sink, "/r", "opened")
        assert onus.get("/v1/incidents", bearer(onus.token("ci", "viewer"))).status == 200
        onus.stop()
        assert not os.path.exists(_postmaster_file(onus)), "the cluster stops with the service"
        onus.start()
        assert onus.only_incident()["state"] == "triggered"
    finally:
        onus.stop()


def _postmaster_file(onus):
    for directory, _, files in os.walk(onus.local):
        if "PG_VERSION" in files and "base" in os.listdir(directory):
            return os.path.join(directory, "postmaster.pid")
    raise AssertionError("no cluster was made")


def test_command_line(tmp_path):
    assert run_onus("version").returncode == 0
    helped = run_onus("--help")
    assert helped.returncode == 0
    for name in ("serve", "check", "route", "send", "token", "migrate", "version"):
        assert name in helped.stdout
    assert run_onus("no-such-thing").returncode == 2
    assert run_onus("serve", "--no-such-option").returncode == 2
    assert run_onus("serve", "--config", str(tmp_path / "none.yaml")).returncode not in (0, -11)
