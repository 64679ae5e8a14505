# SPDX-License-Identifier: Apache-2.0
"""python -m ov_host.migrate, from the real engine into real stores."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

import local
import ov_host

# Kills the command after so many batches, with the last one written or not.
KILL = """
import os, signal, sys
from ov_host.migrate import move, __main__ as command
write, count, after = move.Move._write, 0, sys.argv.pop(1) == 'after'
def counted(self, rows):
    global count
    count += 1
    if count == 4 and not after:
        os.kill(os.getpid(), signal.SIGKILL)
    rows = write(self, rows)
    if count == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return rows
move.Move._write = counted
sys.exit(command.main())
"""

# One bit of one vector changes on its way into the store.
DAMAGE = """
import struct, sys
from ov_host.migrate import move, __main__ as command
write = move.Move._write
def damaged(self, rows):
    for row in rows:
        if row.key == 'r00007':
            vector = row.fields['vector']
            bits = struct.unpack('I', struct.pack('f', vector[3]))[0] ^ 1
            sound, vector[3] = vector[3], struct.unpack('f', struct.pack('I', bits))[0]
            rows = write(self, rows)
            vector[3] = sound
            return rows
    return write(self, rows)
move.Move._write = damaged
sys.exit(command.main())
"""

# A provider whose writes end at 8 records.
SMALL_WRITES = """
import sys
import ov_host
from ov_host.migrate import target, __main__ as command
make = target.make
class Small:
    def __init__(self, collection):
        self.collection = collection
    def __getattr__(self, name):
        return getattr(self.collection, name)
    def upsert(self, records, ttl=None):
        if len(records) > 8:
            error = ov_host.FailedError('too many')
            error.code, error.row = 'OV_LIMIT', -1
            raise error
        self.collection.upsert(records, ttl=ttl)
