# SPDX-License-Identifier: Apache-2.0
"""A broken filter never shows, counts or deletes another tenant's records."""

import unittest

from openviking.storage.expr import And, Eq, Or, Range, RawDSL, TimeRange
from support import FacadeCase, OnNative, OnPostgres, context, record, vector

ACME, OTHER = context("acme"), context("other")

# Contract 3.2: what makes today's engine drop the whole filter, the tenant's part included.
BROKEN = {
    "unknown op": {"op": "bogus"},
    "op in capitals": {"op": "MUST", "field": "level", "conds": [2]},
    "no op": {"field": "level", "conds": [2]},
    "no field": {"op": "must", "conds": [2]},
    "no conds": {"op": "must", "field": "level"},
    "conds no list": {"op": "must", "field": "level", "conds": 2},
    "null in conds": {"op": "must", "field": "level", "conds": [None]},
    "object in conds": {"op": "must", "field": "level", "conds": [{}]},
    "mixed conds": {"op": "must", "field": "level", "conds": [2, "x", None]},
    "integer beyond 64 bits": {"op": "must", "field": "level", "conds": [2**63]},
    "empty or": {"op": "or", "conds": []},
    "empty and": {"op": "and", "conds": []},
    "empty object in and": {"op": "and", "conds": [{"op": "must", "field": "level", "conds": [2]}, {}]},
    "text in or": {"op": "or", "conds": ["x"]},
    "conds of or no list": {"op": "or", "conds": {"op": "must"}},
    "range without bound": {"op": "range", "field": "level"},
    "null bound": {"op": "range", "field": "level", "gte": None},
    "text bound on a number": {"op": "range", "field": "level", "gte": "2"},
    "truth as bound": {"op": "range", "field": "level", "gte": True},
    "centre no list": {"op": "range", "field": "level", "center": 2, "radius": 1},
    "para no text": {"op": "must", "field": "uri", "conds": ["/"], "para": 3},
    "para no number": {"op": "must", "field": "uri", "conds": ["/"], "para": "-d=abc"},
    "time_range on a number": {"op": "time_range", "field": "level", "gte": "2026-01-01"},
    "contains without substring": {"op": "contains", "field": "name"},
    "prefix no text": {"op": "prefix", "field": "name", "prefix": 3},
    "bad pattern": {"op": "regex", "field": "name", "pattern": "("},
    "bad date": {"op": "range", "field": "updated_at", "gte": "yesterday"},
    "unknown field": {"op": "must", "field": "nope", "conds": ["x"]},
    "geo on a text": {"op": "geo_range", "field": "name", "center": "1,2", "radius": "1km"},
    "wrapper inside": {"op": "and", "conds": [{"filter": {"op": "bogus"}}]},
    "wrapper of a broken one": {"filter": {"op": "bogus"}},
    "op beside a wrapper": {"op": "must", "filter": {}, "field": "level", "conds": [2]},
    "an empty list": [],
    "a text": "account_id",
    "labels": {"op": "label_in", "labels": [1]},
}

# What OpenViking's own expressions can hold of it.
BROKEN_EXPRESSIONS = {
    "range without bound": Range("level"),
    "time range without bound": TimeRange("updated_at"),
    "null": Eq("level", None),
    "unknown field": Eq("nope", "x"),
    "or of a broken one": Or([Eq("level", 2), RawDSL({"op": "bogus"})]),
}


