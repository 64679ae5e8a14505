# SPDX-License-Identifier: Apache-2.0
"""What is read from OpenViking's built-in engine."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import local
from ov_host.migrate.errors import Refused
from ov_host.migrate.source import Source


class Workspace(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.workspace = Path(folder.name) / "workspace"
        self.workspace.mkdir()

    def refusal(self, name: str | None = None) -> Refused:
        with self.assertRaises(Refused) as caught:
            Source(self.workspace, name).close()
        return caught.exception


class WhatIsNotThere(Workspace):
    def test_a_workspace_without_collections_is_named(self) -> None:
        self.assertIn(str(self.workspace), str(self.refusal()))

    def test_a_folder_that_is_none_is_named(self) -> None:
        self.workspace = self.workspace / "nowhere"

        self.assertIn("nowhere", str(self.refusal()))

    def test_a_missing_package_is_named(self) -> None:
        folder = self.workspace / "vectordb" / "context"
        folder.mkdir(parents=True)
        (folder / "collection_meta.json").write_text("{}")
        with mock.patch.dict("sys.modules", {"openviking": None}):
            refused = self.refusal()

        self.assertEqual(refused.code, "OV_UNSUPPORTED")
        self.assertIn("pip install openviking", str(refused))


@unittest.skipUnless(local.INSTALLED, "openviking is not installed")
class WhatIsRead(Workspace):
    def check(self, count: int) -> None:
        with Source(self.workspace) as source:
            rows = {row.key: row.fields for row in source}
            self.assertEqual(len(source), count)
        self.assertEqual(len(rows), count)
        for number in range(count):
            wanted = local.record(number)
            found = rows[wanted["id"]]
            self.assertEqual(local.bits(found["vector"]), local.bits(wanted.pop("vector")))
            self.assertEqual({name: found[name] for name in wanted}, wanted)

    def test_every_record_comes_with_every_field_and_every_bit(self) -> None:
        local.fill(self.workspace, 1200)

        self.check(1200)

    def test_records_that_a_killed_server_left_in_its_log_are_read(self) -> None:
        local.fill_and_die(self.workspace, 300)

        self.check(300)

    def test_fields_that_were_left_out_come_as_their_defaults(self) -> None:
        local.fill(self.workspace, 2)
        with Source(self.workspace) as source:
            fields = next(row.fields for row in source if row.key == "r00001")

        self.assertEqual((fields["level"], fields["abstract"], fields["search_tags"],
                          fields["sparse_vector"]), (0, "", [], {}))

    def test_meta_and_indexes_are_those_of_the_collection(self) -> None:
        local.fill(self.workspace, 1)
        with Source(self.workspace) as source:
            meta, indexes = source.meta, source.indexes

        self.assertEqual(meta["Description"], local.DESCRIPTION)
        self.assertEqual(meta["Fields"], local.FIELDS)
        self.assertEqual(len(indexes), 1)
        self.assertEqual(sorted(indexes[0]["ScalarIndex"]), sorted(local.SCALARS))
        vector = indexes[0]["VectorIndex"]
        self.assertEqual((vector["IndexType"], vector["Distance"],
                          vector["SearchWithSparseLogitAlpha"]), ("flat_hybrid", "cosine", 0.25))

    def test_the_files_are_as_they_were(self) -> None:
        for make in (local.fill, local.fill_and_die):
            with self.subTest(make.__name__):
                self.workspace = self.workspace.parent / make.__name__
                make(self.workspace, 700)
                before = local.state(self.workspace)
                with Source(self.workspace) as source:
                    self.assertEqual(sum(1 for _ in source), 700)

                self.assertEqual(local.state(self.workspace), before)

    def test_nothing_is_left_behind(self) -> None:
        local.fill(self.workspace, 3)
        scratch = self.workspace.parent / "scratch"
        scratch.mkdir()
        with mock.patch.object(tempfile, "tempdir", str(scratch)):
            with Source(self.workspace) as source:
                list(source)
                self.assertTrue(list(scratch.iterdir()))

        self.assertEqual(list(scratch.iterdir()), [])

    def test_a_record_that_is_damaged_is_known_and_the_others_are_read(self) -> None:
        collection = local.create(self.workspace)
        collection.upsert_data([local.record(n) for n in range(20)])
        store = collection._Collection__collection.store_mgr
        damaged = next(iter(store.iter_all_cands_data()))
        damaged.fields = damaged.fields[:20]
        store.add_cands_data([damaged], need_delta=False)
        collection.close()
        with Source(self.workspace) as source:
            rows = list(source)

        self.assertEqual([row.label for row in rows if row.fields is None], [str(damaged.label)])
        self.assertEqual(len(rows), 20)


@unittest.skipUnless(local.INSTALLED, "openviking is not installed")
class WhoElseIsThere(Workspace):
    def test_a_running_openviking_is_said(self) -> None:
        local.fill(self.workspace, 1)
        code = ("import sys; from pathlib import Path; import local\n"
                "held = local.get_or_create_local_collection(path=sys.argv[1])\n"
                "print('it is ready', flush=True); sys.stdin.read()")
        folder = self.workspace / "vectordb" / "context"
        with local.process(code, str(folder)) as other:
            other.read_until("it is ready")
            refused = self.refusal()

        self.assertEqual(refused.code, "OV_UNAVAILABLE")
        self.assertIn("OpenViking is running", str(refused))

    def test_openviking_does_not_start_while_its_records_are_read(self) -> None:
        local.fill(self.workspace, 1)
        code = ("import sys; from pathlib import Path; import local\n"
                "try: local.get_or_create_local_collection(path=sys.argv[1])\n"
                "except Exception as error: print('was refused', error, flush=True)\n"
                "else: print('was opened', flush=True)\n")
        folder = self.workspace / "vectordb" / "context"
        with Source(self.workspace), local.process(code, str(folder)) as other:
            answer = other.read_until("was refused", "was opened")

        self.assertIn("refused", answer)

    def test_one_of_several_collections_must_be_named(self) -> None:
        local.fill(self.workspace, 1)
        local.fill(self.workspace, 2, "other")
        refused = self.refusal()
        with Source(self.workspace, "other") as source:
            self.assertEqual(len(source), 2)

        self.assertEqual(refused.code, "OV_INVALID")
        self.assertIn("'context', 'other'", str(refused))
        self.assertIn("'nope'", str(self.refusal("nope")))


if __name__ == "__main__":
    unittest.main()
