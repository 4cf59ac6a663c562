"""Fixtures of the tests that drive the real binary: a PostgreSQL cluster for all, a database, sinks and services for each.

Whatever a test started is stopped when it ends, and a service that was not killed on purpose must end with 0 and without
a sanitizer's report.
"""

import os
import pathlib
import shutil
import tempfile

import pytest

from servers import charts
from servers.http_sink import HttpSink
from servers.mail import MailServer
from servers.onus import Onus
from servers.postgres import Cluster


@pytest.fixture(scope="session")
def cluster():
    made = Cluster()
    yield made
    made.close()


@pytest.fixture
def database(cluster):
    made = cluster.create_database()
    yield made
    made.drop()


@pytest.fixture(scope="module")
def open_directory():
    """A directory that the private cluster's user may enter: pytest's own are closed to it."""
    made = tempfile.mkdtemp(prefix="onus-e2e-")
    os.chmod(made, 0o755)
    yield pathlib.Path(made)
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def sink():
    made = HttpSink()
    yield made
    made.close()


@pytest.fixture(scope="session")
def mail_server(tmp_path_factory):
    made = MailServer(tmp_path_factory.mktemp("mail"))
    yield made
    made.close()


@pytest.fixture
def mail(mail_server):
    mail_server.forget()
    return mail_server


@pytest.fixture
def service(tmp_path, database, sink):
    """Makes services: service(chart=…, start=False, **settings). All share the test's database and sink."""
    made = []

    def make(chart=None, name=None, start=True, base=None, **changes):
        settings = charts.settings(sink, **changes) if base is None else base
        directory = tmp_path / (name or f"onus{len(made)}")
        onus = Onus(directory, settings, chart or charts.chart(), database.conninfo)
        made.append(onus)
        return onus.start() if start else onus

    yield make
    stop_all(made)


def stop_all(services):
    problems = []
    for onus in services:
        try:
            onus.stop()
        except Exception as error:  # stop them all first, then say what went wrong
            onus.kill()
            problems.append(str(error))
        problems.extend(sanitizer_reports(onus.log))
    assert not problems, "\n".join(problems)


def sanitizer_reports(log):
    words = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "WARNING: ThreadSanitizer")
    return [log] if any(word in log for word in words) else []


@pytest.fixture
def onus(service):
    return service()
