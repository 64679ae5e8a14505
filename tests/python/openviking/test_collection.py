# SPDX-License-Identifier: Apache-2.0
"""The collection by itself, with schemas that OpenViking's own code does not use."""

import random
import time
import unittest

from openviking.storage.errors import CollectionNotFoundError
from ov_host.openviking.collection import open_collection
from support import OnNative, OnPostgres, PlaceCase, vector

FIELDS = [
    {"FieldName": "n", "FieldType": "int64"},
    {"FieldName": "vector", "FieldType": "vector", "Dim": 4},
]
KEYED = [{"FieldName": "key", "FieldType": "int64", "IsPrimaryKey": True}, *FIELDS]
INDEX = {"VectorIndex": {"IndexType": "flat", "Distance": "l2"}, "ScalarIndex": ["n"]}


class Cases:
    def collection(self, name, meta=None, **more):
        options = {**self.place.custom, **more}
        if options["backend"] == "native":
            options["path"] = self.place.workspace
        collection = open_collection(options, name, meta)
        self.addCleanup(collection.close)
        if meta is not None:
            self.addCleanup(collection.drop)
        return collection

    def test_a_key_may_be_a_number_under_any_name(self):
        collection = self.collection("numbers", {"Fields": KEYED})
        collection.create_index("near", INDEX)
        ids = collection.upsert_data(
            [{"key": k, "n": k * 10, "vector": vector(k)} for k in (3, 1, 2)]).ids

        self.assertEqual(ids, [3, 1, 2])
        fetched = collection.fetch_data([2, 9, 2])
        self.assertEqual([i.id for i in fetched.items], [2, 2])
        self.assertEqual(fetched.items[0].fields, {"key": 2, "n": 20, "vector": vector(2)})
        self.assertEqual(fetched.ids_not_exist, [9])
        found = collection.search_by_vector("near", vector(3), limit=2).data
        self.assertEqual([(i.id, i.score) for i in found], [(3, 1.0), (2, 0.0)])
        self.assertEqual(collection.update_data([{"key": 1, "n": 7}]).ids, [1])
        with self.assertRaisesRegex(ValueError, "not found"):
            collection.update_data([{"key": 1, "n": 8}, {"key": 5, "n": 8}])
        with self.assertRaisesRegex(ValueError, "primary key 'key' is required"):
            collection.update_data([{"n": 8}])
        self.assertEqual(collection.fetch_data([1]).items[0].fields["n"], 7)

    def test_an_index_is_built_for_longer_than_a_call_may_take(self):
        wide = [KEYED[0], FIELDS[0], {"FieldName": "vector", "FieldType": "vector", "Dim": 64}]
        filled = self.collection("many", {"Fields": wide})
        numbers = random.Random(5)
        filled.upsert_data([{"key": k, "n": k, "vector": [numbers.random() for _ in range(64)]}
                            for k in range(12000)])
        hurried = self.collection("many", timeout="1s")

        hurried.create_index("near", INDEX)
        hurried.update_index("near", ["n"])
        hurried.begin_bulk_ingest()
        hurried.end_bulk_ingest()

        self.assertEqual(hurried.aggregate_data("near").agg, {"_total": 12000})

    def test_records_without_a_key_get_one_each(self):
        collection = self.collection("keyless", {"Fields": FIELDS})
        collection.create_index("near", INDEX)

        ids = collection.upsert_data([{"n": i, "vector": vector(i)} for i in range(300)]).ids

        self.assertEqual(len(set(ids)), 300)
        self.assertEqual(collection.aggregate_data("near").agg, {"_total": 300})
        self.assertEqual([i.fields["n"] for i in collection.fetch_data(ids[:3]).items], [0, 1, 2])
        self.assertNotIn("AUTO_ID", [f["FieldName"] for f in collection.get_meta_data()["Fields"]])
        found = collection.search_by_vector("near", vector(7), limit=1).data[0]
        self.assertEqual(found.id, ids[7])
        collection.delete_data(ids[:100])
        self.assertEqual(collection.aggregate_data("near").agg, {"_total": 200})
        collection.delete_all_data()
        self.assertEqual(collection.aggregate_data("near").agg, {"_total": 0})

    def test_a_time_to_live_belongs_to_each_record(self):
        collection = self.collection("fleeting", {"Fields": KEYED})
        collection.create_index("near", INDEX)
        collection.upsert_data([{"key": 1, "vector": vector(1)}], ttl=1)
        collection.upsert_data([{"key": 2, "vector": vector(1)}], ttl=1000)
        collection.upsert_data([{"key": 3, "vector": vector(1)}], ttl=-5)

        for _ in range(400):
            left = [i.id for i in collection.search_by_random("near").data]
            if 1 not in left:
                break
            time.sleep(0.01)

        self.assertEqual(left, [2, 3])

    def test_indexes_are_listed_and_dropped(self):
        collection = self.collection("indexed", {"Fields": KEYED})
        self.assertEqual(collection.list_indexes(), [])
        collection.create_index("near", INDEX)
        collection.create_index("far", {"VectorIndex": {"IndexType": "flat", "Distance": "ip"}})

        self.assertEqual(sorted(collection.list_indexes()), ["far", "near"])
        self.assertEqual(collection.get_index("near").get_meta_data()["ScalarIndex"], ["n"])
        collection.drop_index("far")
        collection.drop_index("far")
        self.assertEqual(collection.list_indexes(), ["near"])

    def test_a_collection_that_is_not_there_is_not_opened(self):
        with self.assertRaises(CollectionNotFoundError):
            self.collection("nowhere")

    def test_what_is_read_while_a_schema_changes_is_not_remembered(self):
        collection = self.collection("changing", {"Fields": KEYED})
        link = collection._link
        call = link.call

        def call_and_change(method, *args, **kwargs):
            answer = call(method, *args, **kwargs)
            if method == "meta":
                link.call = call
                collection.update([{"FieldName": "more", "FieldType": "int64"}])
            return answer

        link.call = call_and_change
        link.field_types()

        self.assertIn("more", link.field_types())

    def test_a_text_is_no_list_of_keys(self):
        collection = self.collection("texts", {"Fields": [
            {"FieldName": "id", "FieldType": "string", "IsPrimaryKey": True}, *FIELDS]})
        collection.upsert_data([{"id": key, "n": 1, "vector": vector(1)} for key in "abc"])

        for call in (collection.fetch_data, collection.delete_data):
            with self.assertRaisesRegex(ValueError, "not the text 'abc'"):
                call("abc")
        self.assertEqual(len(collection.fetch_data(iter(["a", "b", "c"])).items), 3)

    def test_a_filter_of_another_kind_is_no_lack_of_one(self):
        collection = self.collection("filters", {"Fields": KEYED})
        collection.create_index("near", INDEX)
        collection.upsert_data([{"key": 1, "n": 1, "vector": vector(1)}])

        self.assertEqual(len(collection.search_by_vector("near", vector(1), filters={}).data), 1)
        self.assertEqual(collection.aggregate_data("near", filters={}).agg, {"_total": 1})
        for broken in ([], "", 0, False):
            with self.assertRaises(ValueError):
                collection.search_by_vector("near", vector(1), filters=broken)
            with self.assertRaises(ValueError):
                collection.search_by_scalar("near", "n", filters=broken)
            with self.assertRaises(ValueError):
                collection.aggregate_data("near", filters=broken)
            with self.assertRaises(ValueError):
                collection.aggregate_data("near", field="n", filters=broken)

    def test_empty_lists_are_no_calls(self):
        collection = self.collection("empty", {"Fields": KEYED})

        self.assertEqual(collection.upsert_data([]).ids, [])
        self.assertEqual(collection.update_data([]).ids, [])
        self.assertEqual(collection.fetch_data([]).items, [])
        collection.delete_data([])


class Native(OnNative, Cases, PlaceCase):
    pass


class Postgres(OnPostgres, Cases, PlaceCase):
    pass


if __name__ == "__main__":
    unittest.main()
