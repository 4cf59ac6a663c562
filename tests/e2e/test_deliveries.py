"""Deliveries with ids that gather in one batch: one look at the database for all, and a second try of one that was not
kept is not told that it was."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from servers import charts
from servers.client import eventually
from servers.onus import alert, webhook

CLOUD = {"Content-Type": "application/cloudevents+json"}
SOURCES = [{"name": "am", "format": "alertmanager"}, {"name": "cloud", "format": "cloudevent"}]


@pytest.fixture
def onus(service):
    return service(charts.chart(group_by=["..."], consulted=None, informed=None), sources=SOURCES, committers=1)


def cloudevent(identity):
    return {"specversion": "1.0", "id": identity, "source": "/jobs", "type": "job.failed", "subject": identity,
            "datacontenttype": "application/json", "data": {"summary": f"{identity} failed"}}


def deliver(onus, identity):
    return onus.post("/v1/sources/cloud", cloudevent(identity), CLOUD).status


@contextmanager
def one_batch(onus, database, events):
    """What is posted meanwhile is committed together: the committer waits for a lock until all of it is there."""
    connection = database.cluster.connect(database.name)
    connection.autocommit = False
    with ThreadPoolExecutor(events + 1) as pool, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE incidents IN ACCESS EXCLUSIVE MODE")
        first = pool.submit(onus.post, "/v1/sources/am", webhook(alert("Holds the committer")))
        eventually(lambda: onus.metrics().value("onus_intake_queue_events") == 1, what="a committer that waits")
        yield pool
        eventually(lambda: onus.metrics().value("onus_intake_queue_events") == 1 + events, what="a batch")
        connection.rollback()
        assert first.result().status == 200
    connection.close()


def looks(database, since):
    with open(os.path.join(database.cluster.directory, "log"), "rb") as log:
        log.seek(since)
        return log.read().count(b"execute seen_deliveries.sql")


def test_a_batch_looks_once_for_all_its_deliveries(onus, database):
    database.query(f"ALTER DATABASE {database.name} SET log_min_duration_statement = 0")
    database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'onus' "
                   "AND datname = current_database()")
    assert deliver(onus, "before") in (200, 202)
    since = os.path.getsize(os.path.join(database.cluster.directory, "log"))
    with one_batch(onus, database, 40) as pool:
        answers = [pool.submit(deliver, onus, f"job-{n % 30}") for n in range(40)]
    assert {answer.result() for answer in answers} <= {200, 202}
    assert looks(database, since) == 1
    assert len(onus.incidents("?limit=200")) == 32, "each job once, and the two from before"
    assert onus.metrics().value("onus_duplicate_deliveries_total") == 10


def test_who_repeats_what_was_not_kept_hears_the_same(onus, database):
    database.query("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                   "IF NEW.key LIKE '%doomed%' THEN RAISE 'not today'; END IF; RETURN NEW; END $$")
    database.query("CREATE TRIGGER refuse BEFORE INSERT ON alert_keys FOR EACH ROW EXECUTE FUNCTION refuse()")
    with one_batch(onus, database, 3) as pool:
        answers = [pool.submit(deliver, onus, "doomed") for _ in range(3)]
    assert [answer.result() for answer in answers] == [503, 503, 503]
    database.query("DROP TRIGGER refuse ON alert_keys")
    assert deliver(onus, "doomed") in (200, 202)
    assert len(onus.incidents()) == 2
