# SPDX-License-Identifier: Apache-2.0
"""What goes in comes back: every type, at random, and what is refused says where."""

import array
import collections
import datetime
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import types
import unittest

import ov_host
from support import DIM, on_each_provider, record


def rounded(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def some_text(rng):
    alphabet = "abc XYZ;,'\"\\%_/\n\t\u00fc\u4e2d\U0001f600\u200b"
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(12)))


def some_number(rng):
    return rng.choice([0.0, -0.0, 1.5, -2.25, 1e-30, 3e10, rng.uniform(-1, 1), rng.gauss(0, 100)])


def some_record(rng, key):
    return {
        "id": key,
        "vector": [rounded(some_number(rng)) for _ in range(DIM)],
        "terms": {some_text(rng) or "t": rounded(some_number(rng)) for _ in range(rng.randrange(4))},
        "flag": rng.random() < 0.5,
        "n": rng.choice([0, 1, -1, 2**63 - 1, -(2**63), rng.randrange(-(2**40), 2**40)]),
        "x": some_number(rng),
        "name": some_text(rng),
        "body": some_text(rng),
        "place": rng.choice(["", "12.5,-33.25", " 0 , 0 "]),
        "when": rng.choice(["", "2024-02-29T12:00:00Z", "2024-02-29", "2024-02-29 12:00:00.123456+02:00"]),
        "way": rng.choice(["", "/", "/a/b", "a//b/", "viking://a/ü"]),
        "tags": [some_text(rng) for _ in range(rng.randrange(4))],
        "numbers": [rng.randrange(-(2**63), 2**63) for _ in range(rng.randrange(4))],
    }


