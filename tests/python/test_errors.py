# SPDX-License-Identifier: Apache-2.0
"""Each failure is the error that it should be, with what there is to know of it."""

import os
import socket
import unittest

import ov_host
from support import StoreCase, meta, on_each_provider, record, server_options


class Classes(unittest.TestCase):
    def test_every_class_is_what_pythons_own_code_expects(self):
        for kind, builtin, code in (
                (ov_host.InvalidError, ValueError, "OV_INVALID"),
                (ov_host.ExistsError, ValueError, "OV_EXISTS"),
                (ov_host.NoRecordError, ValueError, "OV_NO_RECORD"),
                (ov_host.NotFoundError, LookupError, "OV_NOT_FOUND"),
                (ov_host.UnsupportedError, NotImplementedError, "OV_UNSUPPORTED"),
                (ov_host.DeniedError, PermissionError, "OV_DENIED"),
                (ov_host.DeadlineError, TimeoutError, "OV_DEADLINE"),
                (ov_host.ClosedError, RuntimeError, "OV_CLOSED"),
                (ov_host.UnavailableError, ConnectionError, "OV_UNAVAILABLE"),
                (ov_host.UnavailableError, RuntimeError, "OV_UNAVAILABLE"),
                (ov_host.FailedError, RuntimeError, "OV_INTERNAL")):
            self.assertTrue(issubclass(kind, (ov_host.Error)) and issubclass(kind, builtin), kind)
            made = kind("made in Python")
            self.assertEqual((str(made), made.code, made.row, made.where), ("made in Python", code, -1, ""))
            self.assertEqual((made.native, made.retryable, made.uncertain), ("", False, False))
            self.assertEqual(kind.__module__, "ov_host")
            self.assertTrue(kind.__doc__)


@on_each_provider
class Faults:
    def test_invalid_names_record_and_field(self):
        self.make()
        fault = self.error(ov_host.InvalidError, self.collection.upsert, [record("a"), record("b", n="many")])
        self.assertEqual((fault.code, fault.row, fault.where), ("OV_INVALID", 1, "n"))
        self.assertIn("'many'", str(fault))
        self.assertEqual(str(fault), "record 1: n: 'many' is no int64")

    def test_invalid_names_the_place_in_a_filter(self):
        self.make()
        fault = self.error(ov_host.InvalidError, self.collection.search, [1, 0, 0, 0],
                           filter={"op": "and", "conds": [{"op": "nothing", "field": "n"}]})
        self.assertEqual(fault.where, "/conds/0/op")

    def test_exists_names_both(self):
        self.make()
        other = meta()
        other["Fields"] = [dict(f, Dim=8) if f["FieldName"] == "vector" else f for f in other["Fields"]]
        fault = self.error(ov_host.ExistsError, self.store.create, "context", other)
        self.assertIn("8", str(fault))
        self.assertIn("4", str(fault))

    def test_no_record_names_the_keys(self):
        self.make()
        fault = self.error(ov_host.NoRecordError, self.collection.set, [{"id": "gone", "n": 1}])
        self.assertIn("record not found for primary key(s): ['gone']", str(fault))

    def test_not_found_names_what_was_looked_for(self):
        self.make()
        self.assertIn("'nobody'", str(self.error(ov_host.NotFoundError, self.store.collection, "nobody")))
        self.assertIn("'nobody'", str(self.error(ov_host.NotFoundError, self.collection.search, [1, 0, 0, 0],
                                                 index="nobody")))

    def test_unsupported_names_what_there_is(self):
        fault = self.error(ov_host.UnsupportedError, self.store.act, "juggle")
        self.assertIn("doctor", str(fault))
        self.error(ov_host.InvalidError, self.store.act)
        self.error(TypeError, self.store.act, "doctor", nobody=1)

    def test_a_deadline_ends_a_call(self):
        self.make()
        self.collection.upsert([record(f"k{i}") for i in range(100)])
        fault = self.error(ov_host.DeadlineError, self.collection.search, [1, 0, 0, 0], timeout=1e-9)
        self.assertEqual(fault.code, "OV_DEADLINE")
        self.collection.search([1, 0, 0, 0], timeout=0)
        self.collection.search([1, 0, 0, 0], timeout=float("inf"))
        self.error(ov_host.InvalidError, self.collection.search, [1, 0, 0, 0], timeout=-1)
        self.error(ov_host.InvalidError, self.collection.search, [1, 0, 0, 0], timeout=float("nan"))
        self.error(TypeError, self.collection.search, [1, 0, 0, 0], timeout="1s")

    def test_arguments_that_a_search_does_not_know_are_refused_by_name(self):
        search = self.make().search
        self.assertIn("at most 1", str(self.error(TypeError, search, [1, 0, 0, 0], {})))
        self.assertIn("'limits'", str(self.error(TypeError, search, [1, 0, 0, 0], limits=3)))
        self.assertIn("multiple values", str(self.error(TypeError, search, [1, 0, 0, 0], vector=[1, 0, 0, 0])))
        self.assertEqual(len(search(timeout=9, fields=["n"], limit=1, vector=[1, 0, 0, 0])), 0)

    def test_what_has_no_truth_is_no_answer_to_exact(self):
        class Neither:
            def __bool__(self):
                raise ZeroDivisionError

        self.error(ZeroDivisionError, self.make().search, [1, 0, 0, 0], exact=Neither())

    def test_a_closed_store_says_so_in_every_call(self):
        collection = self.make()
        page = collection.scan(limit=1)
        self.store.close()
        for run in (lambda: self.store.ping(), lambda: self.store.create("x", meta()),
                    lambda: self.store.collection(), lambda: self.store.collections(), lambda: self.store.drop("x"),
                    lambda: collection.upsert([record("a")]), lambda: collection.set([record("a")]),
                    lambda: collection.check([record("a")]), lambda: collection.remove(["a"]),
                    lambda: collection.remove_where({"op": "must", "field": "n", "conds": [1]}),
                    lambda: collection.truncate(), lambda: collection.fetch(["a"]),
                    lambda: collection.search([1, 0, 0, 0]), lambda: collection.scan(after=page),
                    lambda: collection.count(), lambda: collection.groups("n"), lambda: collection.meta(),
                    lambda: collection.update(description="x"), lambda: collection.indexes(),
                    lambda: collection.index_meta("default"), lambda: collection.drop_index("default"),
                    lambda: collection.put_index({"IndexName": "x"}), lambda: collection.bulk_begin(),
                    lambda: self.store.act("doctor"), lambda: self.store.ability()):
            self.assertEqual(self.error(ov_host.ClosedError, run).code, "OV_CLOSED")


