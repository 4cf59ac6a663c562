"""docs/api.yaml is well-formed, and the running service answers as it says. `make api-tools` installs what judges."""

import os
import subprocess

import pytest

from servers.onus import ROOT, alert

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.join(ROOT, os.environ.get("BUILD", "build"), "api-tools")
CONTRACT = os.path.join(ROOT, "docs", "api.yaml")
SOURCES = [
    {"name": "am", "format": "alertmanager"},
    {"name": "prometheus", "format": "prometheus"},
    {"name": "events", "format": "cloudevent"},
    {"name": "pd", "format": "pagerduty-event", "routing_keys_file": "keys"},
]


def judge(program, *arguments):
    assert os.path.exists(os.path.join(TOOLS, "done")), "run `make api-tools` first"
    path = os.path.join(TOOLS, "venv", "bin")
    done = subprocess.run(
        [os.path.join(TOOLS, program), *arguments], capture_output=True, text=True, timeout=240, check=False, cwd=HERE,
        env={**os.environ, "PATH": path + os.pathsep + os.environ["PATH"], "REDOCLY_TELEMETRY": "off",
             "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]


def test_the_description_has_no_fault():
    judge("node_modules/.bin/redocly", "lint", "--config", os.path.join(HERE, "redocly.yaml"), CONTRACT)


@pytest.mark.parametrize("role", ["admin", "none"])
def test_the_service_answers_as_it_says(service, tmp_path, role):
    """The same requests each time: the seed is fixed, and each operation has a bounded number of them."""
    onus = service(start=False, sources=SOURCES, loopback_role=role)
    onus.write("keys", "0123456789abcdef0123456789abcdef\n")
    onus.start()
    onus.send_alerts(alert())
    judge("venv/bin/schemathesis", "--config-file", os.path.join(HERE, "schemathesis.toml"), "run", CONTRACT, "--url", onus.url,
          "--phases", "examples,coverage,fuzzing", "--max-examples", "5" if role == "admin" else "1", "--seed", "1",
          "--no-shrink", "--continue-on-failure", "--warnings", "off", "--request-timeout", "20")
    assert onus.is_running()
