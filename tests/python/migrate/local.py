# SPDX-License-Identifier: Apache-2.0
"""Workspaces made by OpenViking's real built-in engine, for the tests of the migration."""

from __future__ import annotations

import hashlib
import json
import logging
import struct
import subprocess
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

try:
    import openviking  # noqa: F401
    from openviking.storage.vectordb.collection.local_collection import (
        get_or_create_local_collection)
    INSTALLED = True
except ImportError:
    INSTALLED = False

logging.disable(logging.CRITICAL)
DIM = 8
DESCRIPTION = 'Ansicht\n\n[openviking.embedding]\n{"dimension": 8, "model": "größer"}'
FIELDS = [
    {"FieldName": "id", "FieldType": "string", "IsPrimaryKey": True},
    {"FieldName": "uri", "FieldType": "path"},
    {"FieldName": "vector", "FieldType": "vector", "Dim": DIM},
    {"FieldName": "sparse_vector", "FieldType": "sparse_vector"},
    {"FieldName": "created_at", "FieldType": "date_time"},
    {"FieldName": "level", "FieldType": "int64"},
    {"FieldName": "weight", "FieldType": "float32"},
    {"FieldName": "shown", "FieldType": "bool"},
    {"FieldName": "search_tags", "FieldType": "list<string>"},
    {"FieldName": "numbers", "FieldType": "list<int64>"},
    {"FieldName": "place", "FieldType": "geo_point"},
    {"FieldName": "abstract", "FieldType": "string"},
    {"FieldName": "content", "FieldType": "text"},
]
SCALARS = ["uri", "created_at", "level", "weight", "shown", "search_tags", "place", "abstract"]


def float32(number: float) -> float:
    return struct.unpack("f", struct.pack("f", number))[0]


def record(number: int) -> dict[str, Any]:
    """A record whose every field follows from its number; odd ones leave fields out."""
    full = {
        "id": f"r{number:05d}", "uri": f"/resources/näh//d{number % 7}/r{number}/",
        "vector": [float32((number * 37 % 101 - 50) / 7 + d / 3) for d in range(DIM)],
        "sparse_vector": {"fox": float32(number / 7), "größe": -0.25},
        "created_at": "2026-03-01T09:00:00.250+09:00", "level": number - 3,
        "weight": number / 3, "shown": number % 4 == 0, "search_tags": ["a;b", f"n={number % 5}"],
        "numbers": [-number, 2**62], "place": "2.35,48.85", "abstract": f"Nr. {number} \U0001f98a",
        "content": "x" * (number % 50),
    }
    if number % 2:
        return {name: full[name] for name in ("id", "vector", "uri")}
    return full


def create(workspace: Path, name: str = "context", metric: str = "cosine") -> Any:
    """An open collection of the engine, hybrid, with nothing in it."""
    collection = get_or_create_local_collection(
        meta_data={"CollectionName": name, "Description": DESCRIPTION, "Fields": FIELDS},
        path=str(workspace / "vectordb" / name))
    collection.create_index("default", {
        "IndexName": "default", "ScalarIndex": SCALARS, "VectorIndex": {
            "IndexType": "flat_hybrid", "Distance": metric, "Quant": "int8",
            "EnableSparse": True, "SearchWithSparseLogitAlpha": 0.25}})
    return collection


@contextmanager
def adapter(workspace: Path, name: str, ini: Path) -> Iterator[Any]:
    """The adapter as OpenViking starts it by an ov.conf that names this collection and this file."""
    from openviking_cli.utils.config.vectordb_config import VectorDBBackendConfig
    from ov_host.openviking import HostCollectionAdapter

    found = HostCollectionAdapter.from_config(VectorDBBackendConfig(
        backend="ov_host.openviking.HostCollectionAdapter", path=str(workspace), name=name,
        dimension=DIM, custom_params={"config": str(ini)}))
    try:
        yield found
    finally:
        found.close()


def fill(workspace: Path, count: int, name: str = "context") -> None:
    """A workspace as a server leaves it that was stopped in order."""
    collection = create(workspace, name)
    for start in range(0, count, 500):
        collection.upsert_data([record(n) for n in range(start, min(count, start + 500))])
    collection.close()


def fill_and_die(workspace: Path, count: int) -> None:
    """A workspace as a server leaves it that was killed: records in the log only."""
    code = ("import os, sys; from pathlib import Path; import local\n"
            "collection = local.create(Path(sys.argv[1]))\n"
            "collection.upsert_data([local.record(n) for n in range(int(sys.argv[2]))])\n"
            "os._exit(0)\n")
    subprocess.run([sys.executable, "-c", code, str(workspace), str(count)], check=True,
                   cwd=Path(__file__).parent, stdout=subprocess.DEVNULL)


def as_older_releases_wrote(collection: Any) -> None:
    """Lone surrogates where this release's engine wrote U+FFFD in their place."""
    store = collection._Collection__collection.store_mgr
    rows = list(store.iter_all_cands_data())
    for row in rows:
        row.fields = json.dumps(json.loads(row.fields)).replace("\\ufffd", "\\ud800")
    store.add_cands_data(rows, need_delta=False)


def state(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Every file: its size, its time and a hash of its bytes."""
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns,
                                            hashlib.sha256(path.read_bytes()).hexdigest())
            for path in sorted(folder.rglob("*")) if path.is_file()}


def bits(vector: Any) -> bytes:
    return array("f", vector).tobytes()


def arrived(collection: Any, count: int) -> None:
    """AssertionError unless it holds the first `count` records, each bit of them, and no other.
    A comparison of its own, which the command has no part in."""
    assert collection.count() == count, collection.count()
    found = collection.fetch([f"r{n:05d}" for n in range(count)]).records()
    for number, got in enumerate(found):
        wanted = record(number)
        assert bits(got["vector"]) == bits(wanted.pop("vector")), got
        assert {name: got[name] for name in wanted} == wanted, got


class process:  # noqa: N801 - used as `with local.process(...)`
    """A Python of the same kind that runs code, ended with the block."""

    def __init__(self, code: str, *words: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-c", code, *words], cwd=Path(__file__).parent, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def read_until(self, *words: str) -> str:
        """The first line that has one of the words; the package logs to the same place."""
        for line in self.child.stdout:
            if any(word in line for word in words):
                return line
        raise AssertionError(f"it ended without {words}")

    def __enter__(self) -> process:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.kill()
        self.child.communicate()
