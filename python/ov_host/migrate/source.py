# SPDX-License-Identifier: Apache-2.0
"""A collection of OpenViking's built-in engine, to be read from its first record to its last."""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import copy, lock
from .engine import Engine
from .errors import Refused


@dataclass
class Row:
    """A stored record. reason: why it cannot be read, and then it has no fields."""

    label: str
    key: Any = None
    fields: dict[str, Any] | None = None
    expires_ns: int = 0
    reason: str = ""


def names(workspace: Path) -> list[str]:
    """The collections in a workspace, in byte order."""
    return sorted(meta.parent.name for meta in workspace.glob("vectordb/*/collection_meta.json"))


def find(workspace: Path, name: str | None) -> Path:
    """The folder of a collection: the one named, or the only one."""
    if not workspace.is_dir():
        raise Refused("OV_NOT_FOUND", f"there is no workspace '{workspace}'")
    known = names(workspace)
    if not known:
        raise Refused("OV_NOT_FOUND", f"'{workspace}' holds no collection of the built-in engine "
                      "(no vectordb/*/collection_meta.json)")
    if name is None and len(known) > 1:
        raise Refused("OV_INVALID", "which collection? '" + str(workspace) + "' holds "
                      + ", ".join(f"'{n}'" for n in known) + ": name one with --collection")
    if name is not None and name not in known:
        raise Refused("OV_NOT_FOUND", f"'{workspace}' holds no collection '{name}'; it holds "
                      + ", ".join(f"'{n}'" for n in known))
    return workspace / "vectordb" / (name or known[0])


def _whole(index: dict[str, Any]) -> dict[str, Any]:
    """The engine says of a hybrid index that it is flat; what else it says tells them apart."""
    vector = index["VectorIndex"]
    if vector.get("EnableSparse") and "hybrid" not in vector["IndexType"]:
        vector["IndexType"] += "_hybrid"
    return index


def _fields(stored: Any) -> dict[str, Any] | None:
    try:
        fields = json.loads(stored.fields)
    except (AttributeError, TypeError, ValueError):
        return None
    return fields if isinstance(fields, dict) else None


class Source:
    """Close it, or use it in a `with`; until then OpenViking cannot start on the workspace."""

    def __init__(self, workspace: Path, name: str | None = None) -> None:
        self.folder = find(workspace, name)
        self.engine = Engine()
        self._lock = lock.hold(self.folder / "store")
        self._copy = tempfile.TemporaryDirectory(prefix="ov-migrate-")
        try:
            self._open(Path(self._copy.name))
        except BaseException:
            self.close()
            raise

    def _open(self, copied: Path) -> None:
        copy.make(self.folder, copied)
        self._meta = self.engine.collection(copied)
        self.name = self.folder.name
        self.key: str = self._meta.primary_key
        self.meta: dict[str, Any] = self._meta.get_meta_data()
        self.types = {f["FieldName"]: f["FieldType"] for f in self._meta.fields_dict.values()}
        self.indexes = [_whole(self.engine.index(self._meta, file))
                        for file in sorted(copied.glob("index/*/index_meta.json"))]
        self._store = self.engine.open(copied / "store")

    def close(self) -> None:
        self._store = None
        self._copy.cleanup()
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self.engine.count(self._store)

    def __iter__(self) -> Iterator[Row]:
        """Every record, in the order of the store."""
        for label, stored in self.engine.rows(self._store):
            yield self._row(label, stored)

    def _row(self, label: str, stored: Any) -> Row:
        fields = _fields(stored)
        if fields is None:
            return Row(label, reason=f"openviking {self.engine.version} cannot read it; it is "
                       "damaged or was written by a newer release")
        if self._meta.vector_key:
            fields[self._meta.vector_key] = array("f", stored.vector)
        if self._meta.sparse_vector_key and stored.sparse_raw_terms:
            fields[self._meta.sparse_vector_key] = dict(
                zip(stored.sparse_raw_terms, stored.sparse_values, strict=True))
        fields = self.engine.fill(fields, self._meta)
        return Row(label, fields[self.key], fields, stored.expire_ns_ts)
