"""A throw-away PostgreSQL cluster for tests, and one database per test in it.

Owns the cluster's life. Unix socket only; when run as root the server runs as user postgres, which refuses root. With
`durable` the cluster keeps fsync on, for the tests that kill it.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg2

BIN = os.environ.get("PG_BIN") or subprocess.run(
    ["pg_config", "--bindir"], capture_output=True, text=True, check=False
).stdout.strip() or "/usr/lib/postgresql/15/bin"


def _as_postgres(command):
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", *command]


class Cluster:
    def __init__(self, durable=False):
        self.directory = tempfile.mkdtemp(prefix="onus-pg-")
        self._durable = durable
        self._made = 0
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        self.start()

    @property
    def data(self):
        return os.path.join(self.directory, "data")

    def _run(self, program, *arguments):
        command = _as_postgres([os.path.join(BIN, program), *arguments])
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def start(self):
        fsync = "on" if self._durable else "off"
        options = f"-k {self.directory} -c listen_addresses= -c fsync={fsync} -c max_connections=200"
        self._run("pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.directory, "log"), "-o", options, "start")

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def postmaster_pid(self):
        with open(os.path.join(self.data, "postmaster.pid"), encoding="ascii") as lines:
            return int(lines.readline())

    def kill_all(self):
        """kill -9 of the postmaster and each of its backends, as the kernel's OOM killer or a power cut would."""
        kill_tree(self.postmaster_pid())

    def conninfo(self, database):
        return f"host={self.directory} user=postgres dbname={database}"

    def connect(self, database="postgres"):
        connection = psycopg2.connect(self.conninfo(database))
        connection.autocommit = True
        return connection

    def create_database(self):
        self._made += 1
        name = f"test_{os.getpid()}_{self._made}"
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        finally:
            connection.close()
        return Database(self, name)

    def close(self):
        try:
            self.stop("immediate")
        except AssertionError:
            pass  # a test killed it
        shutil.rmtree(self.directory, ignore_errors=True)


class Database:
    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name
        self.conninfo = cluster.conninfo(name)

    def query(self, sql, *arguments):
        connection = self.cluster.connect(self.name)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, arguments or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def drop(self):
        connection = self.cluster.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        finally:
            connection.close()


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def kill_tree(pid):
    """SIGKILL for a process and all below it, the parent stopped first so that it starts nothing new."""
    os.kill(pid, signal.SIGSTOP)
    doomed = [pid]
    for parent in doomed:
        doomed.extend(children(parent))
    for victim in doomed:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            pass
    # A zombie still holds its pid, and PostgreSQL refuses to start while the old postmaster's pid exists.
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{victim}") for victim in doomed) and time.monotonic() < deadline:
        time.sleep(0.01)
