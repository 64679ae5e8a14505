# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL that is away for longer than a call may last, as in a failover."""

import socket
import threading
import time
import unittest
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import ov_host
import support
from ov_host.openviking.link import SEEN_SECONDS, patience
from support import vector


def _end(link):
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:  # its other side was faster
        pass


def _pump(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for link in (one, other):
        _end(link)


class Door:
    """Stands before the server's socket. While it is shut, its port refuses."""

    def __init__(self, url: str):
        parts = urllib.parse.urlsplit(url)
        said = urllib.parse.parse_qs(parts.query)
        self._server = f"{said['host'][0]}/.s.PGSQL.{said['port'][0]}"
        self._lock = threading.Lock()
        self._links: list[socket.socket] | None = []  # None: it is shut
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"postgresql://{parts.username}@127.0.0.1:{self.port}{parts.path}"
        self._serve()

    def _serve(self):
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._server)
            with self._lock:
                if self._links is None:  # shut since it was accepted
                    _end(near)
                    return
                self._links += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=pair, daemon=True).start()

    def shut(self):
        """The port stays taken, so that nobody else gets it meanwhile."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self.port))
        with self._lock:
            links, self._links = self._links, None
        for link in links:
            _end(link)

    def open(self):
        self._links = []
        self._socket.listen()
        self._serve()

    def close(self):
        if self._links is not None:
            self.shut()
        self._socket.close()


class Patience(support.OnPostgres, support.PlaceCase):
    def setUp(self):
        self.door = Door(self.place.custom["url"])
        self.addCleanup(self.door.close)
        self.made()
        self.adapter_there = self.adapter({"url": self.door.url, "timeout": "1s"})

    def test_what_openviking_would_drop_waits_and_what_a_user_asks_does_not(self):
        adapter = self.adapter_there
        record = {"id": "a", "uri": "viking://resources/a", "vector": vector(1), "level": 2}
        listing = {"filter": {"op": "must", "field": "level", "conds": [2]},
                   "order_by": "updated_at", "limit": 1}
        adapter.upsert(record)
        self.door.shut()
        with ThreadPoolExecutor() as pool:
            calls = [pool.submit(adapter.get, ["a"]),
                     pool.submit(adapter.query, **listing),
                     pool.submit(adapter.upsert, {**record, "id": "b"}),
                     pool.submit(adapter.update_data, [{"id": "a", "level": 2}]),
                     pool.submit(adapter.get_collection().get_meta_data)]
            for _ in range(2):  # each takes the time that a call has
                self.assertRaises(ov_host.UnavailableError, adapter.count)
            ended = [call for call in calls if call.done()]
            self.door.open()
            got, listed, written, changed, meta = [call.result() for call in calls]

        self.assertEqual(ended, [])
        self.assertEqual([one["id"] for one in got], ["a"])
        self.assertEqual(len(listed), 1)
        self.assertEqual(written, ["b"])
        self.assertEqual(changed, ["a"])
        self.assertIn("uri", [field["FieldName"] for field in meta["Fields"]])
        self.assertEqual(adapter.count(), 2)

    def test_a_server_that_is_away_does_not_pass_for_one_that_is_there(self):
        adapter = self.adapter_there
        self.assertTrue(adapter.collection_exists())
        self.door.shut()
        time.sleep(SEEN_SECONDS)

        self.assertRaises(ov_host.UnavailableError, adapter.collection_exists)


class OnNative(support.OnNative, support.PlaceCase):
    def test_a_file_is_never_away_so_its_calls_end_by_the_timeout(self):
        self.made()
        adapter = self.adapter({"timeout": "7s"})

        self.assertEqual(patience(adapter._link.store()), {})
        self.assertEqual(adapter._link.store().settings["timeout"], 7)


if __name__ == "__main__":
    unittest.main()
