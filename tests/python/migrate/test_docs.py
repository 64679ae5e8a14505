# SPDX-License-Identifier: Apache-2.0
"""docs/migrate.md, followed to the letter."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import local

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "migrate.md"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)


@unittest.skipUnless(local.INSTALLED, "openviking is not installed")
class Document(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for block in blocks("ini"):
            (self.folder / re.match(r"; (\S+)\n", block)[1]).write_text(block)
        python = self.folder / "bin" / "python"
        python.parent.mkdir()
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)

    def follow(self) -> str:
        environment = os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-euc", "\n".join(blocks("sh"))], cwd=self.folder, text=True,
                              env=environment, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()[-1]

    def test_its_commands_move_a_workspace(self) -> None:
        local.fill(self.folder / "workspace", 60)

        self.assertEqual(self.follow(), "60 records, 60 written, 0 already there, 60 verified")

    def test_its_configuration_opens_what_was_moved(self) -> None:
        local.fill(self.folder / "workspace", 60)
        self.follow()
        settings = json.loads(blocks("json")[0])["storage"]["vectordb"]
        code = ("import json, sys; from types import SimpleNamespace as Config\n"
                "from ov_host.openviking import HostCollectionAdapter as Adapter\n"
                "from openviking_cli.utils.config.vectordb_config import VectorDBBackendConfig\n"
                "config = VectorDBBackendConfig(path='workspace', **json.loads(sys.argv[1]))\n"
                "adapter = Adapter.from_config(config)\n"
                "print('found', adapter.count(), adapter.get(['r00004'])[0]['abstract'])\n")
        done = subprocess.run([sys.executable, "-c", code, json.dumps(settings)], cwd=self.folder,
                              text=True, capture_output=True, check=False)

        self.assertIn(f"found 60 {local.record(4)['abstract']}", done.stdout, done.stderr)

    def test_its_table_names_every_option(self) -> None:
        told = subprocess.run([sys.executable, "-m", "ov_host.migrate", "--help"], text=True,
                              capture_output=True, check=True).stdout
        options = set(re.findall(r"--[a-z][a-z-]+", told)) - {"--help"}

        self.assertEqual(options, set(re.findall(r"^\| `(--[a-z-]+)", DOCUMENT.read_text(), re.M)))


if __name__ == "__main__":
    unittest.main()
