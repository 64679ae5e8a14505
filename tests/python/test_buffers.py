# SPDX-License-Identifier: Apache-2.0
"""Vectors from buffers, and pages for Arrow's libraries."""

import array
import ctypes
import gc
import sys
import threading
import tracemalloc
import unittest
from datetime import datetime, timezone

import ov_host
from support import DIM, StoreCase, meta, on_each_provider, record

try:
    import numpy
    import duckdb
    import polars
    import pyarrow
except ImportError as missing:
    numpy = None
    why = f"{missing.name} is not installed"
else:
    why = ""


@on_each_provider
class Buffers:
    def test_arrays_and_memoryviews_are_vectors(self):
        self.make()
        single, double = array.array("f", [1, 2, 3, 4]), array.array("d", [1, 2, 3, 4])
        for i, vector in enumerate([single, double, memoryview(single), memoryview(double),
                                    memoryview(array.array("f", [9, 1, 2, 3, 4]))[1:],
                                    memoryview(array.array("f", [4, 3, 2, 1]))[::-1],
                                    (ctypes.c_float * 4)(1, 2, 3, 4), array.array("l", [1, 2, 3, 4])]):
            self.collection.upsert([record(f"k{i}", vector=vector)])
            self.assertEqual(self.collection.fetch([f"k{i}"]).record(0)["vector"], [1.0, 2.0, 3.0, 4.0])
            self.assertAlmostEqual(self.collection.search(vector, limit=1).score(0), 1.0, 6)

    def test_a_buffer_is_given_back_after_the_call_and_after_a_failure(self):
        self.make()
        vector = array.array("f", [1, 2, 3, 4])
        self.collection.upsert([record("a", vector=vector)])
        self.collection.search(vector)
        self.error(ov_host.InvalidError, self.collection.upsert, [record("a", vector=vector, nobody=1)])
        self.error(ov_host.NotFoundError, self.collection.search, vector, index="nobody")
        vector.append(5)  # a buffer that is still lent refuses to grow
        self.error(ov_host.InvalidError, self.collection.search, vector)

    def test_unaligned_floats_are_taken(self):
        self.make()
        raw = memoryview(b"\0" + array.array("f", [1, 2, 3, 4]).tobytes())[1:].cast("f")
        self.collection.upsert([record("a", vector=raw)])
        self.assertEqual(self.collection.fetch(["a"]).record(0)["vector"], [1.0, 2.0, 3.0, 4.0])

    def test_bytes_are_no_vector(self):
        self.make()
        for bad in (b"1234", bytearray(16), memoryview(b"0123456789abcdef")):
            self.error(ov_host.InvalidError, self.collection.upsert, [record("a", vector=bad)])
        for bad in (b"1234", bytearray(b"1234"), {1: 0, 2: 0, 3: 0, 4: 0}, {1, 2, 3, 4}):
            self.error(ov_host.InvalidError, self.collection.search, bad)


@unittest.skipIf(numpy is None, why)
class Numpy(StoreCase):
    def test_numpys_arrays_and_scalars_are_taken(self):
        self.make()
        for i, kind in enumerate(["float32", "float64", "float16", "int32", ">f4", ">f8"]):
            whole = numpy.array([1, 2, 3, 4], dtype=kind)
            spread = numpy.zeros(8, dtype=kind)
            spread[::2] = whole
            for j, vector in enumerate([whole, spread[::2], list(whole), whole[::-1][::-1]]):
                self.collection.upsert([record(f"k{i}{j}", vector=vector, n=numpy.int64(7), x=numpy.float32(0.5),
                                               flag=numpy.bool_(True), numbers=numpy.arange(3), name=numpy.str_("s"))])
                found = self.collection.fetch([f"k{i}{j}"]).record(0)
                self.assertEqual(found["vector"], [1.0, 2.0, 3.0, 4.0])
                self.assertEqual((found["n"], found["x"], found["flag"], found["numbers"], found["name"]),
                                 (7, 0.5, True, [0, 1, 2], "s"))
                self.assertEqual(len(self.collection.search(vector, limit=1)), 1)
        self.error(ov_host.InvalidError, self.collection.upsert, [record("a", vector=numpy.zeros((2, 2), "f4"))])
        self.error(ov_host.InvalidError, self.collection.search, numpy.zeros((2, 2), "f4"))

    def test_float32_is_not_copied_on_its_way_in(self):
        self.make("wide", {"Fields": [{"FieldName": "id", "FieldType": "string", "IsPrimaryKey": True},
                                      {"FieldName": "vector", "FieldType": "vector", "Dim": 4096}]})
        self.collection.upsert([{"id": "a", "vector": numpy.ones(4096, "f4")}])
        vector = numpy.ones(4096, "f4")
        tracemalloc.start()
        self.collection.search(vector, limit=1, fields=[])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertLess(peak, 4096)