class Opening(StoreCase):
    def test_options_and_a_file_exclude_each_other(self):
        self.assertIn("neither", str(self.error(ov_host.InvalidError, self.host.open)))
        self.assertIn("both", str(self.error(ov_host.InvalidError, self.host.open, {}, config="ov.ini")))

    def test_a_bad_option_is_named(self):
        fault = self.error(ov_host.InvalidError, self.host.open, {"backend": "native", "path": self.folder, "zz": 1})
        self.assertIn("zz", str(fault))
        fault = self.error(ov_host.InvalidError, self.host.open, {"backend": "native", "path": [1]})
        self.assertEqual(fault.where, "/path")
        self.error(ov_host.InvalidError, self.host.open, {"backend": "native", "path": "a\0b"})
        self.error(ov_host.InvalidError, self.host.open, {7: "native"})
        self.error(ov_host.NotFoundError, self.host.open, config=f"{self.folder}/nowhere.ini")
        self.error(TypeError, self.host.open, config=7)

    def test_a_second_writer_fails_and_names_the_folder(self):
        import subprocess
        import sys

        self.make()
        script = ("import sys, ov_host; s = ov_host.Host().open({'backend': 'native', 'path': sys.argv[1]});"
                  "s.collection().upsert([{'id': 'a', 'vector': [1, 2, 3, 4]}])")
        done = subprocess.run([sys.executable, "-c", script, self.folder], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertIn("ov_host.FailedError", done.stderr)
        self.assertIn(self.folder, done.stderr)

    def test_hosts_and_pages_are_what_they_are_made_from(self):
        for kind in (ov_host.Store, ov_host.Collection, ov_host.Page):
            self.error(TypeError, kind)
        self.error(TypeError, ov_host.Host, log=7)
        self.error(TypeError, setattr, ov_host.Host, "open", None)


class Servers:

    def test_a_server_that_is_away_is_unavailable(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"postgresql://ov@127.0.0.1:{free.getsockname()[1]}/ovtest"
            fault = self.error(ov_host.UnavailableError, self.host.open, {"backend": "pgvector", "url": url}, timeout=5)
        self.assertIsInstance(fault, ConnectionError)

    def test_a_database_that_may_not_be_used_is_denied(self):
        url = server_options()["url"].replace("/ovtest", "/ovdenied")
        fault = self.error(ov_host.DeniedError, self.create_in, url)
        self.assertIn("may not", str(fault))

    def create_in(self, url):
        with self.host.open({"backend": "pgvector", "url": url, "schema": "py", "dimension": 4}) as store:
            store.create("c", meta())


if server_options() is not None:

    class ServersOfPostgreSQL(Servers, StoreCase):
        provider = "pgvector"


if __name__ == "__main__":
    unittest.main()