class Cases:
    def probe(self, condition):
        """What the tenant acme finds, and whether its count and its delete were refused."""

        async def work(backend):
            for ctx, key in ((ACME, "mine"), (OTHER, "theirs")):
                await backend.upsert(record(key, f"viking://resources/{key}"), ctx=ctx)
            account = backend._get_backend_for_account("acme")
            found = []
            for kind in ({}, {"query_vector": vector(1)}, {"order_by": "updated_at"}):
                try:
                    found += await backend.query(filter=condition, limit=100, ctx=ACME, **kind)
                except Exception:  # newer releases let it through
                    pass
            refused = 0
            for call in (
                lambda: account.count(condition),
                lambda: account.delete_by_filter(And([Eq("account_id", "acme"), _expr(condition)])),
            ):
                try:
                    await call()
                except Exception:
                    refused += 1
            left = backend._shared_adapter.count()
            return [r["id"] for r in found], refused, left

        return self.run_with_facade(work)

    def test_a_broken_raw_filter_finds_nothing_and_is_refused_by_count_and_delete(self):
        for name, condition in BROKEN.items():
            if not isinstance(condition, dict):
                condition = RawDSL(condition)
            with self.subTest(name):
                found, refused, left = self.probe(condition)

                self.assertEqual((found, refused, left), ([], 2, 2))

    def test_a_broken_expression_finds_nothing_and_is_refused_by_count_and_delete(self):
        for name, condition in BROKEN_EXPRESSIONS.items():
            with self.subTest(name):
                found, refused, left = self.probe(condition)

                self.assertEqual((found, refused, left), ([], 2, 2))

    def test_a_condition_that_nothing_meets_finds_counts_and_deletes_nothing(self):
        for name, condition in {
            "empty or": Or([]),
            "or of nothing": Or([RawDSL({})]),
            "no values": RawDSL({"op": "must", "field": "name", "conds": []}),
        }.items():
            with self.subTest(name):
                found, refused, left = self.probe(condition)

                self.assertEqual((found, refused, left), ([], 0, 2))

    def test_an_or_cannot_reach_over_the_tenants_condition(self):
        async def work(backend):
            for ctx, key in ((ACME, "mine"), (OTHER, "theirs")):
                await backend.upsert(record(key, f"viking://resources/{key}"), ctx=ctx)
            anyone = {"op": "or", "conds": [
                {"op": "must", "field": "account_id", "conds": ["other"]},
                {"op": "must_not", "field": "name", "conds": ["x"]},
            ]}
            found = await backend.query(filter=anyone, ctx=ACME)
            return [r["id"] for r in found], await backend.count(filter=anyone, ctx=ACME)

        self.assertEqual(self.run_with_facade(work), (["mine"], 1))


class AdapterCases:
    def test_a_delete_by_a_filter_that_says_nothing_deletes_nothing(self):
        adapter = self.made()
        adapter.upsert(record("a", "viking://resources/a"))

        for condition in ({}, RawDSL({}), And([]), {"filter": {}}):
            with self.assertRaises(ValueError):
                adapter.delete(filter=condition)
        self.assertEqual(adapter.delete(filter=None), 0)
        self.assertEqual(adapter.delete(ids=[], filter=Eq("id", "a")), 0)
        self.assertEqual(adapter.delete(filter=Or([])), 0)
        self.assertEqual(adapter.count(), 1)

    def test_a_delete_with_a_limit_stops_there(self):
        adapter = self.made()
        adapter.upsert([record(f"k{i}", f"viking://resources/{i}") for i in range(5)])

        self.assertEqual(adapter.delete(filter=Eq("level", 2), limit=2), 2)
        self.assertEqual(adapter.delete(filter=Eq("level", 2), limit=0), 0)
        self.assertEqual([r["id"] for r in adapter.query()], ["k2", "k3", "k4"])
        self.assertEqual(adapter.delete(filter=Eq("level", 2), limit=100000), 3)

    def test_an_empty_filter_of_a_query_is_none(self):
        adapter = self.made()
        adapter.upsert(record("a", "viking://resources/a"))

        for condition in (None, {}, And([])):
            self.assertEqual(len(adapter.query(filter=condition)), 1)
            self.assertEqual(adapter.count(condition), 1)
        self.assertEqual(adapter.count({"filter": {"op": "must", "field": "id", "conds": ["z"]}}), 0)


def _expr(condition):
    return RawDSL(condition) if isinstance(condition, dict) else condition


class Native(OnNative, Cases, AdapterCases, FacadeCase):
    pass


class Postgres(OnPostgres, Cases, AdapterCases, FacadeCase):
    pass


if __name__ == "__main__":
    unittest.main()
