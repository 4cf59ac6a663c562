"""kill -9 under load, of the service and of its database: every alert that got a 2xx has its page afterwards.

The load goes on while things die; a sender keeps a list of what was answered 2xx. Messages that a dead process held are
leased for a minute, but nobody waits for it: the bounds below are well under that.
"""

import glob
import re
import threading
import time

import pytest
from servers import charts
from servers.client import eventually
from servers.http_sink import hang, ok
from servers.onus import Onus, alert, webhook
from servers.postgres import Cluster, kill_tree

CHART = charts.chart(group_by=["..."], consulted=None, informed=None)


class Load:
    """Posts single new alerts from several threads and remembers which were accepted."""

    def __init__(self, onus, workers=4):
        self.onus = onus
        self.accepted, self.refused, self.codes = [], 0, set()
        self.retry_after_missing = 0
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._post, args=(n,), daemon=True) for n in range(workers)]
        for thread in self._threads:
            thread.start()

    def _post(self, worker):
        number = 0
        while not self._stopping.is_set():
            number += 1
            name = f"Load-{worker}-{number}-end"
            try:
                reply = self.onus.post("/v1/sources/am", webhook(alert(name)), timeout=30)
            except OSError:
                self.refused += 1
                time.sleep(0.05)
                continue
            self.codes.add(reply.status)
            if reply.status == 200:
                self.note_accepted(name)
            else:
                self.refused += 1
                self.retry_after_missing += not reply.header("retry-after")
                time.sleep(0.05)

    def note_accepted(self, name):
        self.accepted.append(name)

    def wait(self, more, timeout=60):
        goal = len(self.accepted) + more
        eventually(lambda: len(self.accepted) >= goal, timeout, what=f"{more} more accepted")

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)


def unpaged(load, sink):
    told = set(re.findall(r"Load-\d+-\d+-end", " ".join(request.text for request in sink.requests("/r"))))
    return set(load.accepted) - told


def all_paged(load, sink, timeout):
    eventually(lambda: not unpaged(load, sink), timeout, 0.3, what="every accepted alert has its page")


def test_kill_9_of_the_service_under_load(service, sink):
    onus = service(CHART)
    load = Load(onus)
    for _ in range(3):
        load.wait(150)
        onus.kill()
        onus.start()
    load.wait(50)
    load.stop()
    all_paged(load, sink, 25)
    assert load.codes <= {200, 503}


def test_kill_9_of_the_service_and_what_it_had_in_hand(service, sink, database):
    """The next life sends it as soon as it finds the dead one's lock free, while the lease still runs."""
    sink.script("/r", hang())
    onus = service(CHART)
    load = Load(onus, 2)
    load.wait(40)
    load.stop()
    onus.kill()
    sink.clear()
    sink.script("/r", ok())
    onus.start()
    all_paged(load, sink, 25)
    assert database.query("SELECT name FROM nodes WHERE gone_at IS NULL"), "the new life"


@pytest.fixture
def durable():
    made = Cluster(durable=True)
    yield made
    made.close()


def test_kill_9_of_postgresql_under_load(tmp_path, sink, durable):
    database = durable.create_database()
    onus = Onus(tmp_path / "onus", charts.settings(sink), CHART, database.conninfo).start()
    try:
        load = Load(onus)
        for _ in range(2):
            load.wait(150)
            durable.kill_all()
            eventually(lambda: onus.get("/-/ready").status == 503, 20, what="not ready")
            assert onus.get("/-/healthy").status == 200
            reply = onus.post("/v1/sources/am", webhook(alert("WhileAway")))
            assert reply.status == 503 and int(reply.header("retry-after")) >= 1
            durable.start()
            eventually(lambda: onus.get("/-/ready").status == 200, 30, what="ready again")
        load.wait(50)
        load.stop()
        all_paged(load, sink, 40)
        assert load.codes <= {200, 503} and not load.retry_after_missing
        assert onus.post("/v1/sources/am", webhook(alert("Afterwards"))).status == 200
    finally:
        onus.stop()


def test_kill_9_of_the_local_cluster_and_of_everything(tmp_path, open_directory, sink):
    """`--local`: the service restarts its cluster; and after kill -9 of both it recovers by itself."""
    onus = Onus(tmp_path / "onus", charts.settings(sink), CHART, local=open_directory / "killed").start()
    try:
        load = Load(onus)
        load.wait(100)
        kill_tree(local_postmaster(onus))
        load.wait(100)
        kill_tree(onus.pid)
        onus.process.wait()
        onus.start()
        load.wait(50)
        load.stop()
        all_paged(load, sink, 40)
    finally:
        onus.stop()


def local_postmaster(onus):
    found = glob.glob(onus.local + "/**/postmaster.pid", recursive=True)
    assert len(found) == 1, found
    with open(found[0], encoding="ascii") as file:
        return int(file.readline())
