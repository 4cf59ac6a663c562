"""What a start that cannot go on says: what is wrong, where, and how to mend it. And a stop before it was up is no failure."""

import os
import re
import signal
import subprocess

from servers.client import eventually
from servers.onus import BINARY, Onus, free_port, run_onus
from servers import charts


def said(onus, *words, timeout=20):
    eventually(lambda: all(word in onus.log for word in words), timeout, what=f"{words} in the log")


def test_without_a_database_it_waits_and_stops_when_asked(tmp_path, sink):
    database = f"host=127.0.0.1 port={free_port()} dbname=onus user=onus password=planted-password connect_timeout=2"
    onus = Onus(tmp_path / "onus", charts.settings(sink), charts.chart(), database).start(wait=False)
    said(onus, "no database yet; trying again", "Connection refused", f"`database` in {onus.settings_path}")
    onus.signal(signal.SIGTERM)
    assert onus.process.wait(10) == 0, onus.log
    assert "planted-password" not in onus.log


def test_a_database_that_comes_later_is_found(tmp_path, sink, database):
    made = database.conninfo.replace(f"dbname={database.name}", f"dbname={database.name}_later")
    onus = Onus(tmp_path / "onus", charts.settings(sink), charts.chart(), made).start(wait=False)
    try:
        said(onus, f'{database.name}_later\\" does not exist', "hint=")
        database.query(f"CREATE DATABASE {database.name}_later TEMPLATE template0")
        onus.wait_ready()
    finally:
        onus.stop()
        database.query(f"DROP DATABASE IF EXISTS {database.name}_later")


def test_a_missing_chart_is_named(service):
    onus = service(start=False)
    os.unlink(onus.chart_path)
    onus.start(wait=False)
    assert onus.process.wait(30) == 1
    onus._reader.join(5)
    assert f"`chart` in {onus.settings_path}" in onus.log and "No such file" in onus.log
    assert "mend the places above" not in onus.log


def test_a_taken_address_is_explained(onus, service):
    other = service(start=False)
    other.port = onus.port
    other.write_settings()
    other.start(wait=False)
    assert other.process.wait(30) == 1
    other._reader.join(5)
    assert f"port {onus.port}" in other.log and "change `listen`" in other.log


def refused(service, **source):
    onus = service(start=False, sources=[{"name": "am", **source}])
    onus.write("secret", "0123456789abcdef0123456789abcdef\n")
    onus.start(wait=False)
    assert onus.process.wait(30) == 1
    onus._reader.join(5)
    return onus.log


def test_a_source_that_nobody_could_ever_use_is_refused(service):
    assert "there are alertmanager, grafana" in refused(service, format="alertmanger")
    assert "has no signature" in refused(service, format="alertmanager", secret_file="secret")
    assert "carries no routing key" in refused(service, format="grafana", routing_keys_file="secret")


def test_a_taken_port_is_found_before_a_cluster_is_made(tmp_path, sink, onus):
    local = tmp_path / "made"
    other = Onus(tmp_path / "other", charts.settings(sink), charts.chart(), local=local)
    other.port = onus.port
    other.write_settings()
    other.start(wait=False)
    assert other.process.wait(30) == 1
    other._reader.join(5)
    assert f"port {onus.port}" in other.log and "change `listen`" in other.log
    assert not local.exists() and "local database" not in other.log


def test_settings_are_looked_for_in_three_places(tmp_path):
    def serve():
        return subprocess.run([BINARY, "serve"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)

    done = serve()
    assert done.returncode == 1 and done.stdout == ""
    for place in ("./onus.yaml", "config/onus.yaml", "/etc/onus/onus.yaml", "--config"):
        assert place in done.stderr
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "onus.yaml").write_text("lisen: x\n")
    assert re.search(r"^config/onus.yaml:1:1: error: .*listen", serve().stderr, re.M)
    (tmp_path / "onus.yaml").write_text("\n\nchanels: x\n")
    assert re.search(r"^(\./)?onus.yaml:3:1: error: .*channels", serve().stderr, re.M)


def test_a_route_without_a_label_is_a_usage_error(tmp_path):
    (tmp_path / "raci.yaml").write_text(charts.chart())
    done = run_onus("route", "--chart", str(tmp_path / "raci.yaml"))
    assert (done.returncode, done.stdout) == (2, "") and "label" in done.stderr