@on_each_provider
class Values:
    def test_random_records_come_back_as_they_went_in(self):
        rng = random.Random(20240229)
        self.make()
        written = {f"k{i}": some_record(rng, f"k{i}") for i in range(200)}
        self.collection.upsert(list(written.values()))
        page = self.collection.fetch(list(written))
        for key, found in zip(page.keys(), page.records()):
            self.assertEqual(found, written[key])
            for name, value in found.items():
                self.assertIs(type(value), type(written[key][name]), name)
        listed = {key: found for key, _, found in self.collection.scan()}
        self.assertEqual(listed, written)

    def test_what_was_not_written_has_its_types_nothing(self):
        self.make().upsert([record("a")])
        self.assertEqual(self.collection.fetch(["a"]).record(0), {
            "id": "a", "vector": [1.0, 0.0, 0.0, 0.0], "terms": {}, "flag": False, "n": 0, "x": 0.0, "name": "",
            "body": "", "place": "", "when": "", "way": "", "tags": [], "numbers": []})

    def test_keys_may_be_integers(self):
        self.make("ints", {"Fields": [{"FieldName": "id", "FieldType": "int64", "IsPrimaryKey": True},
                                      {"FieldName": "vector", "FieldType": "vector", "Dim": DIM}]})
        self.collection.upsert([{"id": 7, "vector": [1] * DIM}, {"id": -(2**63), "vector": [1] * DIM}])
        self.assertEqual(self.collection.fetch([7, 8]).keys(), [7, 8])
        self.assertEqual(self.collection.scan().keys(), [-(2**63), 7])
        self.assertEqual(self.collection.remove([7]), 1)

    def test_mappings_sequences_and_subclasses_are_taken(self):
        class Word(str):
            pass

        class Index:
            def __index__(self):
                return 41

        class Real:
            def __float__(self):
                return 2.5

        self.make().upsert([types.MappingProxyType({
            "id": Word("a"), "vector": range(DIM), "terms": collections.OrderedDict(t=1), "n": Index(), "x": Real(),
            "tags": collections.deque(["p", "q"]), "numbers": (1, 2)})])
        found = self.collection.fetch(["a"]).record(0)
        self.assertEqual(found["vector"], [0.0, 1.0, 2.0, 3.0])
        self.assertEqual((found["n"], found["x"], found["tags"], found["numbers"]), (41, 2.5, ["p", "q"], [1, 2]))

    def test_a_value_that_nobody_can_store_is_named(self):
        self.make()
        for value in (b"bytes", bytearray(b"x"), {1, 2}, object(), 1j, Ellipsis):
            fault = self.error(ov_host.InvalidError, self.collection.upsert, [record("a"), record("b", name=value)])
            self.assertEqual((fault.row, fault.where), (1, "name"))
            self.assertIn(type(value).__name__, str(fault))
        self.assertEqual(self.collection.count(), 0)

    def test_an_int_beyond_int64_is_named(self):
        self.make()
        fault = self.error(ov_host.InvalidError, self.collection.upsert, [record("a", n=2**63)])
        self.assertIn("9223372036854775808", str(fault))
        fault = self.error(ov_host.InvalidError, self.collection.count,
                           {"op": "and", "conds": [{"op": "must", "field": "n", "conds": [1, -(2**63) - 1]}]})
        self.assertEqual(fault.where, "/conds/0/conds/1")
        self.assertIn("-9223372036854775809", str(fault))
        fault = self.error(ov_host.InvalidError, self.collection.upsert, [record("a", n=10**5000)])
        self.assertIn("beyond int64", str(fault))
        self.error(ov_host.InvalidError, self.collection.fetch, [2**64])

    def test_vectors_of_another_shape_are_refused(self):
        self.make()
        for bad in ([1, 2, 3], [], [1, 2, 3, math.nan], [1, 2, 3, math.inf], [1, 2, 3, 1e300], [1, 2, 3, None],
                    [1, 2, 3, 10**400], "1234", [[1, 2], [3, 4]], {"a": 1}, None, array.array("d", [1, 2, 3, 1e300])):
            fault = self.error(ov_host.InvalidError, self.collection.upsert, [record("a", vector=bad)])
            self.assertTrue(fault.where.startswith("vector"), (bad, fault.where))
        for bad in ([1, 2, 3], [1, 2, 3, math.nan], "1234", [1, 2, 3, None], [1, 2, 3, "x"], [1, 2, 3, 1e300], 7):
            self.error(ov_host.InvalidError, self.collection.search, bad)
        self.assertEqual(len(self.collection.search([])), 0)

    def test_numbers_in_texts_are_vectors_too(self):
        self.make().upsert([record("a", vector=["1", 2, 3.0, True])])
        self.assertEqual(self.collection.fetch(["a"]).record(0)["vector"], [1.0, 2.0, 3.0, 1.0])

    def test_depth_is_bounded_and_cycles_are_no_crash(self):
        self.make()
        loop = []
        loop.append(loop)
        ring = {"op": "not"}
        ring["cond"] = ring
        deep = {"op": "must", "field": "n", "conds": [1]}
        for _ in range(1000):
            deep = {"op": "and", "conds": [deep]}
        for bad in (loop, ring, deep, {"op": "and", "conds": loop}):
            self.assertIn("64 levels", str(self.error(ov_host.InvalidError, self.collection.count, bad)))
        for bad in (loop, ring):
            self.error(ov_host.InvalidError, self.collection.upsert, [record("a", tags=bad)])
            self.error(ov_host.InvalidError, self.store.create, "d", bad)

    def test_names_are_texts(self):
        self.make()
        fault = self.error(ov_host.InvalidError, self.collection.upsert, [{"id": "a", 7: 1}])
        self.assertIn("name", str(fault))
        self.error(ov_host.InvalidError, self.collection.fetch, ["a"], [7])
        self.error(ov_host.InvalidError, self.collection.fetch, ["a"], "name")
        self.error(ov_host.InvalidError, self.collection.fetch, ["a"], ["na\0me"])
        self.error(ov_host.InvalidError, self.collection.fetch, "a")

    def test_a_container_that_changes_while_it_is_read_is_no_crash(self):
        self.make()
        records = [record("a"), record("b")]

        class Shrinks:
            def __index__(self):
                records.clear()
                return 1

        class Grows:
            def __index__(self):
                growing.update({f"g{i}": i for i in range(1000)})
                return 1

        growing = record("c", n=Grows())
        records[0]["n"] = Shrinks()
        self.collection.upsert(records)
        self.assertEqual(self.collection.scan().keys(), ["a"])
        self.error((ov_host.InvalidError, RuntimeError), self.collection.upsert, [growing])

    def test_an_error_of_the_callers_own_code_comes_through(self):
        class Angry:
            def __index__(self):
                raise KeyError("mine")

        self.make()
        self.error(KeyError, self.collection.upsert, [record("a", n=Angry())])
        self.error(KeyError, self.collection.count, {"op": "must", "field": "n", "conds": [Angry()]})

    def test_limits_are_whole_numbers(self):
        self.make()
        self.error(TypeError, self.collection.search, [1, 0, 0, 0], limit="3")
        self.error(TypeError, self.collection.search, [1, 0, 0, 0], limit=1.5)
        self.error(ov_host.InvalidError, self.collection.search, [1, 0, 0, 0], limit=-1)
        self.error(ov_host.InvalidError, self.collection.search, [1, 0, 0, 0], limit=2**70)
        self.error(ov_host.InvalidError, self.collection.scan, offset=-1)


