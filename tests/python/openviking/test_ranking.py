# SPDX-License-Identifier: Apache-2.0
"""Searches, listings and their scores, held against OpenViking's own engine where it has them."""

import datetime
import random
import unittest
from unittest import mock

from openviking.storage.expr import Eq
from openviking.storage.vectordb.collection.local_collection import get_or_create_local_collection
from ov_host.openviking import scores
from ov_host.openviking.scores import expected_affine
from support import DIM, OnNative, OnPostgres, PlaceCase, record, schema, vector

try:
    from openviking.utils import time_decay
except ImportError:
    time_decay = None

DAY = 86400.0
NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)


def local_engine(records, distance: str, sparse_weight: float = 0.0):
    """OpenViking's own engine in memory, with exact vectors."""
    meta = schema()
    collection = get_or_create_local_collection(meta_data=meta, path="")
    index = {"IndexType": "flat", "Distance": distance, "Quant": "float"}
    if sparse_weight:
        index |= {"IndexType": "flat_hybrid", "EnableSparse": True,
                  "SearchWithSparseLogitAlpha": sparse_weight}
    collection.create_index(
        "default",
        {"IndexName": "default", "VectorIndex": index, "ScalarIndex": meta["ScalarIndex"]},
    )
    collection.upsert_data(records)
    return collection


def random_records(n: int, seed: int) -> list[dict]:
    """Ages from 60 days to the future, some without a time, and no two scores alike."""
    numbers = random.Random(seed)
    records = []
    for i in range(n):
        when = NOW - datetime.timedelta(days=numbers.uniform(-5, 60))
        records.append(record(
            f"k{i:04}", f"/resources/{i}",
            vector=[numbers.uniform(-1, 1) for _ in range(DIM)],
            updated_at="" if i % 7 == 0 else when.isoformat().replace("+00:00", "Z"),
        ))
    return records


