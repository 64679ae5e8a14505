# SPDX-License-Identifier: Apache-2.0
"""The collection that the records go to: the one that the adapter will open."""

from __future__ import annotations

from contextlib import contextmanager
from collections.abc import Iterator
from typing import Any

from ..openviking.settings import DEFAULT_INDEX, DEFAULT_NAME
from .errors import Refused
from .source import Source


def _describe(collection: Any, source: Source) -> None:
    """Give it the source's description, which names the embedding model. One that is there,
    says something else and holds records belongs to other vectors."""
    wanted = source.meta.get("Description", "")
    found = collection.meta().get("Description", "")
    if found == wanted:
        return
    count = collection.count()
    if count:
        raise Refused("OV_EXISTS", f"collection '{collection.name}' is there, holds {count} records "
                      f"and is described otherwise than '{source.name}': move into another one")
    collection.update(description=wanted)


def _name(source: Source, store: Any) -> str:
    """Where the adapter looks for it: what OpenViking calls "context" has the name that the INI
    file gives, a collection with a name of its own keeps it."""
    return str(store.settings["table"]) if source.name == DEFAULT_NAME else source.name


def _indexes(source: Source, store: Any) -> list[dict[str, Any]] | None:
    """The source's, with "default" under the name that the INI file gives."""
    named = store.settings["index_name"]
    return [{**index, "IndexName": named} if index["IndexName"] == DEFAULT_INDEX else index
            for index in source.indexes] or None


def make(store: Any, source: Source) -> Any:
    """The collection with the source's fields, indexes and description."""
    name = _name(source, store)
    store.create(name, source.meta, _indexes(source, store))
    collection = store.collection(name)
    _describe(collection, source)
    return collection


@contextmanager
def bulk(collection: Any) -> Iterator[None]:
    """Much is going to be written. A provider that has no use for that says so."""
    from ov_host import UnsupportedError

    try:
        collection.bulk_begin()
    except UnsupportedError:
        yield
        return
    try:
        yield
    finally:
        collection.bulk_end()