@on_each_provider
class Texts:
    def test_bad_text_is_refused_with_its_place(self):
        self.make()
        for bad, part in (("a\ud800b", "U+D800"), ("a\udfffb", "U+DFFF"), ("a\0b", "U+0000")):
            fault = self.error(ov_host.InvalidError, self.collection.upsert, [record("a", name=bad)])
            self.assertEqual(fault.where, "name")
            self.assertIn(part, str(fault))
        fault = self.error(ov_host.InvalidError, self.collection.count,
                           {"op": "must", "field": "name", "conds": ["\udc00"]})
        self.assertEqual(fault.where, "/conds/0")

    def test_bad_text_is_replaced_where_that_is_asked_for(self):
        self.make()
        self.assertFalse(self.store.replace_bad_text)
        self.store.replace_bad_text = True
        self.collection.upsert([{**record("k"), "name": "a\ud83d\ude00b\0c", "body": "ü\0", "tags": ["\udfff", "fine"],
                                 "terms": {"\ud800": 1.0}}])
        found = self.collection.fetch(["k"])
        self.assertEqual(found.record(0)["name"], "a\ufffd\ufffdb\ufffdc")
        self.assertEqual(found.record(0)["body"], "ü\ufffd")
        self.assertEqual(found.record(0)["tags"], ["\ufffd", "fine"])
        self.assertEqual(found.record(0)["terms"], {"\ufffd": 1.0})
        self.collection.set([{"id": "k", "name": "\0"}])
        self.assertEqual(self.collection.fetch(["k"]).record(0)["name"], "\ufffd")
        self.store.replace_bad_text = False
        self.error(ov_host.InvalidError, self.collection.set, [{"id": "k", "name": "\0"}])

    def test_bad_text_in_what_says_which_records_is_refused_all_the_same(self):
        self.make()
        self.store.replace_bad_text = True
        self.collection.upsert([record("k\ufffd", name="acme\ufffd", way="/a\ufffd", tags=["\ufffd"])])
        for bad in ("\0", "\ud800", "\udfff"):
            whole = {"op": "must", "field": "name", "conds": ["acme" + bad]}
            for node in (whole, {"op": "and", "conds": [whole]}, {"op": "must_not", "field": "name", "conds": ["acme" + bad]},
                         {"op": "prefix", "field": "name", "prefix": "acme" + bad},
                         {"op": "contains", "field": "name", "substring": bad},
                         {"op": "regex", "field": "name", "pattern": bad},
                         {"op": "must", "field": "way", "conds": ["/a" + bad]},
                         {"op": "must", "field": "tags", "conds": [bad]},
                         {"op": "must", "field": "name" + bad, "conds": ["acme"]}):
                for run in (self.collection.count, self.collection.remove_where, self.collection.explain,
                            lambda node: self.collection.groups("name", node),
                            lambda node: self.collection.scan(filter=node),
                            lambda node: self.collection.search([1, 0, 0, 0], filter=node)):
                    self.error(ov_host.InvalidError, run, node)
            self.assertRegex(self.error(ov_host.InvalidError, self.collection.count, whole).where, "/conds/0$")
            for run in (self.collection.fetch, self.collection.remove):
                self.assertEqual(self.error(ov_host.InvalidError, run, ["fine", "k" + bad]).row, 1)
            for run in (self.collection.upsert, self.collection.set, self.collection.check):
                fault = self.error(ov_host.InvalidError, run, [record("fine"), record("k" + bad)])
                self.assertEqual((fault.where, fault.row), ("id", 1))
                self.error(ov_host.InvalidError, run, [record("k\ufffd", **{"na" + bad: "x"})])
            self.error(ov_host.InvalidError, self.store.collection, "context" + bad)
            self.error(ov_host.InvalidError, self.collection.scan, "n" + bad)
        self.assertEqual(self.collection.count(), 1)

    def test_two_names_that_become_one_are_refused(self):
        self.make()
        self.store.replace_bad_text = True
        fault = self.error(ov_host.InvalidError, self.collection.upsert,
                           [record("a", terms={"\ud800": 1.0, "\udfff": 2.0})])
        self.assertIn("twice", str(fault))


