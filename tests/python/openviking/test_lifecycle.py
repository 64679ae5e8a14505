# SPDX-License-Identifier: Apache-2.0
"""Threads, event loops, closes and forks."""

import asyncio
import os
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
        store = adapter._link.store()

        del adapter

        self.assertTrue(store.closed)

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


WRITE_AS_WELL = """
import os, sys
from support import Place
try:
    adapter = Place({"backend": "native"}, sys.argv[1]).adapter()
    print("opened", adapter.count())
except Exception as err:
    print(getattr(err, "code", ""), err)
"""


class Native(OnNative, Cases, PlaceCase):
    def other_process(self) -> str:
        folder = os.path.dirname(os.path.abspath(__file__))
        env = {**os.environ, "PYTHONPATH": folder + os.pathsep + os.environ.get("PYTHONPATH", "")}
        done = subprocess.run([sys.executable, "-c", WRITE_AS_WELL, self.place.workspace],
                              env=env, capture_output=True, text=True)
        return done.stdout

    def test_a_second_server_is_told_at_its_start_which_process_writes(self):
        adapter = self.made()

        self.assertRegex(self.other_process(), f"OV_BUSY process {os.getpid()} writes to '.*ov_native'")

        adapter.upsert(record("a", "/a"))
        adapter.close()
        self.assertIn("opened 1", self.other_process())


class Postgres(OnPostgres, Cases, PlaceCase):
    pass


if __name__ == "__main__":
    unittest.main()
