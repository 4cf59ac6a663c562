"""A gate on the way to the database: shut, it cuts who is inside, and turns away and counts who comes.

Its address is TCP; behind it stands the cluster's Unix socket. The one difficulty is cutting: a reset, both ways, as of a
machine that lost its database while the database goes on.
"""

import os
import socket
import struct
import threading


class Gate:
    def __init__(self, database):
        self._behind = os.path.join(database.cluster.directory, ".s.PGSQL.5432")
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._lock = threading.Lock()
        self._inside = []
        self._shut = False
        self.turned_away = 0
        port = self._listener.getsockname()[1]
        self.conninfo = f"host=127.0.0.1 port={port} user=postgres dbname={database.name} sslmode=disable"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                came, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._shut:
                    self.turned_away += 1
                    came.close()
                    continue
                behind = socket.socket(socket.AF_UNIX)
                try:
                    behind.connect(self._behind)
                except OSError:
                    behind.close()
                    came.close()
                    continue
                self._inside += [came, behind]
            for source, sink in ((came, behind), (behind, came)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def _carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def shut(self):
        with self._lock:
            self._shut = True
            for one in self._inside:
                try:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    one.shutdown(socket.SHUT_RDWR)
                    one.close()
                except OSError:
                    pass
            self._inside = []

    def open(self):
        with self._lock:
            self._shut = False

    def close(self):
        self._listener.close()
        self.shut()
