# SPDX-License-Identifier: Apache-2.0
"""What python/README.md writes into ov.conf, read as OpenViking reads it."""

import json
import re
import tempfile
import unittest
from pathlib import Path

from openviking_cli.utils.config.storage_config import StorageConfig
from ov_host import Host
from ov_host.openviking.settings import ADAPTER_KEYS, settings_of

README = (Path(__file__).resolve().parents[3] / "python/README.md").read_text(encoding="utf-8")


class Readme(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.workspace = str(Path(folder.name).resolve())

    def sections(self):
        """storage.vectordb of each block, as the adapter is given it. OpenViking makes the
        workspace as it reads its name, so it is one of this test."""
        storages = [json.loads(block)["storage"]
                    for block in re.findall(r"^```json\n(.*?)^```$", README, re.M | re.S)]
        return [StorageConfig(**{**storage, "workspace": self.workspace}).vectordb
                for storage in storages]

    def test_the_first_configuration_is_the_native_provider_below_the_workspace(self):
        settings = settings_of(self.sections()[0])

        self.assertEqual(dict(settings.where.options),
                         {"backend": "native", "path": f"{self.workspace}/ov_native"})
        self.assertEqual((settings.name, settings.table), ("context", None))

    def test_the_second_one_is_postgresql_with_options_that_the_provider_has(self):
        settings = settings_of(self.sections()[1])
        options = dict(settings.where.options)
        known = {option["name"] for option in Host().describe(options.pop("backend"))["options"]}

        self.assertEqual(options, {"schema": "openviking",
                                   "url": "postgresql://user:password@host:5432/dbname"})
        self.assertLessEqual(set(options), known)
        self.assertEqual((settings.name, settings.table, settings.index),
                         ("context", "context", "default"))

    def test_both_name_the_adapter(self):
        self.assertEqual([config.backend for config in self.sections()],
                         ["ov_host.openviking.HostCollectionAdapter"] * 2)

    def test_the_table_of_keys_names_those_of_the_adapter(self):
        table = README.split("| key of `custom_params` |", 1)[1].split("\n\n", 1)[0]
        named = set(re.findall(r"`([a-z_]+)`", "".join(
            line.split("|")[1] for line in table.splitlines()[2:])))

        self.assertEqual(named, {*ADAPTER_KEYS, "backend", "table", "index_name"})


if __name__ == "__main__":
    unittest.main()
