# SPDX-License-Identifier: Apache-2.0
"""When a record that was read back is the one that was to be moved."""

from __future__ import annotations

import struct
import unittest
from array import array

import local
from ov_host.migrate.compare import difference

TYPES = {field["FieldName"]: field["FieldType"] for field in local.FIELDS}


class Comparison(unittest.TestCase):
    def test_a_record_equals_itself_whatever_holds_its_vector(self) -> None:
        wanted, found = local.record(4), local.record(4)
        wanted["vector"] = array("f", wanted["vector"])

        self.assertIsNone(difference(TYPES, wanted, found))

    def test_a_record_that_is_not_there_differs_in_no_field(self) -> None:
        self.assertEqual(difference(TYPES, local.record(4), None), "")

    def test_one_bit_of_a_vector_is_found(self) -> None:
        wanted, found = local.record(4), local.record(4)
        number = struct.unpack("I", struct.pack("f", wanted["vector"][5]))[0] ^ 1
        found["vector"][5] = struct.unpack("f", struct.pack("I", number))[0]

        self.assertEqual(difference(TYPES, wanted, found), "vector")

    def test_a_zero_of_the_other_sign_is_found(self) -> None:
        wanted, found = local.record(4), local.record(4)
        wanted["vector"][0], found["vector"][0] = 0.0, -0.0

        self.assertEqual(difference(TYPES, wanted, found), "vector")

    def test_a_change_of_any_field_is_found(self) -> None:
        changes = {"uri": "/resources", "vector": [1.0], "sparse_vector": {"fox": 1.0},
                   "created_at": "2026-03-01T00:00:00.250Z", "level": 2, "weight": 1.3333333,
                   "shown": False, "search_tags": ["a", "b"], "numbers": [], "id": "R00004",
                   "place": "2.350,48.85", "abstract": "Nr. 4", "content": None}
        self.assertEqual(set(changes), set(TYPES))
        for name, value in changes.items():
            with self.subTest(name):
                self.assertEqual(
                    difference(TYPES, local.record(4), local.record(4) | {name: value}), name)

    def test_a_field_that_did_not_come_back_is_found(self) -> None:
        found = local.record(4)
        del found["content"]

        self.assertEqual(difference(TYPES, local.record(4), found), "content")

    def test_a_term_too_many_and_a_term_too_few_are_found(self) -> None:
        for terms in ({"fox": 1.0, "dog": 1.0}, {}, None):
            with self.subTest(terms=terms):
                wanted, found = {"s": {"fox": 1.0}}, {"s": terms}

                self.assertEqual(difference({"s": "sparse_vector"}, wanted, found), "s")

    def test_no_terms_and_none_at_all_are_the_same(self) -> None:
        self.assertIsNone(difference({"s": "sparse_vector"}, {"s": {}}, {"s": None}))

    def test_what_no_store_takes_may_come_back_as_its_stand_in(self) -> None:
        for bad in ("\0", "\ud800", "\udfff"):
            for kind, wanted, stand_in, cut in (
                    ("string", f"a{bad}b", "a\ufffdb", "ab"),
                    ("list<string>", [f"a{bad}"], ["a\ufffd"], ["a"]),
                    ("sparse_vector", {f"a{bad}": 1.0}, {"a\ufffd": 1.0}, {"a": 1.0})):
                with self.subTest(bad=ascii(bad), kind=kind):
                    self.assertIsNone(difference({"t": kind}, {"t": wanted}, {"t": stand_in}))
                    self.assertEqual(difference({"t": kind}, {"t": wanted}, {"t": cut}), "t")


if __name__ == "__main__":
    unittest.main()
