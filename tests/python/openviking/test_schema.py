# SPDX-License-Identifier: Apache-2.0
"""A newer OpenViking's fields and indexes are added at start; an older one takes none away."""

import unittest

from openviking.storage.collection_schemas import CollectionSchemas
from openviking.storage.errors import CollectionNotFoundError
from support import DIM, OnNative, OnPostgres, PlaceCase, create, record, schema, vector

OLD_FIELDS = (
    "id uri type context_type vector sparse_vector created_at updated_at active_count level name "
    "description tags search_tags abstract content account_id owner_user_id"
).split()
NEW_FIELDS = [
    {"FieldName": "fingerprint", "FieldType": "string", "DefaultValue": ""},
    {"FieldName": "guard", "FieldType": "string", "DefaultValue": "none"},
    {"FieldName": "grants", "FieldType": "list<string>", "DefaultValue": []},
]


def old() -> dict:
    """The 18 fields and 12 scalar indexes of release 0.4.16."""
    whole = schema()
    return {
        **whole,
        "Fields": [f for f in whole["Fields"] if f["FieldName"] in OLD_FIELDS],
        "ScalarIndex": [name for name in whole["ScalarIndex"] if name in OLD_FIELDS],
    }


def new() -> dict:
    before = old()
    return {
        **before,
        "Description": "another text",
        "Fields": before["Fields"] + NEW_FIELDS,
        "ScalarIndex": before["ScalarIndex"] + ["guard", "grants"],
    }


class Cases:
    def test_missing_fields_and_indexes_are_added_and_the_records_stay(self):
        first = self.made(meta=old())
        first.upsert(record("a", "viking://resources/a"))
        first.close()

        second = self.adapter()
        self.assertFalse(create(second, new()))

        meta = second.get_collection().get_meta_data()
        self.assertEqual(
            [f["FieldName"] for f in meta["Fields"]],
            [f["FieldName"] for f in new()["Fields"]],
        )
        self.assertEqual(meta["Description"], old()["Description"])
        index = second.get_collection().get_index_meta_data("default")
        self.assertEqual(sorted(index["ScalarIndex"]), sorted(new()["ScalarIndex"]))
        self.assertEqual(sorted(meta["ScalarIndex"]), sorted(new()["ScalarIndex"]))
        kept = second.get(["a"])[0]
        self.assertEqual((kept["guard"], kept["grants"], kept["fingerprint"]), ("none", [], ""))
        barred = {"op": "must_not", "field": "guard", "conds": ["inherit", "restricted"]}
        self.assertEqual([r["id"] for r in second.query(filter=barred)], ["a"])
        second.upsert(record("b", "viking://resources/b", guard="restricted", grants=["1:x"]))
        self.assertEqual(second.count(barred), 1)
        self.assertEqual(
            second.count({"op": "must", "field": "grants", "conds": ["1:x"]}), 1
        )

    def test_the_schema_of_the_installed_release_is_reached_from_the_oldest(self):
        self.made(meta=old()).close()
        adapter = self.adapter()

        create(adapter, schema())

        meta = adapter.get_collection().get_meta_data()
        missing = {f["FieldName"] for f in schema()["Fields"]} - {
            f["FieldName"] for f in meta["Fields"]}
        self.assertEqual(missing, set())
        self.assertEqual(set(schema()["ScalarIndex"]) - set(meta["ScalarIndex"]), set())

    def test_an_older_release_leaves_the_newer_ones_fields_and_indexes_alone(self):
        adapter = self.made(meta=new())

        self.assertFalse(create(adapter, old()))

        collection = adapter.get_collection()
        self.assertEqual(len(collection.get_meta_data()["Fields"]), len(new()["Fields"]))
        self.assertEqual(
            sorted(collection.get_index_meta_data("default")["ScalarIndex"]),
            sorted(new()["ScalarIndex"]),
        )

    def test_another_dimension_is_refused_and_nothing_changes(self):
        adapter = self.made(meta=old())
        adapter.upsert(record("a", "viking://resources/a"))

        with self.assertRaisesRegex(ValueError, "vector|dim"):
            create(adapter, CollectionSchemas.context_collection("context", DIM * 2))

        self.assertEqual(len(adapter.get_collection().get_meta_data()["Fields"]), len(OLD_FIELDS))
        self.assertEqual(adapter.count(), 1)

    def test_another_distance_is_refused(self):
        adapter = self.made(meta=old())

        with self.assertRaisesRegex(ValueError, "distance"):
            create(adapter, old(), distance_metric="l2")

    def test_openvikings_own_way_of_adding_works_too(self):
        collection = self.made(meta=old()).get_collection()

        collection.update(fields=NEW_FIELDS)
        scalars = collection.get_index_meta_data("default")["ScalarIndex"]
        collection.update_index("default", scalar_index=[*scalars, "guard"])

        self.assertIn("guard", collection.get_index_meta_data("default")["ScalarIndex"])
        self.assertIn("guard", collection.get_meta_data()["ScalarIndex"])
        collection.update_index("no_such_index", scalar_index=["guard"])

    def test_a_collection_may_stand_for_context_under_another_name(self):
        plain = self.made()
        renamed = self.made({"table": "elsewhere", "index_name": "near"})
        renamed.upsert(record("a", "viking://resources/a"))

        self.assertEqual((plain.count(), renamed.count()), (0, 1))
        self.assertIn("elsewhere", renamed._link.store().collections())
        self.assertEqual(renamed.get_collection().list_indexes(), ["default"])
        self.assertEqual(
            renamed.get_collection().get_index_meta_data("default")["IndexName"], "default")
        self.assertEqual(len(renamed.query(query_vector=vector(1))), 1)

    def test_a_name_of_its_own_never_lands_in_the_table_of_context(self):
        self.made({"table": "elsewhere"})
        bench = self.adapter({"table": "elsewhere"}, name="context_bench_1")

        self.assertFalse(bench.collection_exists())
        create(bench, schema("context_bench_1"), name="context_bench_1")

        self.assertTrue(bench.collection_exists())
        self.assertTrue(bench.drop_collection())
        self.assertFalse(bench.drop_collection())

    def test_a_collection_that_is_not_there_is_openvikings_own_error(self):
        adapter = self.adapter({"table": "nowhere"})

        self.assertFalse(adapter.collection_exists())
        self.assertIsNone(adapter.get_collection_info())
        for call in (adapter.get_collection, adapter.count, lambda: adapter.get(["a"])):
            with self.assertRaises(CollectionNotFoundError):
                call()

    def test_a_collection_that_another_drops_is_openvikings_own_error_and_soon_not_there(self):
        adapter = self.made({"table": "passing"})
        self.assertTrue(adapter.collection_exists())
        self.adapter({"table": "passing"}).drop_collection()

        for call in (adapter.count, lambda: adapter.get(["a"]),
                     lambda: adapter.query(query_vector=vector(1))):
            with self.assertRaises(CollectionNotFoundError):
                call()
        self.assertFalse(adapter.collection_exists())

    def test_an_index_that_is_not_there_has_no_meta_and_finds_nothing(self):
        collection = self.made().get_collection()

        self.assertIsNone(collection.get_index_meta_data("nope"))
        self.assertIsNone(collection.get_index("nope"))
        self.assertFalse(collection.has_index("nope"))
        self.assertEqual(collection.search_by_vector("nope", vector(1)).data, [])
        with self.assertRaises(LookupError):
            collection.aggregate_data("nope")


class Native(OnNative, Cases, PlaceCase):
    pass


class Postgres(OnPostgres, Cases, PlaceCase):
    pass


if __name__ == "__main__":
    unittest.main()
