# SPDX-License-Identifier: Apache-2.0
"""What OpenViking does through its own facade, for the tenant acme, on each provider."""

import hashlib
import unittest

from openviking.storage.expr import And, Contains, Eq, In, Or, PathScope, RawDSL
from support import FacadeCase, OnNative, OnPostgres, context, record, schema, vector

ACME, OTHER = context("acme"), context("other")


def ids(records) -> list[str]:
    return [r["id"] for r in records]


class Cases:
    def test_an_address_is_stored_without_its_scheme_and_read_with_it(self):
        async def work(backend):
            await backend.upsert(record("a", "viking://resources/p/"), ctx=ACME)
            stored = backend._shared_adapter.get_collection().fetch_data(["a"]).items[0].fields
            read = await backend.get(["a"], ctx=ACME)
            return stored["uri"], read[0]["uri"]

        self.assertEqual(
            self.run_with_facade(work), ("/resources/p", "viking://resources/p")
        )

    def test_paths_select_nodes_subtrees_and_depths(self):
        async def work(backend):
            tree = [
                record("d0", "viking://resources/d", level=0),
                record("d1", "viking://resources/d", level=1),
                record("c", "viking://resources/d/c.md"),
                record("e", "viking://resources/d/deep/e.md"),
                record("n", "viking://resources/d2/n.md"),
            ]
            await backend.upsert_many(tree, ctx=ACME)
            node = "viking://resources/d"
            found = []
            for condition in (
                Eq("uri", node),
                In("uri", [node]),
                RawDSL({"op": "must", "field": "uri", "conds": [node]}),
                PathScope("uri", node, 1),
                PathScope("uri", "viking://", -1),
                PathScope("uri", node + "/", 0),
            ):
                found.append(ids(await backend.filter(condition, limit=100, ctx=ACME)))
            return found

        self.assertEqual(
            self.run_with_facade(work),
            [
                ["d0", "d1"],
                ["c", "d0", "d1", "e"],
                ["c", "d0", "d1", "e"],
                ["c", "d0", "d1"],
                ["c", "d0", "d1", "e", "n"],
                ["d0", "d1"],
            ],
        )

    def test_the_chunks_of_a_file_are_found_by_a_part_of_their_address(self):
        async def work(backend):
            uri = "viking://resources/a.md"
            await backend.upsert_many(
                [record("a", uri), record("a1", uri + "#chunk_0001"), record("b", uri + "x")],
                ctx=ACME,
            )
            return ids(await backend.filter(Contains("uri", uri + "#"), ctx=ACME))

        self.assertEqual(self.run_with_facade(work), ["a1"])

    def test_a_record_of_another_tenant_is_not_there(self):
        async def work(backend):
            await backend.upsert(record("o", "viking://resources/o"), ctx=OTHER)
            raw = backend._shared_adapter.get(["o"])
            return await backend.get(["o"], ctx=ACME), await backend.delete(["o"], ctx=ACME), raw

        found, deleted, raw = self.run_with_facade(work)

        self.assertEqual((found, deleted), ([], 0))
        self.assertEqual(raw[0]["account_id"], "other")

    def test_a_batch_answers_its_ids_in_order(self):
        async def work(backend):
            batch = [record("z", "viking://resources/z"), record("a", "viking://resources/a")]
            written = await backend.upsert_many(batch, ctx=ACME)
            return written, await backend.count(ctx=ACME)

        self.assertEqual(self.run_with_facade(work), (["z", "a"], 2))

    def test_a_collection_is_made_once(self):
        async def work(backend):
            again = await backend.create_collection("context", schema())
            return again, await backend.collection_exists()

        self.assertEqual(self.run_with_facade(work), (False, True))

    def test_a_move_keeps_the_vector_bit_for_bit(self):
        source, target = "viking://resources/a.md", "viking://resources/b.md"
        key = hashlib.md5(f"acme:{source}".encode()).hexdigest()
        moved = hashlib.md5(f"acme:{target}".encode()).hexdigest()
        exact = vector(0.1, 1 / 3, -7e-9)

        async def work(backend):
            await backend.upsert(record(key, source, vector=exact), ctx=ACME)
            before = (await backend.get([key], ctx=ACME))[0]["vector"]
            await backend.update_uri_mapping(ACME, source, target)
            old, new = await backend.get([key], ctx=ACME), await backend.get([moved], ctx=ACME)
            return before, old, new

        before, old, new = self.run_with_facade(work)

        self.assertEqual(old, [])
        self.assertEqual(new[0]["uri"], target)
        self.assertEqual(new[0]["vector"], before)

    def test_a_record_without_a_mode_passes_the_condition_on_it(self):
        def nested(key):
            return Or([
                RawDSL({"op": "must_not", "field": "tags", "conds": ["inherit", "restricted"]}),
                And([Eq("tags", "restricted"), In("search_tags", [key])]),
            ])

        async def work(backend):
            await backend.upsert_many(
                [
                    record("plain", "viking://resources/1"),
                    record("shut", "viking://resources/2", tags="restricted",
                           search_tags=["team=a"]),
                    record("open", "viking://resources/3", tags="restricted",
                           search_tags=["team=b"]),
                ],
                ctx=ACME,
            )
            scope = PathScope("uri", "viking://resources", -1)
            return ids(await backend.filter(And([scope, nested("team=b")]), ctx=ACME))

        self.assertEqual(self.run_with_facade(work), ["open", "plain"])

    def test_pages_in_an_order_with_equal_keys_neither_repeat_nor_leave_gaps(self):
        async def work(backend):
            await backend.upsert_many(
                [record(f"k{i}", f"viking://resources/{i}") for i in range(6)]
                + [record("none", "viking://resources/n", updated_at="")],
                ctx=ACME,
            )
            pages = []
            for descending in (True, False):
                for offset in range(0, 8, 2):
                    pages.append(ids(await backend.query(
                        limit=2, offset=offset, order_by="updated_at", order_desc=descending,
                        output_fields=["uri"], ctx=ACME)))
            return pages

        pages = self.run_with_facade(work)

        expected = [["k0", "k1"], ["k2", "k3"], ["k4", "k5"], ["none"]]
        self.assertEqual(pages, expected + expected)

    def test_the_meta_holds_fields_full_text_and_the_marker_byte_for_byte(self):
        marker = 'Unified\n\n[openviking.embedding]\n{"dimension": 4, "model": "m\u00e4"}'

        async def work(backend):
            await backend.update_collection_description(marker)
            backend._shared_adapter.close()
            return await backend.get_collection_meta(), await backend.get_collection_info()

        meta, info = self.run_with_facade(work)

        wanted = schema()
        self.assertEqual(meta["Description"], marker)
        self.assertEqual(
            [f["FieldName"] for f in meta["Fields"]], [f["FieldName"] for f in wanted["Fields"]]
        )
        self.assertEqual(sorted(meta["ScalarIndex"]), sorted(wanted["ScalarIndex"]))
        self.assertEqual(meta["FullText"], wanted["FullText"])
        self.assertEqual(info["vector_dim"], 4)
        if "distance_metric" in info:
            self.assertEqual(info["distance_metric"], "cosine")
            self.assertEqual(info["pure_dense_score_scale"], "cosine_affine_0_1")

    def test_an_update_of_a_record_that_is_missing_is_not_found(self):
        async def work(backend):
            await backend.upsert(record("a", "viking://resources/a"), ctx=ACME)
            missing = await backend.update({"id": "zz", "abstract": "x"}, ctx=ACME)
            done = await backend.update({"id": "a", "abstract": "new"}, ctx=ACME)
            return missing, done, (await backend.get(["a"], ctx=ACME))[0]

        missing, done, after = self.run_with_facade(work)

        self.assertEqual((missing.ok, missing.error_code), (False, "NOT_FOUND"))
        self.assertEqual((done.ok, done.ids), (True, ["a"]))
        self.assertEqual((after["abstract"], after["uri"]), ("new", "viking://resources/a"))

    def test_a_partial_write_keeps_what_it_does_not_name(self):
        async def work(backend):
            await backend.upsert(record("a", "viking://resources/a", name="n"), ctx=ACME)
            await backend.upsert({"id": "a", "abstract": "new"}, ctx=ACME,
                                 options={"partial_update": True})
            return (await backend.get(["a"], ctx=ACME))[0]

        after = self.run_with_facade(work)

        self.assertEqual((after["name"], after["abstract"]), ("n", "new"))
        self.assertEqual(after["vector"], vector(1))

    def test_reads_inside_a_bulk_scope_see_its_writes(self):
        async def work(backend):
            async with backend.bulk_ingest(ctx=ACME):
                async with backend.bulk_ingest(ctx=ACME):
                    await backend.upsert(record("a", "viking://resources/a"), ctx=ACME)
                found = await backend.search(query_vector=vector(1), ctx=ACME)
            return ids(found), await backend.count(ctx=ACME)

        self.assertEqual(self.run_with_facade(work), (["a"], 1))

    def test_a_deletion_answers_the_true_number(self):
        async def work(backend):
            await backend.upsert_many(
                [record(f"k{i}", f"viking://resources/d/{i}") for i in range(250)]
                + [record("x", "viking://resources/x")], ctx=ACME)
            account = backend._get_backend_for_account("acme")
            scope = And([Eq("account_id", "acme"), PathScope("uri", "viking://resources/d", -1)])
            first, second = await account.delete_by_filter(scope), await account.delete_by_filter(scope)
            return first, second, await backend.delete(["x", "zz"], ctx=ACME)

        self.assertEqual(self.run_with_facade(work), (250, 0, 1))

    def test_texts_that_no_database_takes_are_mended(self):
        async def work(backend):
            await backend.upsert(
                record("a", "viking://resources/a", abstract="nul\0and\ud800"), ctx=ACME)
            return (await backend.get(["a"], ctx=ACME))[0]["abstract"]

        self.assertEqual(self.run_with_facade(work), "nul\ufffdand\ufffd")

    def test_openviking_asks_the_full_text_index_where_it_is_told_to(self):
        custom = {"use_content_field": True, "mode": "vikingdb"}

        async def work(backend):
            await backend.upsert_many(
                [record("a", "viking://resources/a", content="the quick brown fox"),
                 record("b", "viking://resources/b", content="a lazy dog")], ctx=ACME)
            await backend.upsert(record("o", "viking://resources/o", content="fox"), ctx=OTHER)
            account = backend._get_backend_for_account("acme")
            found = await backend.search_by_keywords(query="fox", output_fields=["uri"], ctx=ACME)
            within = None
            if hasattr(backend, "search_by_keywords_in_tenant"):
                within = await backend.search_by_keywords_in_tenant(ctx=ACME, query="dog")
            return account._mode, found, within

        mode, found, within = self.run_with_facade(
            work, custom_params={**self.place.custom, **custom})

        self.assertEqual((mode, ids(found)), ("vikingdb", ["a"]))
        self.assertIn(within if within is None else ids(within), (None, ["b"]))


class Native(OnNative, Cases, FacadeCase):
    pass


class Postgres(OnPostgres, Cases, FacadeCase):
    pass


if __name__ == "__main__":
    unittest.main()
