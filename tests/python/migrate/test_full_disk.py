# SPDX-License-Identifier: Apache-2.0
"""python -m ov_host.migrate onto a disk that fills up: a small file system of its own, seen by
the command alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import local
import ov_host

RECORDS = 1000
# Too small for the first file, for an empty collection, for all of the records.
SIZES = ("16k", "64k", "400k")
# Run once on the small disk and once with room, then keep what is on it.
STORY = """
set -u
folder=$1 size=$2; shift 2
mount -t tmpfs -o size=$size none "$folder/disk" || exit 77
for name in full roomy; do
    "$@" >"$folder/$name.out" 2>"$folder/$name.err"
    echo $? >"$folder/$name.status"
    mount -o remount,size=64m "$folder/disk" || exit 77
done
cp -r "$folder/disk" "$folder/kept"
"""
UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]


@unittest.skipUnless(local.INSTALLED, "openviking is not installed")
class FullDisk(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.workspace = Path(folder.name) / "workspace"
        self.workspace.mkdir()
        local.fill(self.workspace, RECORDS)
        if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("no file system may be mounted here")

    def play(self, folder: Path, size: str, path: str, *words: str,
             environment: dict[str, str] | None = None) -> None:
        """The story, with the store in `path`, in a new folder."""
        (folder / "disk").mkdir(parents=True)
        ini = folder / "ov.ini"
        ini.write_text(f"[storage.vectordb]\nbackend = native\npath = {path}\n")
        subprocess.run([*UNSHARE, "sh", "-c", STORY, "sh", str(folder), size, sys.executable,
                        "-m", "ov_host.migrate", "--from-openviking", str(self.workspace),
                        "--to", str(ini), "--batch", "100", *words],
                       env=os.environ | (environment or {}), check=True)

    def said(self, folder: Path, name: str) -> tuple[int, str, str]:
        return (int((folder / f"{name}.status").read_text()),
                (folder / f"{name}.out").read_text(), (folder / f"{name}.err").read_text())

    def check(self, data: Path) -> None:
        with ov_host.Host().open({"backend": "native", "path": str(data)}) as store:
            collection = store.collection("context")
            local.arrived(collection, RECORDS)
            self.assertEqual(collection.meta()["Description"], local.DESCRIPTION)
            self.assertEqual(sorted(collection.index_meta("default")["ScalarIndex"]),
                             sorted(local.SCALARS))

    def test_a_store_whose_disk_fills_up_is_told_of_and_filled_when_there_is_room(self) -> None:
        for size in SIZES:
            with self.subTest(size):
                folder = self.workspace.parent / size
                self.play(folder, size, "disk/data")
                status, _, complaint = self.said(folder, "full")
                again = self.said(folder, "roomy")

                self.assertEqual(status, 1)
                self.assertIn(f"{folder}/disk/data", complaint)
                self.assertIn("no space is left; make room, run it again and it goes on", complaint)
                self.assertEqual(complaint.count("\n"), 1)
                self.assertEqual(again[::2], (0, ""))
                self.check(folder / "kept" / "data")

    def test_what_was_written_before_the_disk_was_full_is_not_written_again(self) -> None:
        folder = self.workspace.parent / "again"
        self.play(folder, SIZES[-1], "disk/data", "--json")
        error = json.loads(self.said(folder, "full")[1])["error"]
        tally = json.loads(self.said(folder, "roomy")[1])

        self.assertEqual(error["code"], "OV_NO_SPACE")
        self.assertGreater(tally["already"], 0)
        self.assertEqual(tally["already"] % 100, 0, "a batch is there or is not")
        self.assertEqual((tally["written"], tally["verified"]),
                         (RECORDS - tally["already"], RECORDS))

    def test_no_room_for_the_working_copy_is_the_same(self) -> None:
        folder = self.workspace.parent / "copy"
        self.play(folder, "16k", "data", "--json", environment={"TMPDIR": str(folder / "disk")})
        error = json.loads(self.said(folder, "full")[1])["error"]

        self.assertEqual(error["code"], "OV_NO_SPACE")
        self.assertIn(str(folder / "disk"), error["message"])
        self.assertIn("make room, run it again and it goes on", error["message"])
        self.assertEqual(self.said(folder, "roomy")[0], 0)
        self.assertEqual(list((folder / "kept").iterdir()), [], "nothing is left behind")
        self.check(folder / "data")


if __name__ == "__main__":
    unittest.main()
