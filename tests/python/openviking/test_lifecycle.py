# SPDX-License-Identifier: Apache-2.0
"""Threads, event loops, closes and forks."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

from openviking.storage.expr import Eq
from ov_host.openviking import shelf
from support import OnNative, OnPostgres, PlaceCase, context, facade, record, vector

THREADS = 16
ROUNDS = 6


class Cases:
    def work(self, adapter, number: int) -> None:
        """What one thread does with keys of its own; every answer is looked at."""
        mine = Eq("name", f"t{number}")
        for turn in range(ROUNDS):
            keys = [f"t{number}-{turn}-{i}" for i in range(3)]
            batch = [record(key, f"/resources/{key}", name=f"t{number}") for key in keys]
            self.assertEqual(adapter.upsert(batch), keys)
            self.assertEqual([r["id"] for r in adapter.get(keys)], keys)
            self.assertEqual(len(adapter.query(query_vector=vector(1), filter=mine, limit=3)), 3)
            self.assertEqual(adapter.delete(ids=keys[:1]), 1)
            self.assertEqual(adapter.count(mine), 2 * (turn + 1))

    def test_sixteen_threads_work_while_others_close(self):
        adapter = self.made()
        done = threading.Event()

        def close_again_and_again():
            while not done.wait(0.05):
                adapter.close()
                adapter.close()

        closer = threading.Thread(target=close_again_and_again)
        closer.start()
        try:
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda n: self.work(adapter, n), range(THREADS)))
        finally:
            done.set()
            closer.join()

        self.assertEqual(adapter.count(), THREADS * ROUNDS * 2)

    def test_several_event_loops_share_one_adapter(self):
        config = self.place.config()
        total = []

        async def in_a_loop(backend, number):
            ctx = context(f"tenant{number}")
            for turn in range(5):
                await backend.upsert(record(f"{number}-{turn}", f"/resources/{turn}"), ctx=ctx)
                await asyncio.gather(*(backend.count(ctx=ctx) for _ in range(4)))
            total.append(await backend.count(ctx=ctx))

        async def whole():
            async with facade(config) as backend:
                threads = [
                    threading.Thread(target=lambda n=n: asyncio.run(in_a_loop(backend, n)))
                    for n in range(4)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    await asyncio.to_thread(thread.join)

        asyncio.run(whole())

        self.assertEqual(total, [5, 5, 5, 5])

    def test_calls_after_a_close_work_and_find_what_was_written(self):
        adapter = self.made()
        adapter.upsert(record("a", "/a"))
        held = adapter.get_collection()
        adapter.close()
        adapter.close()

        self.assertEqual(adapter.count(), 1)
        self.assertEqual(adapter.get(["a"])[0]["id"], "a")
        self.assertEqual(held.fetch_data(["a"]).items[0].id, "a")
        held.close()
        self.assertTrue(adapter.collection_exists())

    def test_adapters_on_one_place_share_a_store(self):
        first, second = self.made(), self.adapter()

        self.assertIs(first._link.store(), second._link.store())
        first.upsert(record("a", "/a"))
        self.assertEqual(second.count(), 1)
        first.close()
        self.assertEqual(second.count(), 1)

    def test_the_store_is_closed_when_the_last_adapter_is(self):
        first, second = self.made(), self.adapter()
        store = first._link.store()
        where = first._link.settings.where

        first.close()
        self.assertFalse(store.closed)
        second.close()

        self.assertTrue(store.closed)
        self.assertNotIn(where, shelf._entries)

    def test_an_adapter_that_is_forgotten_gives_its_store_back(self):
        adapter = self.place.adapter()
        store, where = adapter._link.store(), adapter._link.settings.where

        del adapter
        shelf.give(shelf.take(where))

        self.assertTrue(store.closed)
        self.assertNotIn(where, shelf._entries)

    def test_a_child_that_is_forked_while_others_hold_every_lock_does_not_hang(self):
        adapter = self.place.adapter()
        self.addCleanup(adapter.close)
        with shelf._lock, adapter._link.lock, shelf._entries[adapter._link.settings.where].gate:
            child = os.fork()
            if child == 0:
                signal.alarm(10)
                try:
                    adapter.collection_exists()
                except Exception:
                    os._exit(7)
                os._exit(1)

        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)

    def test_a_scope_of_bulk_ingest_that_was_not_begun_cannot_end(self):
        adapter = self.made()
        adapter.begin_bulk_ingest()
        adapter.end_bulk_ingest()

        with self.assertRaises(RuntimeError):
            adapter.end_bulk_ingest()

    def test_a_forked_child_is_told_so(self):
        adapter = self.made()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            text = "no error"
            try:
                adapter.count()
            except Exception as err:
                text = str(err)
            try:
                adapter.close()
                adapter.count()
                text += "|no error"
            except Exception as err:
                text += "|" + str(err)
            os.write(write, text.encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as answers:
            first, second = answers.read().split("|")
        os.waitpid(child, 0)

        self.assertIn("fork", first)
        self.assertIn("fork", second)
        self.assertEqual(adapter.count(), 0)

    def test_a_wrong_key_is_named_when_the_adapter_is_made(self):
        with self.assertRaisesRegex(ValueError, "no_such_key"):
            self.place.adapter({"no_such_key": "x"})
        with self.assertRaisesRegex(LookupError, "no_such_provider"):
            self.place.adapter({"backend": "no_such_provider"})


START_AT_EACH_LINE = """
import sys
from types import SimpleNamespace
from ov_host.openviking import HostCollectionAdapter
config = SimpleNamespace(path=sys.argv[1], custom_params={"backend": "native"})
for line in sys.stdin:
    try:
        adapter = HostCollectionAdapter.from_config(config)
        print("answer: opened", adapter.count(), flush=True)
    except Exception as err:
        print("answer:", err.code, err, flush=True)
"""


class Native(OnNative, Cases, PlaceCase):
    def test_a_second_server_is_told_at_its_start_which_process_writes(self):
        adapter = self.made()
        adapter.upsert(record("a", "/a"))
        other = subprocess.Popen([sys.executable, "-c", START_AT_EACH_LINE, self.place.workspace],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(other.communicate)

        def start() -> str:
            other.stdin.write("go\n")
            other.stdin.flush()
            return next(line for line in other.stdout if line.startswith("answer: "))

        self.assertRegex(start(), f"^answer: OV_BUSY process {os.getpid()} writes to '.*ov_native'")
        adapter.close()
        self.assertEqual(start(), "answer: opened 1\n")


class Postgres(OnPostgres, Cases, PlaceCase):
    pass


if __name__ == "__main__":
    unittest.main()
