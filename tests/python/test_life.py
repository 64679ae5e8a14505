# SPDX-License-Identifier: Apache-2.0
"""Threads, forks, signals, logs and the end: nothing hangs, nothing leaks."""

import gc
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import unittest
import weakref

import ov_host
from support import StoreCase, on_each_provider, record


def run_python(script, *args):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), *args], capture_output=True, text=True,
                          timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def resident_kb():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


@on_each_provider
class Threads:
    def test_sixteen_threads_mix_everything_on_one_store(self):
        self.make()
        failures = []

        def work(number):
            rng = random.Random(number)
            try:
                for turn in range(25):
                    key = f"t{number}-{turn}"
                    self.collection.upsert([record(key, n=number, vector=[1, rng.random(), 0, 0])])
                    self.assertEqual(self.collection.fetch([key], ["n"]).record(0), {"n": number})
                    self.assertTrue(self.collection.search([1, 0, 0, 0], limit=3).hits("_id", "_score"))
                    self.collection.set([{"id": key, "name": "x"}])
                    self.assertEqual(self.store.collection("context").count(
                        {"op": "must", "field": "n", "conds": [number]}), turn + 1)
                    if turn % 8 == 0:
                        self.collection.meta()
                        self.host.plugins()
                self.assertEqual(self.collection.remove([f"t{number}-{t}" for t in range(5)]), 5)
            except BaseException as fault:
                failures.append(fault)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(self.collection.count(), 16 * 20)

    def test_closing_under_calls_ends_them_with_closed_errors(self):
        self.make().upsert([record("a")])
        ready, ended = threading.Barrier(9), []

        def work():
            ready.wait()
            try:
                while True:
                    self.collection.search([1, 0, 0, 0])
            except ov_host.ClosedError as fault:
                ended.append(fault.code)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        ready.wait()
        self.store.close()
        for thread in threads:
            thread.join(30)
        self.assertEqual(ended, ["OV_CLOSED"] * 8)

    def test_other_threads_run_while_a_call_waits(self):
        self.make()
        many = [record(f"k{i}", body="x" * 2000) for i in range(2000)]
        stop, ticks = threading.Event(), []

        def tick():
            while not stop.is_set():
                ticks.append(time.monotonic())
                time.sleep(0.0005)

        ticker = threading.Thread(target=tick)
        ticker.start()
        self.collection.upsert(many[:1000])
        began = time.monotonic()
        for _ in range(20):
            self.collection.scan("name", limit=1, filter={"op": "contains", "field": "body", "substring": "y"})
        self.collection.upsert(many)
        ended = time.monotonic()
        stop.set()
        ticker.join()
        self.assertGreater(len([t for t in ticks if began < t < ended]), 5)


@on_each_provider
class Life:
    def test_a_forked_child_is_refused_and_leaves_the_parent_alone(self):
        self.make().upsert([record("a")])
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            said = []
            try:
                for call in (self.collection.count, lambda: ov_host.Host().open(self.options())):
                    try:
                        call()
                    except ov_host.ClosedError as fault:
                        said.append(fault.code)
            finally:
                self.store.close()
                os.write(write, " ".join(said).encode())
                os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            self.assertEqual(pipe.read(), "OV_FORKED OV_FORKED")
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(self.collection.count(), 1)

    def test_signals_disturb_no_call_and_their_handlers_may_call(self):
        self.make().upsert([record("a")])
        counts = []
        before = signal.signal(signal.SIGALRM, lambda *_: counts.append(self.collection.count()))
        signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
        try:
            ends = time.monotonic() + 1
            while time.monotonic() < ends:
                self.collection.search([1, 0, 0, 0])
                self.collection.upsert([record("a")])
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        self.assertGreater(len(counts), 5)
        self.assertEqual(set(counts), {1})

    def test_calls_leak_neither_objects_nor_memory(self):
        self.make().upsert([record(f"k{i}", tags=["a", "b"], terms={"t": 1}, name="n" * 200) for i in range(50)])

        def calls():
            page = self.collection.search([1, 0, 0, 0], filter={"op": "must", "field": "n", "conds": [0]})
            page.hits("_id", "_score")
            page.column("tags")
            list(self.collection.fetch(["k1", "zz"]))
            page.__arrow_c_stream__()
            self.collection.upsert([record("k1", name="x" * 500)], ttl=[0])
            self.collection.set([{"id": "k1", "n": 0}])
            self.collection.scan(after=self.collection.scan(limit=2), limit=2).records()
            self.collection.meta()
            self.collection.groups("n")
            self.collection.explain({"op": "must", "field": "n", "conds": [0]})
            self.store.collection()
            self.store.counters()
            self.host.plugins()
            self.host.describe(self.provider)
            for bad in ([record("a", n="x")], [record("a", n=2**70)], [record("a", nobody=1)], [7], [{"id": object()}]):
                self.assertRaises(ov_host.InvalidError, self.collection.upsert, bad)
            self.assertRaises(ov_host.NotFoundError, self.store.collection, "nobody")

        for _ in range(30):
            calls()
        gc.collect()
        objects, memory = len(gc.get_objects()), resident_kb()
        blocks = sys.getallocatedblocks()
        for _ in range(60):
            calls()
        gc.collect()
        self.assertLess(abs(len(gc.get_objects()) - objects), 50)
        self.assertLess(abs(sys.getallocatedblocks() - blocks), 400)
        if "OV_TEST_SANITIZED" not in os.environ:  # a sanitizer keeps what was freed
            self.assertLess(resident_kb() - memory, 6 * 1024)

    def test_opening_and_closing_leaks_no_descriptor_and_no_thread(self):
        def open_and_use():
            with self.open() as store:
                store.collections()

        self.store.close()
        open_and_use()
        descriptors, tasks = len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
        for _ in range(10):
            open_and_use()
        self.assertEqual(len(os.listdir("/proc/self/fd")), descriptors)
        self.assertEqual(len(os.listdir("/proc/self/task")), tasks)

    def test_a_page_outlives_everything(self):
        page = self.make().upsert([record("a", n=7)]) or self.collection.scan()
        self.store.close()
        self._cleanups.clear()
        del self.collection, self.store, self.host
        gc.collect()
        self.assertEqual(page.record(0)["n"], 7)


