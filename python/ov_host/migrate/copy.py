# SPDX-License-Identifier: Apache-2.0
"""A working copy of a collection's folder that the engine may open.

The engine writes when it opens a store: it replays its log, renames its files and rewrites
its meta files. So it is given a folder of its own. Table files, which are most of the bytes,
are never written once they are there: they stand in the copy as links. Index snapshots are
not needed to read records and are left out.
"""

from __future__ import annotations

import shutil
from pathlib import Path

_TABLES = (".ldb", ".sst")
_LEFT_OUT = ("LOCK", "LOG", "LOG.old")


def _copy_store(store: Path, to: Path) -> None:
    to.mkdir()
    for file in sorted(store.iterdir()):
        if file.name in _LEFT_OUT or not file.is_file():
            continue
        if file.suffix in _TABLES:
            (to / file.name).symlink_to(file.resolve())
        else:
            shutil.copyfile(file, to / file.name)


def make(collection: Path, to: Path) -> None:
    """Copy what reading needs of a collection's folder into the empty folder `to`."""
    shutil.copyfile(collection / "collection_meta.json", to / "collection_meta.json")
    for meta in sorted(collection.glob("index/*/index_meta.json")):
        folder = to / "index" / meta.parent.name
        folder.mkdir(parents=True)
        shutil.copyfile(meta, folder / meta.name)
    _copy_store(collection / "store", to / "store")