class Cases:
    def assert_ranked_alike(self, ours, theirs, what=""):
        self.assertEqual([r["id"] for r in ours], [item.id for item in theirs], what)
        for mine, item in zip(ours, theirs):
            self.assertAlmostEqual(mine["_score"], item.score, 4, what)

    def test_scores_are_on_the_scale_of_the_installed_release(self):
        records = random_records(50, 1)
        for distance in ("cosine", "ip", "l2"):
            adapter = self.made(distance_metric=distance)
            adapter.upsert(records)
            query = vector(0.3, -0.2, 0.9)
            found = adapter.query(query_vector=query, limit=20)
            local = local_engine(records, distance).search_by_vector("default", query, limit=20)

            self.assert_ranked_alike(found, local.data, distance)
            collection = adapter.get_collection().search_by_vector("default", query, limit=20)
            self.assertEqual([i.score for i in collection.data], [r["_score"] for r in found])

    def test_hybrid_scores_are_those_of_the_installed_release(self):
        records = random_records(50, 2)
        for i, one in enumerate(records):
            one["sparse_vector"] = {"fox": 0.1 + i / 50} if i % 2 else {}
        adapter = self.made(sparse_weight=0.25)
        adapter.upsert(records)
        engine = local_engine(records, "cosine", 0.25)
        query = vector(0.3, -0.2, 0.9)
        for sparse in (None, {"fox": 2.0}, {"unheard": 1.0}):
            found = adapter.query(query_vector=query, sparse_query_vector=sparse, limit=20)
            local = engine.search_by_vector("default", query, limit=20, sparse_vector=sparse)

            self.assert_ranked_alike(found, local.data, str(sparse))

    def test_terms_alone_rank_by_terms(self):
        adapter = self.made(sparse_weight=0.5)
        adapter.upsert([
            record("one", "/1", sparse_vector={"fox": 1.0}),
            record("two", "/2", sparse_vector={"fox": 3.0}),
        ])

        found = adapter.query(sparse_query_vector={"fox": 1.0}, query_vector=[])

        self.assertEqual([r["id"] for r in found][:2], ["two", "one"])

    def test_the_scale_can_be_chosen(self):
        adapter = self.made({"score_scale": "raw"})
        adapter.upsert(record("a", "/a"))
        self.assertAlmostEqual(adapter.query(query_vector=vector(-1))[0]["_score"], -1.0)

        other = self.adapter({"score_scale": "affine"})
        self.assertAlmostEqual(other.query(query_vector=vector(-1))[0]["_score"], 0.0)
        self.assertAlmostEqual(other.query(query_vector=vector(0, 1))[0]["_score"], 0.5)

    @unittest.skipUnless(time_decay, "this release of OpenViking knows no time decay")
    def test_fading_with_time_equals_the_local_engine(self):
        records = random_records(400, 3)
        query = vector(0.5, 0.1, -0.7)
        for distance in ("cosine", "ip", "l2"):
            adapter = self.made(distance_metric=distance)
            adapter.upsert(records)
            engine = local_engine(records, distance)
            for protection in ("0", "3d", "12h"):
                spec = time_decay.build_time_decay_fusion_spec(protection=protection, origin=NOW)
                advance = {"time_decay": {n: getattr(spec, n) for n in
                                          ("field", "origin_ms", "offset_ms", "scale_ms", "decay")}}
                local = engine.search_by_vector(
                    "default", query, limit=400, advance=advance, return_detail_info=True).data
                found = adapter.query(
                    query_vector=query, limit=15, offset=5, output_fields=["uri"],
                    advance={"time_decay": {"protection": protection, "origin": NOW.isoformat()}})

                self.assert_ranked_alike(found, local[5:20], f"{distance} {protection}")
                for mine, item in zip(found, local[5:20]):
                    self.assertNotIn("updated_at", mine)
                    self.assertAlmostEqual(mine["_origin_score"], item.origin_score, 5)
                    self.assertEqual("_time_score" in mine, item.addition_score is not None)
                    if item.addition_score is not None:
                        self.assertAlmostEqual(mine["_time_score"], item.addition_score, 9)
                through = adapter.get_collection().search_by_vector(
                    "default", query, limit=15, offset=5, advance=advance).data
                self.assertEqual([i.id for i in through], [r["id"] for r in found])

    def test_another_way_of_ranking_is_refused(self):
        adapter = self.made()

        for advance in ({"post_process_ops": []}, {"time_decay": None, "x": 1}):
            with self.assertRaises(NotImplementedError):
                adapter.query(query_vector=vector(1), advance=advance)
        with self.assertRaises(NotImplementedError):
            adapter.search_by_random(advance={"post_process_ops": [{"op": "path_glob"}]})

    def test_a_query_without_a_vector_lists_in_the_order_of_keys(self):
        adapter = self.made()
        adapter.upsert([record(f"k{i}", f"/resources/{i}") for i in (5, 3, 1, 4, 2, 0)])
        for call in (
            lambda **k: adapter.query(query_vector=[], **k),
            lambda **k: adapter.query(sparse_query_vector={}, **k),
            adapter.search_by_random,
        ):
            for _ in range(2):
                pages = [call(filter=Eq("level", 2), limit=4, offset=n) for n in (0, 4, 8)]

                self.assertEqual([[r["id"] for r in page] for page in pages],
                                 [["k0", "k1", "k2", "k3"], ["k4", "k5"], []])
                self.assertEqual(pages[0][0]["_score"], 0.0)

    def test_the_fields_that_are_asked_for_come_and_the_key_beside_them(self):
        adapter = self.made()
        adapter.upsert(record("a", "viking://resources/a", sparse_vector={"fox": 1.5}))
        for found in (
            adapter.query(query_vector=vector(1), output_fields=["uri", "zz"])[0],
            adapter.query(order_by="level", output_fields=["uri", "zz"])[0],
            adapter.query(output_fields=["uri", "zz"])[0],
        ):
            self.assertEqual(set(found), {"uri", "zz", "id", "_score"})
            self.assertEqual((found["uri"], found["zz"]), ("viking://resources/a", None))
        whole = adapter.query(query_vector=vector(1), output_fields=[])[0]
        self.assertEqual(whole["vector"], vector(1))
        self.assertEqual(whole["sparse_vector"], {"fox": 1.5})

    def test_what_comes_back_can_be_written_again(self):
        adapter = self.made()
        adapter.upsert(record("a", "viking://resources/a", search_tags=["k=v"],
                              sparse_vector={"fox": 0.1}, active_count=3))
        before = adapter.get(["a"])

        adapter.upsert(before)

        self.assertEqual(adapter.get(["a"]), before)

    def test_limits_of_zero_find_nothing_and_negative_ones_are_errors(self):
        adapter = self.made()
        adapter.upsert(record("a", "/a"))
        for kind in ({"query_vector": vector(1)}, {"order_by": "level"}, {}):
            self.assertEqual(adapter.query(limit=0, **kind), [])
            self.assertEqual(adapter.query(offset=9, **kind), [])
            for wrong in ({"limit": -1}, {"offset": -1}):
                with self.assertRaises(ValueError, msg=str((kind, wrong))):
                    adapter.query(**wrong, **kind)
        for wrong in (vector(1)[:-1], vector(1) + [1.0], [float("nan")] * DIM):
            with self.assertRaises(ValueError):
                adapter.query(query_vector=wrong)

    def test_an_order_by_number_scores_it_and_by_what_is_no_order_finds_nothing(self):
        adapter = self.made()
        adapter.upsert([record(f"k{i}", f"/{i}", active_count=i % 3) for i in range(5)])

        found = adapter.query(order_by="active_count", order_desc=True, output_fields=["id"])

        self.assertEqual([(r["id"], r["_score"]) for r in found],
                         [("k2", 2.0), ("k1", 1.0), ("k4", 1.0), ("k0", 0.0), ("k3", 0.0)])
        for field in ("name", "uri", "nope", "vector"):
            self.assertEqual(adapter.query(order_by=field), [])
        collection = adapter.get_collection()
        self.assertEqual(collection.search_by_scalar("default", "level", "up").data, [])

    def test_a_search_by_a_record_starts_at_its_vector(self):
        adapter = self.made()
        adapter.upsert([record("a", "/a", vector=vector(1)), record("b", "/b", vector=vector(1, 1)),
                        record("c", "/c", vector=vector(0, 0, 1))])
        collection = adapter.get_collection()

        self.assertEqual([i.id for i in collection.search_by_id("default", "a", limit=2).data],
                         ["a", "b"])
        for missing in ("zz", "", "  ", None):
            self.assertEqual(collection.search_by_id("default", missing).data, [])
        with self.assertRaises(NotImplementedError):
            collection.search_by_multimodal("default", "text", None, None)

    def test_groups_are_counted_by_value(self):
        adapter = self.made()
        adapter.upsert([record(f"k{i}", f"/{i}", level=i % 2, name="n" * (i % 3)) for i in range(9)])
        collection = adapter.get_collection()

        self.assertEqual(collection.aggregate_data("default").agg, {"_total": 9})
        self.assertEqual(collection.aggregate_data("default", field="level").agg, {"0": 5, "1": 4})
        self.assertEqual(
            collection.aggregate_data("default", field="level", cond={"gt": 4}).agg, {"0": 5})
        self.assertEqual(
            collection.aggregate_data(
                "default", field="name", filters={"op": "must", "field": "level", "conds": [1]}
            ).agg, {"": 1, "n": 2, "nn": 1})

    def test_words_find_texts_where_texts_are_kept(self):
        adapter = self.made({"use_content_field": True})
        self.assertTrue(adapter.USE_CONTENT_FIELD)
        adapter.upsert([record("a", "/a", content="the quick brown fox"),
                        record("b", "/b", content="a lazy dog")])

        self.assertEqual([r["id"] for r in adapter.search_by_keywords(query="fox")], ["a"])
        found = adapter.search_by_keywords(
            keywords=["dog"], mode="bm25", fields=["content"], output_fields=["uri"])
        self.assertEqual([(r["id"], r["uri"]) for r in found], [("b", "viking://b")])
        self.assertEqual(adapter.search_by_keywords(query="fox", filter=Eq("level", 0)), [])
        for wrong in ({"query": "fox", "mode": "vector"}, {"query": "fox", "fields": ["name"]}):
            with self.assertRaises(NotImplementedError):
                adapter.search_by_keywords(**wrong)
        with self.assertRaises(ValueError):
            adapter.search_by_keywords()

    def test_a_word_ends_at_a_sign_and_an_ideograph_is_a_word(self):
        adapter = self.made({"use_content_field": True})
        texts = {"a": "call config.parse(x_y)", "b": "see src/foo.txt, ann@host.example",
                 "c": "使用数据库引擎", "d": "データを読む。foo。baz", "e": "한국어 ÄRGER 库",
                 "f": "https://example.org/v2/configure?id=7"}
        adapter.upsert([record(k, f"/{k}", content=text) for k, text in texts.items()])

        for query, wanted in (
                ("config", "a"), ("y", "a"), ("foo", "bd"), ("host", "b"), ("baz", "d"),
                ("数据库", "ce"), ("引", "c"), ("読", "d"), ("국", "e"), ("ärger", "e"),
                ("v2", "f"), ("id", "f"), ("V2.x", "af"), ("arger", ""), ("conf", ""), ("。", ""),
                ("图", ""), ("tデ", "d")):
            with self.subTest(query):
                found = adapter.search_by_keywords(query=query)
                self.assertEqual(sorted(r["id"] for r in found), sorted(wanted))
        self.assertEqual(adapter.search_by_keywords(query="数据库")[0]["id"], "c")

    def test_words_are_refused_where_no_texts_are_kept(self):
        with self.assertRaisesRegex(NotImplementedError, "use_content_field"):
            self.made().search_by_keywords(query="fox")
        bare = self.made({"use_content_field": True}, meta={**schema(), "FullText": []})
        with self.assertRaises(NotImplementedError):
            bare.search_by_keywords(query="fox")


class Native(OnNative, Cases, PlaceCase):
    pass


class Postgres(OnPostgres, Cases, PlaceCase):
    pass


class Scale(unittest.TestCase):
    def test_it_never_leaves_its_ends(self):
        self.assertEqual([scores.affine(c) for c in (-1.0000001, -1, 0, 1, 1.0000001)],
                         [0.0, 0.0, 0.5, 1.0, 1.0])

    def test_without_the_table_the_release_decides(self):
        for version, expected in (("0.4.16", False), ("0.4.21", False), ("0.4.22", True),
                                  ("0.4.100", True), ("0.6.0rc1", True)):
            with mock.patch.object(scores.importlib, "import_module", side_effect=ImportError), \
                    mock.patch.object(scores, "_installed", return_value=version):
                self.assertEqual(expected_affine(), expected, version)

    def test_the_release_says_on_which_scale_its_scores_are(self):
        engine = local_engine([record("a", "/a")], "cosine")
        score = engine.search_by_vector("default", vector(0, 1)).data[0].score

        self.assertEqual(expected_affine(), score == 0.5)


if __name__ == "__main__":
    unittest.main()
