"""`--local`, killed while it made its database: the session of the dead one may still be at it when the next one starts."""

import os
import threading
import time

import psycopg2
import pytest
from servers import charts
from servers.onus import Onus


@pytest.fixture
def local(tmp_path, open_directory, sink):
    onus = Onus(tmp_path / "onus", charts.settings(sink), charts.chart(), local=open_directory / "made").start()
    yield onus
    onus.stop()


def test_a_database_that_somebody_else_is_making(local):
    socket = os.path.join(os.path.realpath(local.local), "run")
    local.kill()
    admin = psycopg2.connect(host=socket, user="onus", dbname="postgres")
    admin.autocommit = True
    admin.cursor().execute("DROP DATABASE onus WITH (FORCE)")
    admin.close()
    # PostgreSQL copies template1, waits 5 s for those who use it, and then refuses.
    busy = psycopg2.connect(host=socket, user="onus", dbname="template1")
    threading.Thread(target=lambda: (time.sleep(7), busy.close())).start()
    local.start()
    assert local.get("/-/ready").status == 200
