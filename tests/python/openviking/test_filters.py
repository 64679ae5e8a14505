# SPDX-License-Identifier: Apache-2.0
"""OpenViking's filter expressions become documents that never say less than they did."""

import unittest
from datetime import datetime, timezone

from openviking.storage.expr import And, Contains, Eq, In, Or, PathScope, Range, RawDSL, TimeRange
from ov_host.openviking.filters import Compiler, decode_uri

ACME = {"op": "must", "field": "account_id", "conds": ["acme"]}
NOTHING = {"op": "must", "field": "id", "conds": []}


def compiled(expr):
    return Compiler().compile(expr)


class Groups(unittest.TestCase):
    def test_what_says_nothing_is_no_condition(self):
        for expr in (None, {}, RawDSL({}), And([]), And([None, RawDSL({})]), {"filter": {}}):
            self.assertIsNone(compiled(expr), expr)

    def test_an_or_of_nothing_matches_nothing(self):
        for expr in (Or([]), Or([None]), Or([RawDSL({})]), Or([And([])])):
            self.assertEqual(compiled(expr), NOTHING, expr)

    def test_an_empty_or_beside_the_tenant_keeps_both(self):
        self.assertEqual(
            compiled(And([Eq("account_id", "acme"), Or([])])),
            {"op": "and", "conds": [ACME, NOTHING]},
        )

    def test_one_condition_needs_no_group(self):
        self.assertEqual(compiled(And([Eq("account_id", "acme"), None])), ACME)
        self.assertEqual(compiled(Or([Eq("account_id", "acme")])), ACME)

    def test_the_key_of_nothing_is_the_collections_own(self):
        self.assertEqual(Compiler(lambda: "k").compile(Or([]))["field"], "k")


class Leaves(unittest.TestCase):
    def test_an_address_matches_its_node_and_a_list_of_them_their_subtrees(self):
        self.assertEqual(
            compiled(Eq("uri", "viking://a/b/")),
            {"op": "must", "field": "uri", "conds": ["/a/b"], "para": "-d=0"},
        )
        self.assertEqual(
            compiled(In("uri", ["viking://a", "/b"])),
            {"op": "must", "field": "uri", "conds": ["/a", "/b"]},
        )
        self.assertEqual(
            compiled(PathScope("uri", "viking://", 1)),
            {"op": "must", "field": "uri", "conds": ["/"], "para": "-d=1"},
        )

    def test_a_stored_address_is_shown_with_its_scheme_and_without_space_around(self):
        for stored in ("/a/b", " /a/b", "/a/b\u3000", "/a/b/", "//a/b", "viking://a/b "):
            self.assertEqual(decode_uri(stored), "viking://a/b", stored)
        for other in ("a/b", "", None, 7):
            self.assertEqual(decode_uri(other), other)

    def test_a_part_of_an_address_is_translated_and_keeps_its_end(self):
        self.assertEqual(
            compiled(Contains("uri", "viking://r/a.md#"))["substring"], "/r/a.md#"
        )
        self.assertEqual(compiled(Contains("uri", "viking://r/"))["substring"], "/r/")
        self.assertEqual(compiled(Contains("name", "viking://r/"))["substring"], "viking://r/")

    def test_a_range_without_a_bound_is_an_error(self):
        for expr in (Range("level"), TimeRange("updated_at")):
            with self.assertRaisesRegex(ValueError, "no bound"):
                compiled(expr)
        with self.assertRaises(ValueError):
            compiled(And([Eq("account_id", "acme"), Range("level")]))

    def test_the_end_of_a_time_range_is_outside(self):
        self.assertEqual(
            compiled(TimeRange("updated_at", "2026-01-01", "2026-02-01")),
            {"op": "range", "field": "updated_at", "gte": "2026-01-01", "lt": "2026-02-01"},
        )

    def test_a_datetime_becomes_its_text(self):
        when = datetime(2026, 3, 1, tzinfo=timezone.utc)

        self.assertEqual(compiled(TimeRange("updated_at", when))["gte"], "2026-03-01T00:00:00+00:00")
        self.assertEqual(compiled(Range("updated_at", lt=when))["lt"], when.isoformat())
        self.assertEqual(compiled(Eq("updated_at", when))["conds"], [when.isoformat()])
        raw = {"op": "range", "field": "updated_at", "gte": when}
        self.assertEqual(compiled(raw)["gte"], when.isoformat())

    def test_a_bound_of_zero_is_a_bound(self):
        self.assertEqual(
            compiled(Range("level", gte=0)), {"op": "range", "field": "level", "gte": 0}
        )

    def test_what_is_no_expression_is_refused(self):
        for expr in (7, "name", object(), [], And([Eq("name", "x"), 7])):
            with self.assertRaises(TypeError):
                compiled(expr)


class Raw(unittest.TestCase):
    def test_addresses_are_translated_wherever_they_stand(self):
        raw = {
            "op": "and",
            "conds": [
                {"op": "must_not", "field": "uri", "conds": ["viking://a/"]},
                {"op": "prefix", "field": "parent_uri", "prefix": "viking://p/"},
                {"op": "contains", "field": "uri", "substring": "viking://a#"},
                {"op": "must", "field": "name", "conds": ["viking://stays"]},
            ],
        }

        conds = compiled(RawDSL(raw))["conds"]

        self.assertEqual(conds[0]["conds"], ["/a"])
        self.assertEqual(conds[1]["prefix"], "/p")
        self.assertEqual(conds[2]["substring"], "/a#")
        self.assertEqual(conds[3]["conds"], ["viking://stays"])
        self.assertEqual(raw["conds"][0]["conds"], ["viking://a/"])

    def test_a_wrapper_gives_what_is_inside(self):
        self.assertEqual(compiled({"filter": ACME, "sorter": {"op": "count"}}), ACME)
        self.assertEqual(
            compiled(And([Eq("name", "x"), RawDSL({"filter": ACME})]))["conds"][1], ACME
        )

    def test_a_payload_that_is_no_object_is_an_error_beside_the_tenant_too(self):
        for payload in (None, [], [ACME], "x", 7):
            with self.assertRaises(ValueError):
                compiled(And([Eq("account_id", "acme"), RawDSL(payload)]))

    def test_a_broken_node_reaches_the_host_as_it_is(self):
        for node in ({"op": "bogus"}, {"op": "or", "conds": []}, {"op": "must", "conds": [{}]}):
            both = compiled(And([Eq("account_id", "acme"), RawDSL(node)]))

            self.assertEqual(both, {"op": "and", "conds": [ACME, node]})


if __name__ == "__main__":
    unittest.main()