@unittest.skipIf(numpy is None, why)
@on_each_provider
class Arrow:
    def fill(self, n=100):
        self.make().upsert([record(f"k{i:03}", vector=[1, i, 0, 0], n=i, flag=i % 2 == 0, tags=["ü", str(i)],
                                   numbers=[i], terms={"t": 1.0}, when="2024-01-01", x=i / 2) for i in range(n)])
        return self.collection

    def test_pyarrow_reads_a_page_without_a_copy(self):
        page = self.fill().search([1, 0, 0, 0], limit=100)
        pyarrow.record_batch(page)  # the columns are made once
        before = pyarrow.total_allocated_bytes()
        first, second = pyarrow.record_batch(page), pyarrow.table(page)
        self.assertEqual(pyarrow.total_allocated_bytes(), before)
        first.validate(full=True)
        second.validate(full=True)
        addresses = [batch.column("vector").values.buffers()[1].address
                     for batch in (first, second.to_batches()[0])]
        self.assertEqual(addresses[0], addresses[1])

    def test_arrow_says_what_the_page_says(self):
        page = self.fill(5).scan("n")
        rows = pyarrow.record_batch(page).to_pylist()
        self.assertEqual([row.pop("_ov_key") for row in rows], page.keys())
        self.assertEqual([row.pop("_ov_score") for row in rows], page.scores())
        for row, found in zip(rows, page.records()):
            self.assertEqual(row["when"], datetime(2024, 1, 1, tzinfo=timezone.utc))
            row["when"] = found["when"]
            row["terms"] = dict(zip(row["terms"]["terms"], row["terms"]["weights"]))
            self.assertEqual(row, found)

    def test_a_key_without_a_record_is_null(self):
        page = self.fill(2).fetch(["zz", "k001"], ["n"])
        batch = pyarrow.record_batch(page)
        batch.validate(full=True)
        self.assertEqual(batch.to_pylist(), [{"_ov_key": "zz", "_ov_score": None, "n": None},
                                             {"_ov_key": "k001", "_ov_score": None, "n": 1}])
        self.assertEqual(pyarrow.record_batch(self.collection.fetch(["k001"], [])).column_names,
                         ["_ov_key", "_ov_score"])

    def test_fields_named_key_and_score_are_read_as_what_they_are(self):
        self.make("named", meta({"FieldName": "key", "FieldType": "int64"}, {"FieldName": "score", "FieldType": "float32"}))
        self.collection.upsert([{**record("a", score=0.5), "key": 7},
                                {**record("b", vector=[0, 1, 0, 0], score=0.25), "key": 8}])
        page = self.collection.search([1, 0, 0, 0])
        self.assertEqual(duckdb.sql("select _ov_key, _ov_score, key, score from page").fetchall(),
                         [("a", 1.0, 7, 0.5), ("b", 0.0, 8, 0.25)])
        for fields in (None, ["key", "key", "score", "_ov_key", "_ov_score", "nosuch", "nosuch"], ["score", "score"], []):
            names = pyarrow.table(self.collection.search([1, 0, 0, 0], fields=fields)).column_names
            self.assertEqual(names[:2], ["_ov_key", "_ov_score"])
            self.assertEqual(len(names), len(set(names)), names)
            self.assertLessEqual(set(fields or ["key", "score"] * (fields is None)), set(names))

    def test_what_arrow_gave_out_can_be_written_again(self):
        page = self.fill(5).scan("n")
        self.collection.upsert([record("none"), record("at", when="2026-03-01T09:00:00.123456+09:00", place="2,48")])
        before = [dict(found, when=found["when"] and "2024") for found in self.collection.scan().records()]
        page = self.collection.scan()
        for rows in (pyarrow.table(page).to_pylist(), polars.DataFrame(page).to_dicts(),
                     duckdb.sql("select * from page").to_arrow_table().to_pylist()):
            self.collection.truncate()
            self.collection.upsert(rows)
            found = self.collection.scan().records()
            self.assertEqual([dict(one, when=one["when"] and "2024") for one in found], before)
            again = pyarrow.table(self.collection.scan()).column("when").to_pylist()
            self.assertEqual(again, pyarrow.table(page).column("when").to_pylist())
        # The key goes along where the key field was not asked for, and gives way to it.
        rows = pyarrow.table(self.collection.fetch(["k001"], ["n"])).to_pylist()
        self.collection.set([dict(row, n=77) for row in rows])
        self.assertEqual(self.collection.fetch(["k001"]).record(0)["n"], 77)
        self.collection.set([{"_ov_key": "k001", "id": "k002", "_ov_score": 1.0, "n": 78}])
        self.assertEqual([one["n"] for one in self.collection.fetch(["k001", "k002"]).records()], [77, 78])
        for name in ("_ov_text_when", "_ov_expires", "_ov_", "_ov_keys"):
            self.error(ov_host.InvalidError, self.collection.upsert, [record("x", **{name: "a"})])

    def test_a_time_is_an_instant_of_microseconds_in_utc(self):
        self.fill(1).upsert([record("at", when="2026-03-01T09:00:00.123+09:00"), record("none")])
        page = self.collection.fetch(["at", "none", "zz"])
        table = pyarrow.table(page)
        self.assertEqual(table.schema.field("when").type, pyarrow.timestamp("us", "UTC"))
        self.assertEqual(table.column("when").to_pylist(), [datetime(2026, 3, 1, 0, 0, 0, 123000, timezone.utc), None, None])
        self.assertEqual(duckdb.sql("select epoch_us(\"when\") from page").fetchall(), [(1772323200123000,), (None,), (None,)])

    def test_numbers_of_numpy_are_times(self):
        self.make()
        for value, text in (("2026-03-01", "2026-03-01T00:00:00.000000"), ("2026-03", "2026-03-01T00:00:00.000000"),
                            ("2026-03-01T00:00:00.123456789", "2026-03-01T00:00:00.123456"), ("NaT", "")):
            self.collection.upsert([record("a", when=numpy.datetime64(value))])
            self.assertEqual(self.collection.fetch(["a"]).record(0)["when"], text)
            if text:
                self.assertEqual(self.collection.count({"op": "must", "field": "when", "conds": [numpy.datetime64(value)]}), 1)

    def test_polars_and_duckdb_read_a_page(self):
        page = self.fill().search([1, 0, 0, 0], limit=3)
        frame = polars.DataFrame(page)
        self.assertEqual(frame["n"].to_list(), [0, 1, 2])
        self.assertEqual(frame["vector"].to_list()[2], [1.0, 2.0, 0.0, 0.0])
        self.assertEqual(duckdb.sql("select _ov_key, n, tags from page where flag order by n").fetchall(),
                         [("k000", 0, ["ü", "0"]), ("k002", 2, ["ü", "2"])])

    def test_buffers_outlive_page_collection_and_store(self):
        page = self.fill(10).scan("n")
        batch = pyarrow.record_batch(page)
        column = batch.column("vector")
        self.store.close()
        del page, batch, self.collection, self.store
        self._cleanups.clear()
        gc.collect()
        self.assertEqual(column.to_pylist()[9], [1.0, 9.0, 0.0, 0.0])

    def test_an_empty_page_is_an_empty_table(self):
        self.make()
        table = pyarrow.table(self.collection.search([1, 0, 0, 0]))
        self.assertEqual((table.num_rows, table.column_names[:3]), (0, ["_ov_key", "_ov_score", "id"]))

    def test_capsules_that_nobody_takes_give_everything_back(self):
        page = self.fill(10).scan("n")
        page.__arrow_c_schema__()
        page.__arrow_c_stream__()
        page.__arrow_c_array__(None)
        before = sys.getrefcount(page)
        for _ in range(1000):
            page.__arrow_c_array__(requested_schema=None)
            page.__arrow_c_stream__(None)
        self.assertEqual(sys.getrefcount(page), before)

    def test_many_threads_export_one_page(self):
        page = self.fill().scan("n")
        found = []
        threads = [threading.Thread(target=lambda: found.append(pyarrow.record_batch(page))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len({batch.column("vector").values.buffers()[1].address for batch in found}), 1)


if __name__ == "__main__":
    unittest.main()