# Of one process in each zone: how often each value is met, and what is stored for it.
IN_A_ZONE = """
import sys, datetime as dt
import ov_host
from support import meta, record

naive, utc = dt.datetime(2026, 3, 1), dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc)
tokyo = dt.datetime(2026, 3, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=9)))
day = dt.date(2026, 3, 1)
instants = (naive, utc, tokyo, day, "2026-03-01T00:00:00", "2026-03-01", "2026-02-28T24:00")
with ov_host.Host().open({"backend": "native", "path": sys.argv[1], "dimension": 4}) as store:
    if store.create("context", meta())[0]:
        notes = store.collection("context")
        notes.upsert([record(f"k{i}", when=value) for i, value in enumerate(instants)])
        notes.upsert([record("later", when=dt.datetime(2026, 3, 1, 0, 0, 0, 1000))])
    notes = store.collection("context")
    for value in instants:
        print(notes.count({"op": "must", "field": "when", "conds": [value]}),
              notes.count({"op": "range", "field": "when", "gt": value}),
              notes.count({"op": "time_range", "field": "when", "gte": value, "lt": tokyo + dt.timedelta(seconds=1)}))
    print(notes.scan().column("when"))
"""


@on_each_provider
class Times:
    def test_times_of_pythons_libraries_are_stored_as_their_text(self):
        class Timestamp(datetime.datetime):
            """As pandas has it: with nanoseconds."""

            def isoformat(self):
                return super().isoformat() + ".123456789"

        class NaT(datetime.datetime):
            def isoformat(self):
                return "NaT"

        zone = datetime.timezone(datetime.timedelta(hours=5, minutes=53, seconds=28))
        self.make()
        for value, text, instant in (
                (datetime.datetime(2026, 3, 1, 5, 53, 28, tzinfo=zone), "2026-03-01T05:53:28+05:53:28", "2026-03-01T00:00:00Z"),
                (datetime.datetime(2026, 3, 1, 0, 0, 0, 1), "2026-03-01T00:00:00.000001", "2026-03-01T00:00:00Z"),
                (datetime.date(2026, 3, 1), "2026-03-01", "2026-03-01T00:00:00Z"),
                (Timestamp(2026, 3, 1), "2026-03-01T00:00:00.123456789", "2026-03-01T00:00:00.123Z"),
                (NaT(1, 1, 1), "", None), (None, "", None)):
            self.collection.upsert([record("a", when="2000-01-01"), record("b")])
            self.collection.upsert([record("a", when=value)])
            self.collection.set([{"id": "b", "when": value}])
            self.assertEqual([one["when"] for one in self.collection.fetch(["a", "b"]).records()], [text, text])
            if instant is not None:
                for met in (value, instant):
                    self.assertEqual(self.collection.count({"op": "must", "field": "when", "conds": [met]}), 2)

    def test_a_time_is_nothing_for_a_field_of_another_type(self):
        self.make()
        for value in (datetime.datetime(2026, 3, 1), datetime.date(2026, 3, 1)):
            for field in ("id", "name", "n", "tags", "body", "way", "terms", "vector"):
                fault = self.error(ov_host.InvalidError, self.collection.upsert, [{**record("a"), field: value}])
                self.assertEqual(fault.where, field)
        for value in (datetime.time(3), datetime.timedelta(1), object()):
            self.error(ov_host.InvalidError, self.collection.upsert, [record("a", when=value)])

    def test_an_error_of_a_times_own_code_comes_through(self):
        class Broken(datetime.datetime):
            def isoformat(self):
                raise ZeroDivisionError

        class Odd(datetime.datetime):
            def isoformat(self):
                return 7

        self.make()
        self.error(ZeroDivisionError, self.collection.upsert, [record("a", when=Broken(2026, 1, 1))])
        self.assertEqual(self.error(ov_host.InvalidError, self.collection.upsert, [record("a", when=Odd(2026, 1, 1))]).where, "when")

    def test_a_field_that_was_added_by_another_takes_times_at_once(self):
        self.make()
        other = self.store.collection("context")
        self.collection.update([{"FieldName": "due", "FieldType": "date_time"}])
        other.upsert([record("a", due=datetime.date(2026, 3, 1))])
        self.assertEqual(other.fetch(["a"]).record(0)["due"], "2026-03-01")


class Zones(unittest.TestCase):
    def test_one_store_and_filter_give_one_answer_in_every_zone(self):
        said, path = [], os.pathsep.join(os.path.abspath(place) for place in sys.path)
        for first, then in (("UTC", "JST-9"), ("JST-9", "UTC")):
            with tempfile.TemporaryDirectory() as folder:
                for zone in (first, then):
                    said.append(subprocess.run([sys.executable, "-c", IN_A_ZONE, folder], env={**os.environ, "TZ": zone, "PYTHONPATH": path},
                                               check=True, capture_output=True, text=True).stdout)
        self.assertEqual(said[0].splitlines()[:7], ["7 1 8"] * 7)
        self.assertEqual(set(said), {said[0]})


if __name__ == "__main__":
    unittest.main()
