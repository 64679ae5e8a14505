# SPDX-License-Identifier: Apache-2.0
"""Every function of Host, Store, Collection and Page does what it says."""

import math
import os
import tempfile
import unittest

import ov_host
from support import DIM, StoreCase, meta, on_each_provider, record


class HostCalls(unittest.TestCase):
    def test_plugins_tells_what_is_on_the_path_and_why(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/libov_backend_broken.so", "w", encoding="utf-8") as file:
                file.write("no library")
            found = ov_host.Host(folder).plugins()
        self.assertEqual([p["status"] for p in found], ["refused"])
        self.assertTrue(found[0]["path"].endswith("libov_backend_broken.so"))
        self.assertTrue(found[0]["verdict"].startswith("OV-LOAD-"))
        self.assertTrue(found[0]["reason"] and found[0]["remedy"])

    def test_a_file_whose_name_is_no_utf_8_is_told_as_the_os_module_has_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.fsdecode(os.fsencode(folder) + b"/libov_backend_\xff.so")
            with open(path, "w", encoding="utf-8") as file:
                file.write("no library")
            found = ov_host.Host(folder).plugins()
        self.assertEqual([(p["path"], p["status"]) for p in found], [(path, "ignored")])

    def test_the_package_carries_its_providers(self):
        usable = {p["name"] for p in ov_host.Host().plugins() if p["status"] == "usable"}
        self.assertIn("native", usable)

    def test_the_environments_path_comes_before_the_packages(self):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["OV_PLUGIN_PATH"] = folder
            try:
                self.assertEqual(ov_host.Host().plugins(), [])
            finally:
                del os.environ["OV_PLUGIN_PATH"]

    def test_rescan_finds_a_new_file(self):
        with tempfile.TemporaryDirectory() as folder:
            host = ov_host.Host(plugin_path=folder)
            self.assertEqual(host.plugins(), [])
            native = next(p["path"] for p in ov_host.Host().plugins() if p["name"] == "native")
            os.symlink(native, f"{folder}/libov_backend_native.so")
            host.rescan()
            self.assertEqual([p["name"] for p in host.plugins()], ["native"])

    def test_describe_tells_the_options_of_a_provider(self):
        told = ov_host.Host().describe("native")
        self.assertEqual(told["name"], "native")
        self.assertEqual(told["version"], ov_host.version())
        path = next(o for o in told["options"] if o["name"] == "path")
        self.assertEqual((path["kind"], path["required"]), ("path", True))
        with self.assertRaises(ov_host.NotFoundError):
            ov_host.Host().describe("nobody")

    def test_a_store_is_opened_by_a_file_and_a_profile(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/ov.ini", "w", encoding="utf-8") as file:
                file.write("[host]\nplugin_path = /nowhere\n[storage.vectordb:small]\nbackend = native\n"
                           "path = data\ntable = notes\ndimension = 8\n")
            self.assertEqual(ov_host.plugin_path_of(f"{folder}/ov.ini"), "/nowhere")
            with ov_host.Host().open(config=f"{folder}/ov.ini", profile="small") as store:
                self.assertEqual(store.settings["table"], "notes")
                self.assertEqual(store.settings["dimension"], 8)
                self.assertFalse(os.path.exists(f"{folder}/data"))
                store.create("notes", meta())
            self.assertTrue(os.path.isdir(f"{folder}/data"))

    def test_reading_where_nothing_is_makes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            with ov_host.Host().open({"backend": "native", "path": f"{folder}/typo"}) as store:
                store.ping()
                self.assertEqual(store.collections(), [])
                with self.assertRaisesRegex(ov_host.NotFoundError, f"no store in '{folder}/typo'"):
                    store.collection("context")
            self.assertEqual(os.listdir(folder), [])

    def test_every_path_may_be_a_path_object(self):
        class Place:
            """An os.PathLike that is no text."""

            def __init__(self, place):
                self.place = place

            def __fspath__(self):
                return self.place

        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/ov.ini", "w", encoding="utf-8") as file:
                file.write("[host]\nplugin_path = /nowhere\n[storage.vectordb]\nbackend = native\n"
                           "path = data\n")
            self.assertEqual(ov_host.plugin_path_of(Place(f"{folder}/ov.ini")), "/nowhere")
            seen = [one["path"] for one in ov_host.Host(plugin_path=Place(folder)).plugins()]
            self.assertEqual(seen, [f"{folder}/ov.ini"])
            for store in (ov_host.Host().open(config=Place(f"{folder}/ov.ini")),
                          ov_host.Host().open({"backend": "native", "path": Place("more")}, folder=Place(folder))):
                store.create("context", meta())
                store.close()
            self.assertEqual(sorted(os.listdir(folder)), ["data", "more", "ov.ini"])

    def test_what_is_no_path_is_refused_by_its_type(self):
        for wrong in (7, 1.5, object(), [], b"bytes"):
            with self.subTest(wrong):
                for call in (lambda: ov_host.Host(plugin_path=wrong),
                             lambda: ov_host.plugin_path_of(wrong),
                             lambda: ov_host.Host().open(config=wrong),
                             lambda: ov_host.Host().open({"backend": "native"}, folder=wrong)):
                    self.assertRaises((TypeError, ov_host.InvalidError), call)

    def test_relative_options_count_from_the_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            with ov_host.Host().open({"backend": "native", "path": "here"}, folder=folder) as store:
                store.create("context", meta())
            self.assertEqual(os.listdir(folder), ["here"])

    def test_options_may_be_texts_numbers_bools_paths_and_none(self):
        with tempfile.TemporaryDirectory() as folder:
            import pathlib

            options = {"backend": "native", "path": pathlib.Path(folder), "dimension": 4,
                       "sparse_weight": 0.25, "table": None}
            with ov_host.Host().open(options) as store:
                self.assertEqual(store.settings["sparse_weight"], 0.25)
                self.assertEqual(store.settings["table"], "context")


@on_each_provider
class StoreCalls:
    def test_settings_and_provider_are_those_of_the_profile(self):
        self.assertEqual(self.store.provider, self.provider)
        self.assertEqual(self.store.settings["index_name"], "default")
        self.assertEqual(self.store.settings["metric"], "cosine")
        self.assertEqual(self.store.settings["timeout"], 30.0)
        self.assertTrue(self.store.ability()["atomic"])
        self.assertIn("cosine", self.store.ability()["metrics"])

    def test_create_makes_what_is_missing_and_says_so(self):
        created, actions = self.store.create("c", meta())
        self.assertTrue(created and actions)
        self.assertEqual(len(actions), len(set(actions)), actions)
        self.assertEqual(self.store.create("c", meta()), (False, []))
        created, actions = self.store.create("c", meta({"FieldName": "more", "FieldType": "int64"}))
        self.assertFalse(created)
        self.assertTrue(any("more" in action for action in actions), actions)

    def test_collections_lists_and_drop_removes(self):
        self.store.create("b", meta())
        self.store.create("a", meta())
        self.assertEqual(self.store.collections(), ["a", "b"])
        self.assertEqual((self.store.drop("a"), self.store.drop("a")), (True, False))
        self.assertEqual(self.store.collections(), ["b"])

    def test_collection_without_a_name_is_that_of_the_settings(self):
        self.store.create("context", meta())
        collection = self.store.collection()
        self.assertEqual((collection.name, collection.store), ("context", self.store))

    def test_ping_act_and_counters(self):
        self.store.ping()
        self.make()
        self.assertIsNone(self.collection.upsert([record("a")]))
        self.assertEqual(self.store.counters()["upsert"]["rows"], 1)
        self.assertEqual(len(self.store.counters()["upsert"]["buckets"]), 28)
        notes = self.store.act("doctor")
        self.assertTrue(notes and all(len(note) == 2 and note[1] for note in notes), notes)

    def test_a_store_closes_any_number_of_times(self):
        with self.open() if self.provider != "native" else self.store as store:
            self.assertFalse(store.closed)
        self.assertTrue(store.closed)
        store.close()
        self.error(ov_host.ClosedError, store.ping)


@on_each_provider
class SchemaCalls:
    def test_meta_shows_what_was_made(self):
        fields = self.make().meta()["Fields"]
        self.assertEqual([f["FieldName"] for f in fields][:2], ["id", "vector"])

    def test_update_adds_fields_and_replaces_the_description(self):
        self.make()
        self.collection.upsert([record("a")])
        self.collection.update([{"FieldName": "late", "FieldType": "int64"}], "the second")
        self.assertEqual(self.collection.meta()["Description"], "the second")
        self.assertIn("late", [f["FieldName"] for f in self.collection.meta()["Fields"]])

    def test_a_field_that_another_handle_adds_is_written_and_read(self):
        self.make()
        other = self.store.collection("context")
        other.update([{"FieldName": "clip", "FieldType": "video", "DefaultValue": {}}])
        self.collection.upsert([record("a", clip={"url": "viking://x", "n": 3})])
        self.assertEqual(self.collection.fetch(["a"]).record(0)["clip"], {"url": "viking://x", "n": 3})
        self.assertEqual(self.collection.search([1, 0, 0, 0]).column("clip"), [{"url": "viking://x", "n": 3}])

    def test_indexes_are_put_listed_shown_and_dropped(self):
        self.make()
        self.assertEqual(self.collection.indexes(), ["default"])
        self.collection.put_index({"IndexName": "second", "VectorIndex": {"IndexType": "flat", "Distance": "l2"}})
        self.assertEqual(self.collection.indexes(), ["default", "second"])
        self.assertEqual(self.collection.index_meta("second")["VectorIndex"]["Distance"], "l2")
        self.assertEqual((self.collection.drop_index("second"), self.collection.drop_index("second")), (True, False))
        self.error(ov_host.NotFoundError, self.collection.index_meta, "second")


@on_each_provider
class WriteCalls:
    def test_upsert_replaces_set_keeps(self):
        self.make()
        self.collection.upsert([record("a", n=1, name="x")])
        self.collection.set([{"id": "a", "n": 2}])
        self.assertEqual(self.collection.fetch(["a"], ["n", "name"]).records(), [{"n": 2, "name": "x"}])
        self.collection.upsert([record("a", n=3)])
        self.assertEqual(self.collection.fetch(["a"], ["n", "name"]).records(), [{"n": 3, "name": ""}])

    def test_check_writes_nothing(self):
        self.make().check([record("a")])
        self.assertEqual(self.collection.count(), 0)
        self.error(ov_host.InvalidError, self.collection.check, [record("a", nobody=1)])

    def test_records_live_as_long_as_they_are_told(self):
        self.make().upsert([record("a"), record("b"), record("c")], ttl=[0, 3600, 0])
        self.assertEqual(self.collection.count(), 3)
        self.collection.upsert([record("d")], ttl=3600)
        self.error(ov_host.InvalidError, self.collection.upsert, [record("e")], ttl=[1, 2])
        self.error(ov_host.InvalidError, self.collection.upsert, [record("e")], ttl=2**63)
        self.assertEqual(self.collection.count(), 4)

    def test_a_time_to_live_of_zero_or_less_is_for_ever(self):
        """Contract 2.6. Taken as a time, it would be over before the count."""
        self.make().upsert([record("a"), record("b")], ttl=[-1, -(2**63)])
        self.collection.upsert([record("c")], ttl=-3600)
        self.collection.upsert([record("d")], ttl=3600)
        self.collection.upsert([record("d")], ttl=0)
        self.assertEqual(self.collection.count(), 4)

    def test_remove_counts_what_was_there(self):
        self.make().upsert([record(k, n=i) for i, k in enumerate("abcde")])
        self.assertEqual(self.collection.remove(["a", "zz", "a"]), 1)
        self.assertEqual(self.collection.remove_where({"op": "range", "field": "n", "gte": 3}), 2)
        self.error(ov_host.InvalidError, self.collection.remove_where, {})
        self.collection.truncate()
        self.assertEqual(self.collection.count(), 0)

    def test_bulk_scopes_nest(self):
        self.make().bulk_begin()
        self.collection.bulk_begin()
        self.collection.upsert([record("a")])
        self.collection.bulk_end()
        self.collection.bulk_end()
        self.assertEqual(self.collection.count(), 1)
        self.error(ov_host.InvalidError, self.collection.bulk_end)

    def test_any_iterable_of_records_is_taken(self):
        self.make().upsert(record(k) for k in "ab")
        self.collection.upsert((record("c"),))
        self.assertEqual(self.collection.count(), 3)
        self.error(ov_host.InvalidError, self.collection.upsert, "abc")
        self.error(TypeError, self.collection.upsert, 7)


@on_each_provider
class ReadCalls:
    def fill(self):
        self.make()
        self.collection.upsert([record(f"k{i}", vector=[1, i, 0, 0], n=i, name="even" if i % 2 == 0 else "odd",
                                       terms={"t": float(i + 1)}, body=f"word{i} all") for i in range(6)])
        return self.collection

    def test_search_is_best_first_and_filtered(self):
        page = self.fill().search([1, 0, 0, 0], filter={"op": "must", "field": "name", "conds": ["even"]},
                                  limit=2, fields=["n"])
        self.assertEqual(page.keys(), ["k0", "k2"])
        self.assertAlmostEqual(page.score(0), 1.0)
        self.assertEqual(page.records(), [{"n": 0}, {"n": 2}])
        self.assertEqual(self.collection.search([1, 0, 0, 0], limit=1, offset=1).keys(), ["k1"])
        self.assertFalse(self.collection.search([1, 0, 0, 0], exact=True).approximate)

    def test_search_by_terms_alone(self):
        self.make(indexes=[{"IndexName": "default", "VectorIndex": {
            "IndexType": "flat_hybrid", "Distance": "ip", "EnableSparse": True, "SearchWithSparseLogitAlpha": 0.5}}])
        self.collection.upsert([record("a", terms={"t": 1.0}), record("b", terms={"t": 2.0})])
        if self.store.ability()["sparse_only"]:
            self.assertEqual(self.collection.search(sparse={"t": 1.0}).keys(), ["b", "a"])
        self.assertEqual(self.collection.search([0, 0, 0, 0], sparse={"t": 1}, limit=1).keys(), ["b"])

    def test_a_page_is_a_sequence_of_hits(self):
        page = self.fill().scan("n", limit=3, fields=["n"])
        self.assertEqual(len(page), 3)
        self.assertEqual(list(page), [("k0", 0.0, {"n": 0}), ("k1", 1.0, {"n": 1}), ("k2", 2.0, {"n": 2})])
        self.assertEqual(page[-1][0], "k2")
        self.assertEqual(page.key(-1), "k2")
        self.assertEqual(page.columns, ["n"])
        self.assertEqual(page.column("n"), [0, 1, 2])
        self.error(IndexError, page.record, 3)
        self.error(IndexError, lambda: page[3])
        self.error(ov_host.NotFoundError, page.column, "zz")

    def test_hits_are_dicts_with_key_and_score(self):
        self.fill()
        hits = self.collection.fetch(["k1", "zz", "k2"], ["n"]).hits("_id", "_score")
        self.assertEqual(hits, [{"n": 1, "_id": "k1", "_score": 0.0}, {"n": 2, "_id": "k2", "_score": 0.0}])
        self.assertEqual(self.collection.scan("n", limit=1, fields=["n"]).hits(), [{"n": 0}])

    def test_hits_bring_scores_to_the_unit_interval(self):
        self.make()
        self.collection.upsert([record("a", vector=[1, 0, 0, 0]), record("b", vector=[0, 1, 0, 0]),
                                record("c", vector=[-1, 0, 0, 0])])
        page = self.collection.search([2, 0, 0, 0], fields=["n"])
        self.assertEqual([hit["s"] for hit in page.hits(None, "s", unit=True)], [1.0, 0.5, 0.0])
        self.assertEqual([hit["s"] for hit in page.hits(None, "s")], [1.0, 0.0, -1.0])
        self.assertEqual(self.collection.fetch(["a"], ["n"]).hits(None, "s", unit=True), [{"n": 0, "s": 0.5}])

    def test_hits_show_paths_with_a_prefix_and_the_rest_decoded(self):
        texts = ["/a/b", "/a", "/\u00e9", "/a\u00e9", "/", "//a", "/a/", "/a ", "/a\u3000", " /a", "a", "/" + 600 * "a"]
        shown = ["x:/a/b", "x:/a", *(f"<{text}>" for text in texts[2:])]
        self.make()
        self.collection.upsert([record(f"k{i:02}", name=text) for i, text in enumerate(texts)])
        hits = self.collection.scan(fields=["name", "n", "x"]).hits(
            shown={"name": ("x:", lambda value: f"<{value}>"), "n": ("y:", str), "zz": ("", None)})
        self.assertEqual([hit["name"] for hit in hits], shown)
        self.assertEqual({(hit["n"], hit["x"]) for hit in hits}, {("0", 0.0)})

    def test_what_hits_are_told_wrongly_is_refused(self):
        page = self.fill().scan(limit=1, fields=["name"])
        self.error(ZeroDivisionError, page.hits, shown={"name": ("x:", lambda value: 1 // 0)})
        for shown in (7, {"name": 7}, {"name": ("x:",)}, {"name": (7, str)}):
            self.error(TypeError, page.hits, shown=shown)
        self.error(TypeError, page.hits, [])
        self.assertEqual(page.hits(shown={"zz": 7}), [{"name": "even"}])

    def test_a_page_has_its_own_columns_whatever_the_one_before_had(self):
        e, near = "\u00ea", "\u00c3\u00aa"  # the bytes of the one are the characters of the other
        more = [{"FieldName": name, "FieldType": "int64"} for name in (e, near)]
        self.make(described=meta(*more)).upsert([record("a", **{e: 1, near: 2})])
        for fields in (["n", "x"], ["x", "n"], ["n"], [e], [near], [e], []):
            page = self.collection.search([1, 0, 0, 0], fields=fields)
            self.assertEqual(page.columns, fields)
            self.assertEqual(list(page.records()[0]), fields)

    def test_fetch_answers_each_key_in_order(self):
        page = self.fill().fetch(["k3", "zz", "k3"], ["n"])
        self.assertEqual(page.keys(), ["k3", "zz", "k3"])
        self.assertEqual(page.records(), [{"n": 3}, None, {"n": 3}])
        self.assertEqual(page.missing, 1)
        self.assertTrue(math.isnan(page.score(0)))
        self.assertEqual(len(self.collection.fetch([])), 0)

    def test_no_fields_are_no_fields(self):
        page = self.fill().search([1, 0, 0, 0], limit=1, fields=[])
        self.assertEqual((page.columns, page.records(), page.keys()), ([], [{}], ["k0"]))

    def test_unknown_fields_are_none(self):
        self.assertEqual(self.fill().fetch(["k0"], ["zz", "n"]).record(0), {"zz": None, "n": 0})

    def test_scan_pages_on_behind_the_page_before(self):
        self.fill()
        seen, page = [], None
        while page is None or len(page) == 2:
            page = self.collection.scan("n", descending=True, limit=2, after=page)
            seen += page.keys()
        self.assertEqual(seen, ["k5", "k4", "k3", "k2", "k1", "k0"])
        self.error(TypeError, self.collection.scan, "n", after="k1")

    def test_count_groups_and_explain(self):
        self.fill()
        self.assertEqual(self.collection.count(), 6)
        self.assertEqual(self.collection.count({"op": "must", "field": "name", "conds": ["odd"]}), 3)
        self.assertEqual(self.collection.groups("name"), {"even": 3, "odd": 3})
        self.assertEqual(self.collection.groups("n", {"op": "range", "field": "n", "lt": 1}), {"0": 1})
        self.assertEqual(self.collection.explain({"op": "must", "field": "n", "conds": [1]})["op"], "in")

    def test_words_are_found(self):
        described = {**meta(), "FullText": [{"Field": "body"}]}
        self.make("texts", described)
        self.collection.upsert([record("a", body="a quick fox"), record("b", body="slow snail")])
        self.assertEqual(self.collection.search(text="snail").keys(), ["b"])


if __name__ == "__main__":
    unittest.main()
