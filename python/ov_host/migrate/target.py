# SPDX-License-Identifier: Apache-2.0
"""The collection that the records go to."""

from __future__ import annotations

from contextlib import contextmanager
from collections.abc import Iterator
from typing import Any

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


def make(store: Any, source: Source) -> Any:
    """The collection with the source's fields, indexes and description."""
    name = store.settings["table"]
    store.create(name, source.meta, source.indexes or None)
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
