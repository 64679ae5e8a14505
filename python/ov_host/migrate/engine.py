# SPDX-License-Identifier: Apache-2.0
"""The installed openviking package, as far as reading its store needs it.

Only this file knows the package's modules. They are imported when a migration begins, so
that the rest works and says what is missing where the package is not installed.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import Refused

_BASE = "openviking.storage.vectordb."


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Refused(
            "OV_UNSUPPORTED",
            f"the Python package 'openviking' cannot be used to read its own store: {error}; "
            "install the release that wrote it (pip install openviking) beside ov_host",
        ) from None


class Engine:
    """The classes that read a folder of the built-in engine."""

    def __init__(self) -> None:
        self.version = str(getattr(_module("openviking"), "__version__", "of no version"))
        self._stores = _module(_BASE + "store.store_manager")
        self._decode = _module(_BASE + "store.data").CandidateData.from_bytes
        self._collection_meta = _module(_BASE + "meta.collection_meta")
        self._index_meta = _module(_BASE + "meta.index_meta")
        self._fix = _module(_BASE + "utils.validation").fix_fields_data

    def collection(self, folder: Path) -> Any:
        """The meta object of a collection's folder."""
        return self._collection_meta.create_collection_meta(str(folder / "collection_meta.json"))

    def index(self, collection: Any, file: Path) -> dict[str, Any]:
        """An index's meta as its creator wrote it."""
        return self._index_meta.create_index_meta(collection, str(file)).get_meta_data()

    def open(self, store: Path) -> Any:
        return self._stores.create_store_manager("local", str(store))

    def _scan(self, store: Any) -> Iterator[tuple[str, bytes]]:
        return store.storage.iter_all(self._stores.StoreManager.CandsTable)

    def count(self, store: Any) -> int:
        return sum(1 for _ in self._scan(store))

    def rows(self, store: Any) -> Iterator[tuple[str, Any]]:
        """Every record with its label; None for one that cannot be decoded."""
        for label, stored in self._scan(store):
            try:
                yield label, self._decode(stored)
            except Exception:  # whatever a damaged row makes the package's decoder do
                yield label, None

    def fill(self, fields: dict[str, Any], meta: Any) -> dict[str, Any]:
        """Set what a record lacks to its field's default, as the engine's own fetch does."""
        return self._fix(fields, meta.fields_dict)
