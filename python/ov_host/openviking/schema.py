# SPDX-License-Identifier: Apache-2.0
"""Making a collection what OpenViking wants it to be, and the keys of its records.

A newer OpenViking adds fields and scalar indexes at start only to the engines that it knows by
name, so this is done here, each time: what is missing is added, nothing is taken away. An older
release beside a newer one therefore leaves the newer one's fields and indexes alone.
"""

import itertools
import logging
import os
import threading
import time
from typing import Any

from .kinds import Kinds
from .link import BUILD_SECONDS, Link
from .shelf import core

log = logging.getLogger("ov_host.openviking")

AUTO_KEY = "AUTO_ID"
_EPOCH_MS = 1704067200000  # 2024-01-01
_counter = itertools.count(int.from_bytes(os.urandom(2), "big"))
_last_ms = [0]
_auto_lock = threading.Lock()


def create(link: Link, meta: dict[str, Any], indexes: list[dict[str, Any]]) -> bool:
    """Make it so. True: it was not there."""
    table = link.table
    meta, indexes = link.call_store_with(_widened, table, meta, indexes)
    created, actions = link.call_store("create", table, meta, indexes, timeout=BUILD_SECONDS)
    link.forget()
    for action in actions:
        log.info("%s", action)
    return created


def _widened(store, table: str, meta: dict, indexes: list[dict]) -> tuple[dict, list[dict]]:
    """What is wanted, and what is there by now beside it."""
    try:
        there = store.collection(table)
    except core().NotFoundError:
        return meta, indexes
    wanted = {field.get("FieldName") for field in meta.get("Fields", [])}
    more = [field for field in there.meta()["Fields"] if field["FieldName"] not in wanted]
    known = there.indexes()
    return (
        {**meta, "Fields": [*meta.get("Fields", []), *more]},
        [_with_scalars_of(there, i) if i["IndexName"] in known else i for i in indexes],
    )


def _with_scalars_of(there, index: dict) -> dict:
    wanted = list(index.get("ScalarIndex") or ())
    scalars = there.index_meta(index["IndexName"]).get("ScalarIndex") or ()
    return {**index, "ScalarIndex": wanted + [name for name in scalars if name not in wanted]}


def auto_key() -> int:
    """As OpenViking's own: milliseconds since 2024 above 22 bits that keep threads apart."""
    with _auto_lock:
        now = int(time.time() * 1000) - _EPOCH_MS
        _last_ms[0] = now = max(now, _last_ms[0])
        n = next(_counter) & 0xFFF
        if n == 0xFFF:
            _last_ms[0] += 1
    return now << 22 | (os.getpid() & 0x3FF) << 12 | n


def with_keys(link: Kinds, records: list[dict]) -> list[dict]:
    """A collection without a primary key has one of the host's, which nobody supplies."""
    if link.key() != AUTO_KEY:
        return records
    return [r if AUTO_KEY in r else {**r, AUTO_KEY: auto_key()} for r in records]


def key_list(keys) -> list:
    """A text would be a list of its letters."""
    if isinstance(keys, str):
        raise ValueError(f"a list of keys is wanted, not the text '{keys}'")
    return list(keys)


def keys_of(link: Kinds, records: list[dict]) -> list:
    key = link.key()
    for record in records:
        if key not in record:
            raise ValueError(f"primary key '{key}' is required")
    return [record[key] for record in records]