target.make = lambda *words: Small(make(*words))
sys.exit(command.main())
"""

# Ctrl-C, while the collection is made.
INTERRUPTED = """
import os, signal, sys
from ov_host.migrate import target, __main__ as command
target.make = lambda *words: os.kill(os.getpid(), signal.SIGINT) or [0 for _ in range(1000)]
sys.exit(command.main())
"""

BAD_TEXTS = {"abstract": "a\0b", "search_tags": ["t\udfff"],
             "sparse_vector": {"s\0": 1.0}}


def run(*words: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "ov_host.migrate"]
    return subprocess.run([sys.executable, *start, *words], capture_output=True, text=True,
                          check=False)


class Usage(unittest.TestCase):
    def test_wrong_usage_is_status_2_and_names_the_word(self) -> None:
        good = ["--from-openviking", "w", "--to", "f.ini"]
        for words, named in ((good[:2], "--to"), (good[2:], "--from-openviking"),
                             ([*good, "--nope"], "--nope"), ([*good, "--batch", "0"], "--batch"),
                             ([*good, "--batch", "many"], "many")):
            with self.subTest(words=words):
                done = run(*words)

                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(named, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)

    def test_with_json_it_is_one_object(self) -> None:
        done = run("--json")

        self.assertEqual((done.returncode, done.stderr), (2, ""))
        self.assertEqual(json.loads(done.stdout)["error"]["code"], "OV_INVALID")

    def test_a_workspace_that_is_not_there_is_status_1(self) -> None:
        done = run("--from-openviking", "/nowhere/at/all", "--to", "f.ini")

        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("/nowhere/at/all", done.stderr)


class Target:
    """What each provider must give; the class below it says how it is opened."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.workspace = self.folder / "workspace"
        self.workspace.mkdir()
        self.ini = self.folder / "ov.ini"
        self.write_ini()

    def write_ini(self, **more: str) -> None:
        self.ini.write_text("[storage.vectordb]\n" + "".join(
            f"{key} = {value}\n" for key, value in (self.options() | more).items()))

    def migrate(self, *words: str, code: str | None = None,
                before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return run(*before, "--from-openviking", str(self.workspace), "--to", str(self.ini),
                   *words, code=code)

    def last(self, done: subprocess.CompletedProcess[str]) -> str:
        return done.stdout.splitlines()[-1]

    def store(self) -> Any:
        return ov_host.Host().open(config=str(self.ini))

    def check(self, count: int) -> None:
        with self.store() as store:
            local.arrived(store.collection("context"), count)

    def test_every_record_arrives_and_the_source_is_as_it_was(self) -> None:
        local.fill(self.workspace, 1200)
        before = local.state(self.workspace)
        done = self.migrate()

        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.last(done), "1200 records, 1200 written, 0 already there, "
                         "1200 verified")
        self.check(1200)
        self.assertEqual(local.state(self.workspace), before)

    def test_the_collection_is_made_as_it_was(self) -> None:
        local.fill(self.workspace, 1)
        self.migrate()
        with self.store() as store:
            collection = store.collection("context")
            meta, index = collection.meta(), collection.index_meta("default")

        self.assertEqual(meta["Description"], local.DESCRIPTION)
        self.assertEqual([(f["FieldName"], f["FieldType"]) for f in meta["Fields"]],
                         [(f["FieldName"], f["FieldType"]) for f in local.FIELDS])
        self.assertEqual(sorted(index["ScalarIndex"]), sorted(local.SCALARS))
        vector = index["VectorIndex"]
        self.assertEqual((vector["IndexType"], vector["Distance"],
                          vector["SearchWithSparseLogitAlpha"]), ("flat_hybrid", "cosine", 0.25))

    def test_openviking_finds_each_collection_under_the_name_it_had(self) -> None:
        self.write_ini(table="a_table", index_name="an_index")
        for number, (name, table) in enumerate((("context", "a_table"), ("mycoll", "mycoll"))):
            with self.subTest(name):
                local.fill(self.workspace, 20 + number, name)
                done = self.migrate("--collection", name)
                with local.adapter(self.workspace, name, self.ini) as adapter:
                    count, hits = adapter.count(), adapter.query(
                        query_vector=local.record(4)["vector"], limit=1)
                    index = adapter.get_collection().get_index_meta_data("default")

                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(f"to '{table}' of", done.stdout)
                self.assertEqual((count, [hit["id"] for hit in hits]), (20 + number, ["r00004"]))
                self.assertEqual(sorted(index["ScalarIndex"]), sorted(local.SCALARS))

    def test_the_second_time_nothing_is_written(self) -> None:
        local.fill(self.workspace, 700)
        self.migrate()
        done = self.migrate("--json")

        self.assertEqual(done.returncode, 0)
        self.assertEqual(json.loads(done.stdout), {
            "records": 700, "written": 0, "already": 700, "verified": 700, "expired": 0,
            "failed": 0})

    def test_after_a_kill_it_goes_on(self) -> None:
        local.fill(self.workspace, 1000)
        for moment, there in (("before", 300), ("after", 700)):
            with self.subTest(moment):
                killed = self.migrate("--batch", "100", code=KILL, before=(moment,))
                with self.store() as store:
                    self.assertEqual(store.collection("context").count(), there)

                self.assertEqual(killed.returncode, -9)
        done = self.migrate()

        self.assertEqual(self.last(done), "1000 records, 300 written, 700 already there, "
                         "1000 verified")
        self.check(1000)

    def test_a_vector_that_was_damaged_on_its_way_is_found(self) -> None:
        local.fill(self.workspace, 20)
        done = self.migrate(code=DAMAGE)

        self.assertEqual(done.returncode, 1)
        self.assertIn("record 'r00007': what was read back differs in 'vector'", done.stderr)
        self.assertEqual(self.last(done), "20 records, 20 written, 0 already there, 19 verified")

    def test_a_record_that_has_changed_since_is_made_good(self) -> None:
        local.fill(self.workspace, 20)
        self.migrate()
        with self.store() as store:
            store.collection("context").set([{"id": "r00007", "vector": [1.0] * local.DIM},
                                             {"id": "r00008", "abstract": "another"}])
        done = self.migrate()

        self.assertEqual(self.last(done), "20 records, 2 written, 18 already there, 20 verified")
        self.check(20)

    def test_a_record_that_no_store_takes_is_named_and_the_others_arrive(self) -> None:
        collection = local.create(self.workspace)
        bad = local.record(5) | {"id": "bad", "vector": [1.0] * (local.DIM - 4)}
        collection.upsert_data([bad, *(local.record(n) for n in range(30))])
        collection.close()
        done = self.migrate()

        self.assertEqual(done.returncode, 1)
        self.assertIn("record 'bad'", done.stderr)
        self.assertEqual(self.last(done), "31 records, 30 written, 0 already there, 30 verified")
        self.check(30)

    def test_a_record_beyond_a_limit_of_the_store_is_named_and_the_others_arrive(self) -> None:
        with self.store() as store:
            most = store.ability()["max_key_bytes"]
        long = [local.record(5) | {"id": "k" * (most + more)} for more in (1, 2)]
        collection = local.create(self.workspace)
        try:
            collection.upsert_data([*long, *(local.record(n) for n in range(30))])
        except RuntimeError as error:  # of releases up to 0.4
            self.skipTest(f"this release's engine holds no key of {most} bytes: {error}")
        finally:
            collection.close()
        for written, already in ((30, 0), (0, 30)):
            with self.subTest(already=already):
                done = self.migrate()

                self.assertEqual(done.returncode, 1)
                for record in long:
                    self.assertIn(f"a key of {len(record['id'])} bytes; the limit is {most}",
                                  done.stderr)
                self.assertIn("record 'kkk", done.stderr)
                self.assertLess(len(done.stderr), 1000, "a key is cut where it is shown")
                self.assertEqual(self.last(done), f"32 records, {written} written, {already} "
                                 "already there, 30 verified")
        self.check(30)

    def test_a_record_without_a_key_is_named_and_the_others_arrive(self) -> None:
        collection = local.create(self.workspace)
        collection.upsert_data([local.record(5) | {"id": ""},
                                *(local.record(n) for n in range(30))])
        collection.close()
        done = self.migrate()

        self.assertEqual(done.returncode, 1)
        self.assertIn("record '': id: the key 'id' is empty", done.stderr)
        self.assertEqual(self.last(done), "31 records, 30 written, 0 already there, 30 verified")
        self.check(30)

    def test_an_interrupt_is_said_and_ends_it_by_that_signal(self) -> None:
        local.fill(self.workspace, 1)
        done = self.migrate(code=INTERRUPTED)

        self.assertEqual((done.returncode, done.stdout), (-signal.SIGINT, ""))
        self.assertEqual(done.stderr, "ov_host.migrate: cancelled; run it again and it goes on\n")

    def test_a_batch_that_is_too_much_at_once_is_written_in_parts(self) -> None:
        local.fill(self.workspace, 30)
        done = self.migrate(code=SMALL_WRITES)

        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.last(done), "30 records, 30 written, 0 already there, 30 verified")
        self.check(30)

    def test_what_no_store_takes_in_a_text_has_a_stand_in_and_stays_so(self) -> None:
        collection = local.create(self.workspace)
        collection.upsert_data([local.record(0) | BAD_TEXTS | {"id": "k"}])
        local.as_older_releases_wrote(collection)
        collection.close()
        first, again = self.migrate(), self.migrate()
        with self.store() as store:
            found = store.collection("context").fetch(["k"]).record(0)

        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertEqual(self.last(again), "1 records, 0 written, 1 already there, 1 verified")
        self.assertEqual({name: found[name] for name in BAD_TEXTS}, {
            "abstract": "a\ufffdb", "search_tags": ["t\ufffd"],
            "sparse_vector": {"s\ufffd": 1.0}})

    def test_a_key_that_no_store_takes_is_named_and_stands_for_no_other(self) -> None:
        collection = local.create(self.workspace)
        collection.upsert_data([local.record(0), local.record(1) | {"id": "k\ud800"}])
        local.as_older_releases_wrote(collection)
        collection.close()
        done = self.migrate()

        self.assertEqual(done.returncode, 1)
        self.assertIn("the text holds the lone surrogate U+D800", done.stderr)
        self.assertEqual(self.last(done), "2 records, 1 written, 0 already there, 1 verified")
        self.check(1)

    def test_what_has_expired_is_left_out_and_what_will_expire_does(self) -> None:
        collection = local.create(self.workspace)
        collection.upsert_data([local.record(0), local.record(1)])
        for number, ttl in ((2, 1), (3, 100_000)):
            collection.upsert_data([local.record(number)], ttl=ttl)
        collection.close()
        done = self.migrate(code=(
            "import sys, time; real = time.time_ns; time.time_ns = lambda: real() + 2 * 10**9\n"
            "from ov_host.migrate.__main__ import main; sys.exit(main())"))

        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.splitlines()[-2:], [
            "1 expired and were left out",
            "4 records, 3 written, 0 already there, 3 verified"])

    def test_vectors_of_another_model_are_not_mixed_in(self) -> None:
        local.fill(self.workspace, 3)
        self.migrate()
        with self.store() as store:
            store.collection("context").update(description="of another model")
        done = self.migrate()

        self.assertEqual(done.returncode, 1)
        self.assertIn("holds 3 records and is described otherwise", done.stderr)

    def test_a_bar_is_shown_on_a_terminal(self) -> None:
        local.fill(self.workspace, 300)
        terminal, end = pty.openpty()
        child = subprocess.Popen(
            [sys.executable, "-m", "ov_host.migrate", "--from-openviking", str(self.workspace),
             "--to", str(self.ini), "--batch", "50"], stdout=subprocess.PIPE, stderr=end,
            env=os.environ | {"TERM": "xterm"})
        os.close(end)
        shown = b""
        try:
            while part := os.read(terminal, 4096):
                shown += part
        except OSError:  # the other side is closed
            pass
        child.communicate()
        os.close(terminal)

        self.assertEqual(child.returncode, 0)
        self.assertIn(b"\rmoving [", shown)
        self.assertIn(b"100 %", shown)


@unittest.skipUnless(local.INSTALLED, "openviking is not installed")
class Native(Target, unittest.TestCase):
    def options(self) -> dict[str, str]:
        return {"backend": "native", "path": str(self.folder / "data")}


@unittest.skipUnless(local.INSTALLED, "openviking is not installed")
@unittest.skipUnless(os.environ.get("OV_TEST_PG_INI"), "OV_TEST_PG_INI names no server")
class PostgreSQL(Target, unittest.TestCase):
    def options(self) -> dict[str, str]:
        lines = Path(os.environ["OV_TEST_PG_INI"]).read_text().splitlines()
        options = {}
        for line in lines:
            if "=" in line and not line.lstrip().startswith((";", "#", "[")):
                key, value = line.split("=", 1)
                options[key.strip()] = value.strip()
        return options | {"schema": f"migrate_{os.getpid()}_{id(self) % 10**6}"}

    def tearDown(self) -> None:
        with self.store() as store:
            for name in store.collections():
                store.drop(name)


if __name__ == "__main__":
    unittest.main()