class Logs(StoreCase):
    def test_lines_come_with_level_profile_and_text(self):
        lines = []
        nowhere = f"{self.folder}/nowhere"
        host = ov_host.Host(plugin_path=nowhere, log=lambda *line: lines.append(line))
        self.assertEqual(host.plugins()[0]["verdict"], "OV-LOAD-DIR-MISSING")
        self.assertTrue(lines)
        self.assertTrue(all(isinstance(level, int) and isinstance(profile, str) and isinstance(text, str)
                            for level, profile, text in lines))
        self.assertIn(nowhere, lines[0][2])

    def test_a_log_that_fails_fails_alone(self):
        seen = []
        before, sys.unraisablehook = sys.unraisablehook, lambda args: seen.append(args.exc_type)
        try:
            ov_host.Host(plugin_path=f"{self.folder}/nowhere", log=lambda *line: 1 / 0)
        finally:
            sys.unraisablehook = before
        self.assertIn(ZeroDivisionError, seen)

    def test_a_log_that_holds_its_host_is_collected(self):
        class Listener:
            def __init__(self, folder):
                self.host = ov_host.Host(log=self.take)
                self.store = self.host.open({"backend": "native", "path": folder})

            def take(self, *line):
                pass

        self.store.close()
        listener = Listener(self.folder)
        gone = weakref.ref(listener)
        del listener
        gc.collect()
        self.assertIsNone(gone())
        self.host.open({"backend": "native", "path": self.folder}).close()


    FORK = """
        import os, signal, sys, threading, time, ov_host
        def fork():
            child = os.fork()
            if child == 0:
                sys.exit(7)
            for _ in range(1000):
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    return print(os.waitstatus_to_exitcode(status))
                time.sleep(0.02)
            os.kill(child, signal.SIGKILL)
        """

    def test_a_child_of_a_fork_does_not_wait_for_lines_of_its_parent(self):
        status, out, err = run_python(textwrap.dedent(self.FORK) + textwrap.dedent("""
            begun, over = threading.Event(), threading.Event()
            def log(*line):
                begun.set()
                over.wait(60)
            thread = threading.Thread(target=ov_host.Host, args=("/nowhere", log))
            thread.start()
            begun.wait()
            fork()
            over.set()
            thread.join()
            """))
        self.assertEqual((status, out), (0, "7\n"), err)

    def test_a_child_that_a_log_forks_ends_as_well(self):
        status, out, err = run_python(textwrap.dedent(self.FORK) + textwrap.dedent("""
            def log(*line):
                global child
                child = os.fork()
            ov_host.Host("/nowhere", log)
            os.fork = lambda: child
            fork()
            """))
        self.assertEqual((status, out), (0, "7\n"), err)

    def test_a_sub_interpreter_is_refused_and_its_end_is_not_that_of_the_logs(self):
        status, out, err = run_python("""
            import sys, ov_host
            if sys.version_info < (3, 13):
                import _xxsubinterpreters as others
            else:
                import _interpreters as others
            other = others.create()
            try:
                print(others.run_string(
                    other, f"import sys; sys.path[:] = {sys.path!r}; import ov_host; ov_host.version()"))
            except others.RunFailedError if sys.version_info < (3, 13) else () as fault:
                print(fault)
            others.destroy(other)
            ov_host.Host("/nowhere", lambda *line: print("a line"))
            """)
        self.assertEqual((status, out.splitlines()[-1:]), (0, ["a line"]), err)
        # From 3.12 on Python refuses by itself.
        self.assertRegex(out, "ov_host does not run in a sub-interpreter|does not support loading in subinterpreters")


class TheEnd(StoreCase):
    def test_an_interpreter_ends_with_everything_open(self):
        self.store.close()
        for last in ("", "raise SystemExit(3)", "os.kill(os.getpid(), signal.SIGINT); time.sleep(10)"):
            status, out, err = run_python(f"""
                import os, signal, sys, threading, time, ov_host
                # Who was started in the background ignores it.
                signal.signal(signal.SIGINT, signal.default_int_handler)
                host = ov_host.Host(log=lambda *line: None)
                store = host.open({{"backend": "native", "path": sys.argv[1], "dimension": 4}})
                store.create("c", {{"Fields": [{{"FieldName": "id", "FieldType": "string", "IsPrimaryKey": True}},
                                               {{"FieldName": "vector", "FieldType": "vector", "Dim": 4}}]}})
                collection = store.collection("c")
                collection.upsert([{{"id": "a", "vector": [1, 2, 3, 4]}}])
                page = collection.scan()
                def forever():
                    while True:
                        collection.search([1, 2, 3, 4])
                threading.Thread(target=forever, daemon=True).start()
                time.sleep(0.05)
                print(len(page), flush=True)
                {last}
                """, self.folder)
            self.assertEqual(out, "1\n", err)
            self.assertIn(status, {"": (0,), "raise SystemExit(3)": (3,)}.get(last, (-2, 130, 1)), err)
            self.assertNotIn("Fatal", err)


if __name__ == "__main__":
    unittest.main()
