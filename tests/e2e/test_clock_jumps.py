"""Somebody sets the machine's clock by an hour: nothing that is due waits for an hour, and nothing comes early.

Here `--local`, so that the database's clock jumps as well."""

import os
import subprocess

import pytest
from servers import charts
from servers.client import eventually, never
from servers.onus import Onus, alert
from servers.told import reasons, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture
def jumping(tmp_path_factory, open_directory):
    """The environment of a service whose clock jumps, and how to make it jump. PostgreSQL, as another user, reads it too."""
    library, offset = str(open_directory / "jump.so"), open_directory / "jump"
    source = os.path.join(os.path.dirname(HERE), "servers", "jump.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
    offset.write_text("0")
    environment = {"LD_PRELOAD": library, "JUMP_FILE": str(offset), "ASAN_OPTIONS": "verify_asan_link_order=0"}
    return environment, lambda seconds: offset.write_text(str(seconds))


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_jump_moves_no_deadline(tmp_path, open_directory, sink, jumping, seconds):
    environment, jump = jumping
    soon = charts.activity("soon", [['alertname = "Soon"']], acknowledge_within="4s")
    late = charts.activity("late", [['alertname = "Late"']], acknowledge_within="30m")
    local = open_directory / f"jump{seconds}"
    onus = Onus(tmp_path / "onus", charts.settings(sink), charts.chart(soon, late), local=local)
    onus.start(env=environment)
    try:
        onus.send_alerts(alert("Soon"), alert("Late"))
        wait_for(sink, "/r", "opened", 2)
        jump(seconds)
        wait_for(sink, "/a", "escalated", 1, timeout=40)
        eventually(lambda: "clock has jumped" in onus.log, 20, what="it is noticed")
        names = [i["title"] for i in onus.incidents() if i["state"] == "triggered"]
        assert len(names) == 2
        never(lambda: reasons(sink, "/a").count("escalated") > 1 and "Late" in told_of(sink), 3, what="an early one")
        onus.send_alerts(alert("Later"))
        wait_for(sink, "/r", "opened", 3, timeout=20)
    finally:
        jump(0)
        onus.stop()


def told_of(sink):
    return {m["incident"]["labels"]["alertname"] for r in sink.requests("/a") for m in [r.json] if m["reason"] == "escalated"}
