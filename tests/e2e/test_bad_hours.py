"""The database's bad hours: it takes no writes, it hangs, it comes back. A PostgreSQL of its own, which the tests spoil."""

import os
import subprocess

import pytest
from servers import charts
from servers.client import eventually
from servers.onus import alert, resolved, webhook
from servers.postgres import Cluster
from servers.told import wait_for
from test_deliveries import one_batch


@pytest.fixture(scope="module")
def cluster():
    made = Cluster()
    yield made
    made.close()


@pytest.fixture
def configure(cluster):
    """configure(name, value): a setting of the running server, until the test ends."""
    changed = []

    def change(name, value):
        changed.append(name)
        execute(cluster, f"ALTER SYSTEM SET {name} = '{value}'", "SELECT pg_reload_conf()")

    yield change
    for name in changed:
        execute(cluster, f"ALTER SYSTEM RESET {name}", "SELECT pg_reload_conf()")


def execute(cluster, *statements):
    connection = cluster.connect()
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def ready(onus):
    return onus.get("/-/ready")


def becomes(onus, status):
    return eventually(lambda: ready(onus).status == status and ready(onus), 20, what=f"/-/ready {status}").json


# ── ready is a committed write ──


@pytest.mark.parametrize(("name", "value", "back", "problem"), [
    ("default_transaction_read_only", "on", "off", "read-only"),
    ("synchronous_standby_names", "nobody", "", "answer"),
])
def test_a_server_that_commits_nothing_is_not_ready(service, cluster, configure, name, value, back, problem):
    onus = service()
    assert ready(onus).json["database"] == "up"
    configure(name, value)
    refused = becomes(onus, 503)
    assert refused["ready"] is False and problem in refused["database"], refused
    assert onus.metrics().value("onus_database_up") == 0
    assert onus.get("/-/healthy").status == 200, "a restart would mend nothing"
    configure(name, back)
    assert becomes(onus, 200)["database"] == "up"
    eventually(lambda: onus.metrics().value("onus_database_up") == 1, what="up")


@pytest.fixture
def small_disk(cluster):
    """A tablespace on a disk of 32 MB."""
    place = os.path.join(cluster.directory, "small")
    os.mkdir(place)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "onus-test", place], capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        os.chmod(place, 0o777)
        os.mkdir(os.path.join(place, "space"), 0o700)
        owner = os.stat(cluster.data)
        os.chown(os.path.join(place, "space"), owner.st_uid, owner.st_gid)
        execute(cluster, f"CREATE TABLESPACE small LOCATION '{place}/space'")
        yield place
        execute(cluster, "DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", place], check=True)


def fill(path):
    """Takes all that is left of a disk."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="No space left"):
            while True:
                os.write(file, b"." * 4096)
    finally:
        os.close(file)


def test_a_full_disk_is_not_ready(small_disk, database, service):
    execute(database.cluster, f"ALTER DATABASE {database.name} SET TABLESPACE small")
    onus = service()
    filler = os.path.join(small_disk, "filler")
    fill(filler)
    assert "extend" in becomes(onus, 503)["database"]
    os.unlink(filler)
    becomes(onus, 200)


# ── probes and scrapes wait for nobody ──


def test_probes_do_not_wait_for_the_workers(service, database):
    """Every worker waits for a lock, and requests wait for the workers; Prometheus and the balancer are answered."""
    onus = service(charts.chart(), api_workers=2)
    connection = database.cluster.connect(database.name)
    connection.autocommit = False
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE incidents IN ACCESS EXCLUSIVE MODE")
        with_workers = [subprocess.Popen(["curl", "-s", "-o", "/dev/null", onus.url + "/v1/incidents"]) for _ in range(6)]
        for path in ("/-/ready", "/-/healthy", "/metrics") * 3:
            onus.get(path, timeout=2)
        assert all(process.poll() is None for process in with_workers), "they still wait"
        connection.rollback()
    connection.close()
    for process in with_workers:
        assert process.wait(30) == 0
    assert "onus_database_state_age_seconds" in onus.metrics().text


# ── a row that a newer node has written ──


def test_an_unreadable_incident_concerns_its_own_alerts_alone(service, database):
    """One in a batch of many: its sender repeats, everybody else is done."""
    onus = service(charts.chart(group_by=["alertname"], acknowledge_within="2s"), committers=1)
    onus.send_alerts(alert("Theirs"))
    database.query("UPDATE incidents SET loop = 'of tomorrow'")
    with one_batch(onus, database, 31) as pool:
        theirs = pool.submit(onus.post, "/v1/sources/am", webhook(resolved(alert("Theirs"))))
        others = [pool.submit(onus.post, "/v1/sources/am", webhook(alert(f"Other{n}"))) for n in range(30)]
    assert {other.result().status for other in others} == {200}
    assert theirs.result().status == 503
    assert onus.post("/v1/sources/am", webhook(resolved(alert("Theirs")))).status == 503, "as long as it is so"
    assert onus.log.count("cannot be read") == 1, "said once"
    assert onus.metrics().value("onus_unreadable_rows_total") >= 2
    assert len(onus.incidents("?limit=200")) == 32, "the list shows it, too"
    database.query("UPDATE incidents SET loop = 'system' WHERE loop = 'of tomorrow'")
    assert onus.post("/v1/sources/am", webhook(resolved(alert("Theirs")))).status == 200


def test_unreadable_incidents_that_are_due_hold_up_no_other(service, database, sink):
    onus = service(charts.chart(group_by=["alertname"], acknowledge_within="1h"))
    onus.send_alerts(*[alert(f"Theirs{n}") for n in range(70)])
    database.query("UPDATE incidents SET loop = 'of tomorrow', due_at = due_at - interval '2 hours'")
    onus.send_alerts(alert("Ours"))
    database.query("UPDATE incidents SET due_at = due_at - interval '90 minutes' WHERE loop = 'system'")
    wait_for(sink, "/a", "escalated", 1, timeout=15)
    assert onus.log.count("cannot be read") <= 70
