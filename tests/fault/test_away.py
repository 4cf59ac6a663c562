"""The database is away while there is something to record: the service bears it, and says so once."""

import threading
import time

import pytest
from servers import charts
from servers.client import eventually
from servers.gate import Gate
from servers.http_sink import ok
from servers.onus import Onus, alert
from servers.told import messages


@pytest.fixture
def gate(database):
    made = Gate(database)
    yield made
    made.close()


def held_until(event):
    def behave(handler):
        event.wait(60)
        ok()(handler)

    return behave


def test_results_to_record_while_it_is_away(tmp_path, sink, gate):
    arrived = threading.Event()
    chart = charts.chart(group_by=["..."], consulted=None, informed=None)
    onus = Onus(tmp_path / "onus", charts.settings(sink), chart, gate.conninfo).start()
    try:
        sink.script("/r", held_until(arrived))
        onus.send_alerts(*[alert(f"Away{number}") for number in range(20)])
        eventually(lambda: sink.requests("/r"), what="pages are under way")
        gate.shut()
        before = len(onus.log.splitlines())
        arrived.set()
        eventually(lambda: "database away" in onus.log, what="it is noticed")
        time.sleep(4)  # what is counted below came a thousand times a second
        assert gate.turned_away < 40
        said = onus.log.splitlines()[before:]
        assert sum("database away" in line for line in said) == 1
        assert len(said) < 12, "\n".join(said)
        gate.open()
        eventually(lambda: onus.get("/-/ready").status == 200, 20, what="ready again")
        eventually(lambda: onus.metrics().value("onus_messages_waiting") == 0, 30, what="all is recorded")
        assert len(messages(sink, "/r")) == 20, "each page once"
        assert onus.log.count("event=\"database back\"") == 1, onus.log
    finally:
        onus.stop()
